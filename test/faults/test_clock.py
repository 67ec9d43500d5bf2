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

"""Simulated time that jumps, as in a bag that begins again."""

from fault_processes import MEASURED
import pytest


def test_clock_that_jumps_makes_the_node_plan_anew(strict):
    policy, robot = strict
    for start_s, jump in ((200.0, '-'), (5000.0, '')):
        first, log = len(robot.actions), policy.mark()
        robot.tell('clock', at_s=start_s)
        said = policy.wait_for_log(f'the clock jumped by {jump}', log)
        assert 'inputs and planned actions are forgotten' in said
        robot.wait_for_action(MEASURED, first)
        robot.wait_for_more_actions()
        after = [
            action['positions']
            for action in robot.actions[first:]
            if 0 <= action['stamp_ns'] / 1e9 - start_s < 500.0
        ]
        assert after[0] == pytest.approx(MEASURED)
