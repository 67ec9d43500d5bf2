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


"""The checks that a linter makes; each prints the linter's own words where it fails."""

import subprocess
import sys


def run(project, *command):
    result = subprocess.run(
        [sys.executable, '-m', *command],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f'{result.stdout}\n{result.stderr}'


def test_code_keeps_the_conventions_of_ros_and_has_none_of_ruffs_bugs(project):
    run(project, 'ruff', 'check', '.')


def test_code_is_formatted(project):
    run(project, 'ruff', 'format', '--check', '.')


def test_types_hold_under_mypys_strict_rules(project):
    run(project, 'mypy')
