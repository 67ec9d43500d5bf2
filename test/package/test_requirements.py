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


"""The list that .venv is made from, held against what it stands for."""

from importlib.metadata import requires, version
import sys

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

# What LeRobot names and this project does not install; requirements.txt says why.
LEFT_OUT = {'cmake', 'hf-transfer', 'jsonlines', 'pynput', 'rerun-sdk', 'torchcodec', 'wandb'}
# The parts of LeRobot 0.6 that 0.4 had inside.
LEROBOT_EXTRAS = ('', 'dataset', 'accelerate-dep')
PYTHONS = ('3.10', '3.11', '3.12', '3.13')


def requirements_in(path):
    lines = path.read_text(encoding='utf-8').splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith('#')]


@pytest.fixture(scope='module')
def pins(project):
    return requirements_in(project / 'environment' / 'requirements.txt')


def by_name(requirements, python):
    chosen = {}
    for requirement in requirements:
        environment = {'python_version': python, 'extra': ''}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in chosen, f'{name} stands twice for Python {python}'
            chosen[name] = requirement
    return chosen


@pytest.mark.parametrize('python', PYTHONS)
def test_every_package_is_pinned_once_for_each_python(pins, python):
    for requirement in by_name(pins, python).values():
        [clause] = requirement.specifier
        assert clause.operator == '=='


def test_list_holds_what_lerobot_wants_but_for_what_is_left_out(pins):
    here = by_name(pins, f'{sys.version_info[0]}.{sys.version_info[1]}')
    for extra in LEROBOT_EXTRAS:
        for line in requires('lerobot'):
            wanted = Requirement(line)
            name = canonicalize_name(wanted.name)
            applies = wanted.marker is None or wanted.marker.evaluate({'extra': extra})
            if not applies or name == 'lerobot' or name in LEFT_OUT:
                continue
            assert name in here, f'LeRobot wants {line}'
            [clause] = here[name].specifier
            assert wanted.specifier.contains(clause.version), f'LeRobot wants {line}'


def test_list_meets_the_ranges_that_setup_py_gives_to_pip(pins):
    here = by_name(pins, f'{sys.version_info[0]}.{sys.version_info[1]}')
    for line in requires('attention_mapper_ros'):
        wanted = Requirement(line)
        extras = ('', 'live', 'analysis', 'ray', 'sim', 'test')
        applies = wanted.marker is None or any(
            wanted.marker.evaluate({'extra': extra}) for extra in extras
        )
        if not applies:
            continue
        name = canonicalize_name(wanted.name)
        if name == 'lerobot':  # its own file pins it
            assert wanted.specifier.contains(version('lerobot')), line
            continue
        [clause] = here[name].specifier
        assert wanted.specifier.contains(clause.version), line
