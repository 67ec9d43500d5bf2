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

"""Cameras that stop, freeze, come back with another size, or flood the node."""

from fault_processes import ERROR, MEASURED, wait_for
import pytest


def test_camera_that_stops_makes_the_robot_hold_until_it_is_back(robot, policy):
    held_before, log = robot.figure('held_actions'), policy.mark()
    robot.tell('camera', camera='front', rate_hz=0)
    held = robot.wait_for_hold()
    assert robot.wait_for_status('ticks', ERROR, 'newest message on front is')
    assert robot.wait_for_status('inputs', ERROR, 'more than its max_age_s of 1.00 s')
    policy.wait_for_log('tick skipped: newest message on front is', log)
    assert robot.figures()['state'] == 'waiting'
    assert robot.figure('held_actions') > held_before
    assert robot.figure('skipped_ticks stale') > 0
    robot.tell('camera', camera='front', rate_hz=20)
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)
    robot.wait_until_well()


def test_camera_that_freezes_is_noticed_though_its_stamps_go_on(robot, policy):
    log = policy.mark()
    robot.tell('camera', camera='front', frozen=True)
    held = robot.wait_for_hold()
    assert robot.wait_for_status('inputs', ERROR, 'front has sent the same content for')
    assert robot.figure('age_ms front') < 1000.0
    assert robot.figure('skipped_ticks frozen') > 0
    policy.wait_for_log('restart its driver', log)
    robot.tell('camera', camera='front', frozen=False)
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)


def test_camera_that_comes_back_with_another_size_is_refused_or_resized(robot, policy):
    log = policy.mark()
    robot.tell('camera', camera='wrist', size=(32, 48))  # resize: stretch
    robot.wait_for_more_actions(10)
    assert robot.status('inputs')[0] < ERROR
    robot.tell('camera', camera='front', size=(32, 48))  # resize: none
    held = robot.wait_for_hold()
    refusal = 'image is 48 x 32 pixels, the policy wants 96 x 64'
    assert robot.wait_for_status('inputs', ERROR, refusal)
    assert robot.figure('unusable front') > 0
    assert 'cameras.front.resize' in policy.wait_for_log(refusal, log)
    robot.tell('camera', camera='front', size=(64, 96))
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)


def test_camera_at_ten_times_its_rate_delays_nothing(robot):
    undisturbed_hz = robot.tick_rate_hz()
    robot.tell('hear', topic='act_policy/attention/front/image')
    received = robot.figure('received front')
    robot.tell('camera', camera='front', rate_hz=200)
    wait_for(lambda: robot.figure('received front') > received + 500, '500 frames')
    seen = len(robot.images)
    robot.wait_for_tick_rate(undisturbed_hz)
    wait_for(lambda: len(robot.images) > seen + 20, 'twenty overlays')
    # The newest frame was drawn, whatever else had come: a queue would have grown by now.
    assert min(image['age_s'] for image in robot.images[-20:]) < 0.5
    assert robot.status('ticks')[0] < ERROR
    robot.tell('deafen', topic='act_policy/attention/front/image')
