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


"""How .venv is made: when there is nothing to do, and what is said when it cannot be made."""

from collections import namedtuple
import os
import subprocess
import sys

import pytest

Version = namedtuple('Version', 'major minor micro releaselevel serial')


@pytest.fixture
def create(project, monkeypatch):
    monkeypatch.syspath_prepend(str(project / 'environment'))
    import create

    return create


@pytest.fixture
def stamped(create, tmp_path, monkeypatch):
    """Pretend that an environment was made a moment ago, and note when another is made."""
    requirements = tmp_path / 'requirements.txt'
    requirements.write_text('torch==2.10.0\n')
    monkeypatch.setattr(create, 'DECIDES_WHAT_IS_INSTALLED', (requirements,))
    monkeypatch.setattr(create, 'STAMP', tmp_path / 'installed')
    create.STAMP.write_text(create.state_of_the_inputs())
    made = []
    monkeypatch.setattr(create, 'install', made.append)
    return requirements, made


def test_second_start_installs_nothing(create, stamped):
    _, made = stamped
    assert create.main() == 0
    assert not made


def test_changed_requirements_are_installed(create, stamped):
    requirements, made = stamped
    requirements.write_text('torch==2.11.0\n')
    assert create.main() == 0
    assert len(made) == 1


@pytest.mark.parametrize('version', [(3, 9), (3, 14)])
def test_other_python_is_refused_with_the_way_to_name_one(create, monkeypatch, capsys, version):
    monkeypatch.setattr(create.sys, 'version_info', Version(*version, 0, 'final', 0))
    assert create.main() == 1
    told = capsys.readouterr().err
    assert '3.10 to 3.13' in told
    assert 'make PYTHON=' in told


def test_full_disk_is_told_before_anything_is_downloaded(create, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(create, 'VENV', tmp_path / '.venv')
    monkeypatch.setattr(create, 'STAMP', tmp_path / '.venv' / 'installed')
    monkeypatch.setattr(create, 'DISK_GB', 10**6)
    assert create.main() == 1
    assert 'make room' in capsys.readouterr().err
    assert not create.VENV.exists()


def test_libraries_fetched_into_the_environment_are_found_first(create, tmp_path, monkeypatch):
    fetched = tmp_path / 'usr' / 'lib' / 'x86_64-linux-gnu'
    fetched.mkdir(parents=True)
    (fetched / 'libOSMesa.so.8').touch()
    (tmp_path / 'environment.sh').touch()
    monkeypatch.setattr(create, 'PRIVATE_LIBRARIES', tmp_path)
    monkeypatch.setattr(create, 'VENV', tmp_path)
    monkeypatch.setenv('LD_LIBRARY_PATH', '/elsewhere')
    create.write_activation()
    sourced = subprocess.run(
        ['/bin/sh', '-c', '. ./environment.sh && echo "$LD_LIBRARY_PATH"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sourced.stdout.strip() == f'{fetched}:/elsewhere'
    assert create.environment()['LD_LIBRARY_PATH'] == sourced.stdout.strip()


def test_make_without_a_python_that_fits_says_how_to_name_one(project):
    refused = subprocess.run(
        ['make', '--no-print-directory', '-C', str(project), 'PYTHON=', '.venv'],
        env={name: value for name, value in os.environ.items() if name != 'MAKEFLAGS'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert 'make PYTHON=/path/to/python3' in refused.stderr


def test_make_alone_says_what_there_is_to_make(project):
    shown = subprocess.run(
        ['make', '--no-print-directory', '-C', str(project)],
        env={**os.environ, 'MAKEFLAGS': '', 'PYTHON': sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    for target in ('make demo', 'make test', 'make lint', 'make clean'):
        assert target in shown.stdout
