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


"""No test is skipped silently where CI runs it."""

import os
import shutil
import subprocess
import sys

import pytest

TESTS = """
import pytest

@pytest.mark.needs_rclpy
def test_of_ros():
    pytest.skip('no ROS here')

def test_of_nothing():
    pytest.skip('not today')
"""


@pytest.fixture
def outcomes(project, tmp_path):
    """Run two tests that skip themselves under the project's conftest.py."""
    shutil.copy2(project / 'test' / 'conftest.py', tmp_path)
    (tmp_path / 'test_skipping.py').write_text(TESTS)

    def outcomes(ci):
        run = subprocess.run(
            [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', str(tmp_path)],
            cwd=tmp_path,
            env={**os.environ, 'CI': ci},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.stdout.splitlines()[-1]

    return outcomes


def test_skip_without_a_permitted_reason_fails_in_ci(outcomes):
    assert '1 failed, 1 skipped' in outcomes('true')


def test_skip_stays_a_skip_elsewhere(outcomes):
    assert '2 skipped' in outcomes('')
