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

"""Models that hang or raise, and an end while they compute."""

import signal

from fault_processes import ERROR, MEASURED
import pytest


def test_forward_that_hangs_makes_the_robot_hold_until_it_returns(robot, policy):
    failed, log = robot.figure('failed_forwards'), policy.mark()
    policy.forwards('long')
    held = robot.wait_for_hold()
    words = 'longer than inference_timeout_s of 1 s'
    assert robot.wait_for_status('ticks', ERROR, words)
    assert robot.wait_for_status('forward', ERROR, 'the node goes on when it returns')
    assert robot.figure('overdue_ms') > 1000.0
    policy.wait_for_log(words, log)
    policy.forwards('well')
    # What it had to say was of another time: the first action is where the robot is.
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)
    robot.wait_until_well()
    assert robot.figure('failed_forwards') == failed + 1


@pytest.mark.parametrize(
    ('orders', 'error'),
    [('raise', 'the model is broken'), ('out of memory', 'CUDA out of memory')],
)
def test_model_that_raises_makes_the_robot_hold_until_it_is_well(robot, policy, orders, error):
    failed, log = robot.figure('failed_forwards'), policy.mark()
    policy.forwards(orders)
    held = robot.wait_for_hold()
    assert robot.wait_for_status('forward', ERROR, error)
    assert robot.figure('failed_forwards') > failed
    policy.wait_for_log(error, log)
    policy.forwards('well')
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)


def test_model_that_fails_on_and_on_ends_in_a_node_that_does_nothing(strict):
    policy, robot = strict
    log = policy.mark()
    policy.forwards('raise')
    policy.wait_for_log('the node deactivates itself', log)
    policy.wait_for_log('inactive: no actions go out', log)
    robot.wait_for_status('forward', ERROR, 'Activate the node again when cured')
    assert robot.figures()['lifecycle'] == 'inactive'
    # It has said so after its last action.
    sent = len(robot.actions)
    policy.forwards('well')
    robot.wait_for_reports(robot.reports + 5)
    assert len(robot.actions) == sent
    assert robot.call('activate')
    robot.wait_for_action(MEASURED, sent)


def test_sigterm_in_mid_forward_ends_the_node_and_nothing_comes_after(strict):
    policy, robot = strict
    log = policy.mark()
    policy.forwards('long')
    held = robot.wait_for_hold()
    before = len(robot.actions)
    policy.send_signal(signal.SIGTERM)
    # The forward never ends: whoever waited for it would wait for ever.
    assert policy.wait() == 0, policy.log()
    assert 'a forward is still running, leaving without it' in policy.log()[log:]
    assert 'Traceback' not in policy.log()[log:]
    robot.settle()
    assert all(action['positions'] == held for action in robot.actions[before:])
