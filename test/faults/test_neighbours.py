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

"""Other nodes of the graph that do what they should not."""

import signal

from fault_processes import OK, wait_for, WARN

OVERLAYS = 'act_policy/attention/front/image'


def test_viewer_that_never_reads_slows_neither_ticks_nor_other_viewers(robot, start_robot):
    undisturbed_hz = robot.tick_rate_hz()
    viewer = start_robot(name='viewer', silent=True)
    for listener in (viewer, robot):
        listener.tell('hear', topic=OVERLAYS)
    wait_for(lambda: viewer.images and robot.images, 'overlays for both viewers')
    viewer.send_signal(signal.SIGSTOP)
    seen, failed = len(robot.images), robot.figure('failed_drawings')
    wait_for(lambda: len(robot.images) > seen + 40, 'forty overlays for the other viewer')
    robot.wait_for_tick_rate(undisturbed_hz)
    assert robot.figure('failed_drawings') == failed
    assert robot.status('attention')[0] == OK
    robot.tell('deafen', topic=OVERLAYS)


def test_second_publisher_of_actions_is_warned_of(robot, policy, start_robot):
    log = policy.mark()
    intruder = start_robot(name='intruder', silent=True)
    intruder.tell('intrude', on=True)
    robot.wait_for_status('actions', WARN, '/intruder publishes on the action topic, too')
    assert robot.figures()['other_publishers'] == '/intruder'
    policy.wait_for_log('/intruder publishes on /act_policy/action too', log)
    intruder.tell('intrude', on=False)
    robot.wait_for_status('actions', OK)
    assert robot.figures()['other_publishers'] == ''
