# Copyright 2026 attention_mapper_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.


"""The doctor tries things out and tells the truth about this machine."""

from importlib.metadata import version
import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

from attention_mapper_ros.cli import doctor
from attention_mapper_ros.cli.doctor import Finding, State
from attention_mapper_ros.cli.probes import ask

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def here():
    """Run the whole examination once: it imports torch and LeRobot several times."""
    return subprocess.run(
        [sys.executable, '-m', 'attention_mapper_ros.cli.main', 'doctor', '--json'],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def findings(run):
    return {finding['subject']: finding for finding in json.loads(run.stdout)['findings']}


def test_this_machine_has_all_that_the_policy_node_needs(here):
    assert here.returncode == 0, here.stdout + here.stderr
    assert json.loads(here.stdout)['healthy']


def test_versions_are_those_that_import(here):
    found = findings(here)
    assert version('torch') in found['PyTorch']['says']
    assert version('lerobot') in found['LeRobot']['says']


def test_opengl_counts_only_after_it_has_drawn(here):
    assert findings(here)['Simulation']['says'] in (
        'MuJoCo draws with egl',
        'MuJoCo draws with osmesa',
    )


def test_missing_torch_is_named_with_its_remedy(without, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', without('torch'))
    finding = doctor.torch({'torch': ask('torch')})
    assert finding.state is State.MISSING
    assert "'torch'" in finding.says
    assert finding.remedy == "pip install 'attention_mapper_ros[live]'"


@pytest.mark.parametrize(
    ('judge', 'package', 'extra'),
    [(doctor.opengl, 'mujoco', 'sim'), (doctor.recordings, 'zarr', 'analysis')],
)
def test_what_a_robot_does_not_need_is_a_note_with_its_remedy(
    judge, package, extra, without, monkeypatch
):
    monkeypatch.setenv('PYTHONPATH', without(package))
    finding = judge({judge.__name__: ask(judge.__name__)})
    assert finding.state is State.NOTE
    assert finding.remedy == f"pip install 'attention_mapper_ros[{extra}]'"


def test_what_analyses_recordings_is_found(here):
    says = findings(here)['Recordings']['says']
    assert f'pyarrow {version("pyarrow")}' in says and f'zarr {version("zarr")}' in says


def test_missing_library_of_the_analysis_is_named(without, monkeypatch):
    monkeypatch.setenv('PYTHONPATH', without('zarr'))
    assert "'zarr'" in doctor.recordings({'recordings': ask('recordings')}).says


def test_opengl_that_was_asked_for_and_does_not_draw_is_missing(monkeypatch):
    monkeypatch.setenv('MUJOCO_GL', 'glfw')
    finding = doctor.opengl({'opengl': ask('opengl')})
    assert finding.state is State.MISSING
    assert 'MUJOCO_GL=glfw does not draw' in finding.says


def test_opencv_5_is_noted_because_cv_bridge_breaks_with_it(tmp_path, monkeypatch):
    (tmp_path / 'cv2.py').write_text("__version__ = '5.0.0'\n")
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(tmp_path), str(ROOT)]))
    finding = doctor.pictures({'pictures': ask('pictures')})
    assert finding.state is State.NOTE
    assert 'opencv-python-headless<5' in finding.remedy


def test_library_that_kills_its_process_is_reported_not_suffered(tmp_path, monkeypatch):
    (tmp_path / 'aiohttp.py').write_text('import os\nos.abort()\n')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert 'exit status' in doctor.page({'page': ask('page')}).says


def test_doctor_fails_when_anything_is_missing_and_only_then(monkeypatch, capsys):
    findings = [Finding('A', State.OK, 'fine'), Finding('B', State.NOTE, 'odd', 'a remedy')]
    monkeypatch.setattr(doctor, 'examine', lambda: findings)
    assert doctor.main([]) == 0
    findings.append(Finding('C', State.MISSING, 'gone', 'another remedy'))
    assert doctor.main([]) == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-2:] == ['missing C  gone', '-> another remedy']
