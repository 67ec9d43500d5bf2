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

"""Where rclpy is there too, the same contract is run against the client that was not chosen."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

from attention_mapper_ros.ros.client import CLIENT, VARIABLE


@pytest.mark.needs_rclpy
def test_the_contract_holds_for_the_other_client():
    if VARIABLE in os.environ:
        return  # this is the other run, or the caller wants only one client
    other = 'dds' if CLIENT == 'rclpy' else 'rclpy'
    result = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', str(Path(__file__).parent)],
        env={**os.environ, VARIABLE: other},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:]
