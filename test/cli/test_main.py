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


"""`attention-mapper` as a person at a terminal meets it."""

import os
import subprocess
import sys
import time

import pytest

COMMANDS = ('live', 'demo', 'doctor', 'record', 'train', 'evaluate', 'heads', 'faithfulness')
HELP_WITHIN_S = 0.5


@pytest.fixture
def attention_mapper(tmp_path, project):
    """Run the command from a folder that has none of the project's files."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, '-m', 'attention_mapper_ros.cli.main', *arguments],
            cwd=tmp_path,
            env={**os.environ, 'PYTHONPATH': str(project), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_help_names_every_command(attention_mapper):
    shown = attention_mapper('--help')
    assert shown.returncode == 0
    for command in COMMANDS:
        assert f'  {command} ' in shown.stdout


def test_help_comes_at_once(attention_mapper):
    """The best of three: what else runs on the machine is not the command's fault."""
    took = []
    for _ in range(3):
        started = time.perf_counter()
        attention_mapper('--help')
        took.append(time.perf_counter() - started)
    assert min(took) < HELP_WITHIN_S


def test_unknown_command_is_refused_with_the_known_ones(attention_mapper):
    refused = attention_mapper('drive')
    assert refused.returncode == 2
    assert all(command in refused.stderr for command in COMMANDS)


@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_describes_itself(attention_mapper, command):
    shown = attention_mapper(command, '--help')
    assert shown.returncode == 0
    assert 'usage:' in shown.stdout


def test_missing_library_is_named_with_what_installs_it(attention_mapper, without):
    refused = attention_mapper('train', '--help', PYTHONPATH=without('mujoco'))
    assert refused.returncode == 3
    assert 'mujoco' in refused.stderr
    assert "pip install 'attention_mapper_ros[live,sim]'" in refused.stderr
