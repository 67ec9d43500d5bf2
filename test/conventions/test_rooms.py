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


"""Which room may import which: the table in doc/architecture.md, checked."""

import subprocess
import sys

import grimp
import pytest

PACKAGE = 'attention_mapper_ros'

# What a room may import besides the standard library: a file in it can then be read and tested
# with no robot, no ROS and no checkpoint.
ROOMS_WITHOUT_A_ROBOT = {
    'attention': {'torch', 'numpy'},
    'control': {'numpy'},
    'rendering': {
        'numpy',
        'cv2',
        'av',
        'matplotlib',
        # plain data and arithmetic, no torch
        'attention_mapper_ros.attention.heads',
        'attention_mapper_ros.attention.layout',
        'attention_mapper_ros.attention.maps',
    },
}


@pytest.fixture(scope='module')
def graph():
    return grimp.build_graph(PACKAGE, include_external_packages=True, cache_dir=None)


def test_import_contracts_hold(project):
    contracts = subprocess.run(
        [
            sys.executable,
            '-c',
            'from importlinter.cli import lint_imports_command; lint_imports_command()',
            '--no-cache',
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert contracts.returncode == 0, contracts.stdout + contracts.stderr
    assert '0 broken' in contracts.stdout


@pytest.mark.parametrize('room', ROOMS_WITHOUT_A_ROBOT)
def test_room_imports_nothing_but_its_own_tools(graph, room):
    of_the_room = f'{PACKAGE}.{room}'
    imported = set()
    for module in {of_the_room, *graph.find_descendants(of_the_room)}:
        imported |= graph.find_modules_directly_imported_by(module)
    foreign = {
        name
        for name in imported
        if name.split('.')[0] not in sys.stdlib_module_names
        and name != of_the_room
        and not name.startswith(of_the_room + '.')
    }
    assert foreign <= ROOMS_WITHOUT_A_ROBOT[room]
