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

import json
import os
import subprocess
import sys

import pytest


def doctor(*arguments, **environment):
    return subprocess.run(
        [sys.executable, '-m', 'attention_mapper_ros.cli.main', 'doctor', *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def findings(run):
    return {finding['subject']: finding for finding in json.loads(run.stdout)['findings']}


@pytest.fixture(scope='module')
def here():
    return doctor('--json')


def test_this_machine_has_all_that_the_policy_node_needs(here):
    assert here.returncode == 0, here.stdout + here.stderr
    assert json.loads(here.stdout)['healthy']


def test_versions_are_those_that_import(here):
    import lerobot
    import torch

    found = findings(here)
    assert torch.__version__ in found['PyTorch']['says']
    assert lerobot.__version__ in found['LeRobot']['says']


def test_opengl_counts_only_after_it_has_drawn(here):
    assert findings(here)['Simulation']['says'] in (
        'MuJoCo draws with egl',
        'MuJoCo draws with osmesa',
    )


def test_missing_torch_is_named_with_its_remedy_and_fails(without):
    run = doctor('--json', PYTHONPATH=without('torch'))
    assert run.returncode == 1
    finding = findings(run)['PyTorch']
    assert finding['state'] == 'missing'
    assert "'torch'" in finding['says']
    assert finding['remedy'] == "pip install 'attention_mapper_ros[live]'"


def test_missing_simulation_is_a_note_because_a_robot_needs_none(without):
    run = doctor('--json', PYTHONPATH=without('mujoco'))
    assert findings(run)['Simulation']['state'] == 'note'
    assert run.returncode == 0


def test_opencv_5_is_noted_because_cv_bridge_breaks_with_it(without, tmp_path):
    path = without('nothing')
    (tmp_path / 'without_nothing' / 'cv2.py').write_text("__version__ = '5.0.0'\n")
    finding = findings(doctor('--json', PYTHONPATH=path))['OpenCV']
    assert finding['state'] == 'note'
    assert 'opencv-python-headless<5' in finding['remedy']


def test_report_puts_the_remedy_under_what_it_remedies(without):
    lines = doctor(PYTHONPATH=without('aiohttp')).stdout.splitlines()
    [page] = [index for index, line in enumerate(lines) if ' Page ' in line]
    assert lines[page].startswith('note')
    assert lines[page + 1].strip() == "-> pip install 'attention_mapper_ros[live]'"
