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

"""The example under doc/, run as it stands there."""

import os
from pathlib import Path
import subprocess
import sys

from act_checkpoints import make_act_checkpoint

ROOT = Path(__file__).resolve().parents[2]


def test_example_runs_from_its_first_cell_to_its_last(recorded, tmp_path):
    policy = make_act_checkpoint(tmp_path / 'policy', state=2, actions=2)
    output = tmp_path / 'out'
    run = subprocess.run(
        [sys.executable, 'doc/analyse_a_dataset.py', str(recorded), str(policy), str(output)],
        cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'HF_HUB_OFFLINE': '1'},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert f'1 6 steps {output / "episode_000001" / "attention.mp4"}' in run.stdout
    for said in ('share_joints', 'attention moved', 'times its fair share', 'last action'):
        assert said in run.stdout
    assert (output / 'episode_000003' / 'attention.gif').is_file()
