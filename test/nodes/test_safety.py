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

"""What keeps a robot safe, by the messages on the wire: the switch, the gate, the watchdog."""

from itertools import pairwise
import math

import numpy as np
import pytest
import torch

from attention_mapper_ros.ros.interfaces import Float32MultiArray

AT = (0.1, -0.2)  # where the robot's joints are
EVERY_ACTION = {'diagnostic_updater.period': 0.2, 'schedule': 'latest', 'rate_hz': 40.0}
STALE_SOON = {'joints.max_age_s': 0.3, **EVERY_ACTION}


@pytest.fixture
def start(make_graph, forwards):
    """Return a function that starts a graph whose policy says what it is told to."""

    def make(says=(0.5, 0.5), **parameters):
        graph = make_graph({'start_enabled': False, **EVERY_ACTION, **parameters})
        held_up = forwards(graph)
        held_up.says = says
        return graph, held_up

    return make


def positions(action):
    """Return the positions of an action of any of the three types, (joint,) float64."""
    if hasattr(action, 'points'):
        return np.array(action.points[0].positions)
    return np.array(action.data if hasattr(action, 'data') else action.position)


def first_joint(actions):
    return [float(positions(action)[0]) for action in actions]


def count(graph, name):
    return getattr(graph.policy._runtime._actions._gate.counts, name)


# The switch


def test_switch_takes_effect_at_once_though_a_forward_runs(start, until):
    graph, forwards = start(says=(0.25, 0.25))
    robot, runtime = graph.robot, graph.policy._runtime
    with graph.feeding(robot.send_all):
        until(lambda: graph.ticks() >= 3, 'ticks')
        graph.enable(True)
        until(lambda: len(robot.actions) >= 3, 'actions')
        forwards.close()
        late = runtime._pacer.late_ticks
        until(lambda: runtime._pacer.late_ticks >= late + 10, 'ticks that wait for the forward')
        graph.enable(False)
        sent, tick = len(robot.actions), graph.ticks()
        forwards.open()
        until(lambda: graph.ticks() >= tick + 10, 'ten more ticks')
        assert len(robot.actions) == sent
        forwards.close()
        graph.enable(True)
        forwards.says = (0.75, 0.75)
        tick = graph.ticks()
        until(lambda: graph.ticks() >= tick + 5, 'ticks that wait for the forward')
        forwards.open()  # one that began before the switch
        until(lambda: len(robot.actions) >= sent + 3, 'actions again')
    assert set(first_joint(robot.actions[sent:])) == {0.75}


def test_enabling_twice_changes_nothing(start, until):
    graph, _ = start(ramp_s=0.5)
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: robot.actions and first_joint(robot.actions)[-1] == 0.5, 'end of the ramp')
        sent = len(robot.actions)
        graph.enable(True)
        until(lambda: len(robot.actions) >= sent + 10, 'more actions')
        assert set(first_joint(robot.actions[sent:])) == {0.5}, 'the ramp began again'


def test_dry_run_publishes_everything_but_the_action(start, until):
    graph, _ = start(dry_run=True, start_enabled=True)
    robot = graph.robot
    shares = robot.hear('act_policy/attention/share', Float32MultiArray)
    with graph.feeding(robot.send_all):
        until(lambda: len(shares) >= 5, 'shares')
        until(lambda: 'dry run: everything but' in robot.concern('policy')[1], 'a word of it')
    assert graph.ticks() >= 5
    assert robot.get_publishers_info_by_topic('/act_policy/action') == []
    assert robot.actions == []


# The gate


def test_action_outside_the_limits_is_clamped_and_counted(start, until):
    graph, _ = start((2.0, 0.25), **{'joints.pan.upper': 0.5})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: int(robot.diagnostics().get('clamped_actions', 0)) >= 3, 'a count of it')
    assert {tuple(positions(action)) for action in robot.actions} == {(0.5, 0.25)}


def test_action_outside_the_limits_is_rejected_as_a_whole_when_asked(start, until):
    graph, forwards = start((2.0, 0.25), on_limit='reject', **{'joints.pan.upper': 0.5})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: int(robot.diagnostics().get('rejected_actions', 0)) >= 3, 'a count of it')
        assert robot.actions == []
        assert "action of joint 'pan' is 2, its limits are" in robot.diagnostics()['action_reason']
        forwards.says = (0.25, 0.25)
        until(lambda: robot.actions, 'an action within the limits')


def test_no_step_is_longer_than_max_step(start, until):
    graph, forwards = start((0.5, -0.2), **{'joints.pan.max_step': 0.0625})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: first_joint(robot.actions)[-1:] == [0.5], 'the target')
        way = [AT[0], *first_joint(robot.actions)]
        forwards.says = (-0.5, -0.2)
        until(lambda: first_joint(robot.actions)[-1] == -0.5, 'the other target')
    way = [AT[0], *first_joint(robot.actions)]
    assert max(abs(after - before) for before, after in pairwise(way)) < 0.0626
    assert way[1] == pytest.approx(AT[0] + 0.0625)
    assert count(graph, 'limited') >= 20


def test_robot_is_led_from_where_it_is_whenever_it_is_enabled(start, until):
    graph, _ = start((1.1, 0.8), ramp_s=0.5)
    robot = graph.robot
    with graph.feeding(robot.send_all):
        for _ in range(2):
            sent = len(robot.actions)
            graph.enable(True)
            until(
                lambda sent=sent: first_joint(robot.actions[sent:])[-1:] == [pytest.approx(1.1)],
                'the end of the ramp',
            )
            graph.enable(False)
            way = first_joint(robot.actions[sent:])
            assert way[0] < 0.4, 'the ramp does not begin where the robot is'
            assert way == sorted(way)
            assert len({round(each, 6) for each in way}) >= 5


def test_action_that_is_not_finite_is_dropped(start, until):
    graph, forwards = start((math.nan, 0.0))
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: int(robot.diagnostics().get('not_finite_actions', 0)) >= 3, 'a count of it')
        assert robot.actions == []
        until(lambda: robot.concern('actions')[0] == 2, 'an error in diagnostics')
        forwards.says = (0.25, 0.25)
        until(lambda: len(robot.actions) >= 3, 'finite actions')
    assert all(np.isfinite(positions(action)).all() for action in robot.actions)


# Stale inputs


@pytest.mark.parametrize('kind', ['joint_state', 'joint_trajectory', 'float64_multi_array'])
def test_last_action_is_held_while_an_input_is_stale(start, until, kind):
    graph, forwards = start((0.25, -0.75), action_message=kind, **STALE_SOON)
    robot = graph.robot
    with graph.feeding(robot.send_images):
        graph.enable(True)
        until(lambda: graph.policy._runtime._skipped['missing'] >= 10, 'ticks without joints')
        assert robot.actions == [], 'something was held that never went out'
        with graph.feeding(robot.send_joints):
            until(lambda: len(robot.actions) >= 3, 'actions')
        until(lambda: count(graph, 'held') >= 10, 'held actions')
        forwards.says = (0.5, 0.5)
        sent = len(robot.actions)
        until(lambda: count(graph, 'held') >= 20, 'more of them')
        until(lambda: len(robot.actions) >= sent + 5, 'held actions on the wire')
        assert {tuple(positions(action)) for action in robot.actions} == {(0.25, -0.75)}
        if kind == 'joint_state':
            stamps = [(a.header.stamp.sec, a.header.stamp.nanosec) for a in robot.actions]
            assert all(before < after for before, after in pairwise(stamps))
        graph.enable(False)
        graph.enable(True)
        sent, skipped = len(robot.actions), graph.policy._runtime._skipped['stale']
        until(lambda: graph.policy._runtime._skipped['stale'] >= skipped + 10, 'skipped ticks')
        assert len(robot.actions) == sent, 'something of before the switch was held after it'
        with graph.feeding(robot.send_joints):
            until(lambda: len(robot.actions) >= sent + 3, 'actions again')
    assert tuple(positions(robot.actions[-1])) == (0.5, 0.5)


def test_nothing_goes_out_while_an_input_is_stale_when_asked(start, until):
    graph, _ = start(on_stale='stop', **STALE_SOON)
    robot, skipped = graph.robot, graph.policy._runtime._skipped
    with graph.feeding(robot.send_images):
        graph.enable(True)
        with graph.feeding(robot.send_joints):
            until(lambda: len(robot.actions) >= 3, 'actions')
        until(lambda: skipped['stale'] >= 3, 'a stale input')
        sent = len(robot.actions)
        until(lambda: skipped['stale'] >= 15, 'skipped ticks')
        assert len(robot.actions) == sent
        assert count(graph, 'held') == 0
        with graph.feeding(robot.send_joints):
            until(lambda: len(robot.actions) >= sent + 3, 'actions again')


# The watchdog


def test_forward_that_hangs_is_reported_and_what_it_says_is_not_done(start, until):
    graph, forwards = start((0.25, 0.25), inference_timeout_s=0.4, max_failures=0)
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        until(lambda: len(robot.actions) >= 3, 'actions')
        forwards.says = (9.0, 9.0)
        forwards.close()
        level, _ = until(
            lambda: (
                'a forward has been running for' in robot.concern('forward')[1]
                and robot.concern('forward')
            ),
            'the hang in diagnostics',
        )
        assert level == 2
        held = count(graph, 'held')
        until(lambda: count(graph, 'held') >= held + 5, 'held actions')
        until(lambda: robot.diagnostics()['state'] == 'waiting', 'the state in diagnostics')
        forwards.says = (0.5, 0.5)
        forwards.open()
        until(lambda: first_joint(robot.actions)[-1] == 0.5, 'actions of the next forward')
        until(lambda: robot.diagnostics()['overdue_ms'] == '0', 'the end of it in diagnostics')
        assert robot.diagnostics()['failed_forwards'] == '1'
    said = set(first_joint(robot.actions))
    assert 0.25 in said
    assert 9.0 not in said


ERRORS = (
    RuntimeError('the weights are gone'),
    torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 GiB'),
    TypeError('no number'),
    KeyError('observation.images.top'),
    MemoryError(),
    AssertionError('impossible'),
)


def test_whatever_the_model_raises_is_survived_reported_and_counted(start, until):
    graph, forwards = start((0.25, 0.25), max_failures=0)
    robot = graph.robot
    with graph.feeding(robot.send_all):
        graph.enable(True)
        for number, error in enumerate(ERRORS):
            sent = len(robot.actions)
            until(lambda sent=sent: len(robot.actions) >= sent + 3, 'actions')
            forwards.error = error
            words = f'failed: {type(error).__name__}: {error}'
            until(
                lambda words=words: words in robot.diagnostics().get('forward_error', ''),
                f'{words!r} in diagnostics',
            )
            assert robot.concern('forward')[0] == 2
            assert int(robot.diagnostics()['failed_forwards']) > number
            forwards.error = None
        sent = len(robot.actions)
        until(lambda: len(robot.actions) >= sent + 3, 'actions')
        until(lambda: robot.diagnostics()['forward_error'] == '', 'the end of the errors')
    assert set(first_joint(robot.actions)) == {0.25}


def test_node_deactivates_itself_after_too_many_failures_and_can_be_activated_again(
    start, until, logged
):
    graph, forwards = start((0.25, 0.25), max_failures=3, start_enabled=True)
    robot = graph.robot
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= 3, 'actions')
        for _ in range(2):
            forwards.error = RuntimeError('the weights are gone')
            until(lambda: graph.state() == 'inactive', 'the end of it')
            until(lambda: robot.diagnostics()['state'] == 'inactive', 'a report')
            level, words = robot.concern('forward')
            assert level == 2
            assert '3 forwards in a row failed' in words
            assert 'the weights are gone. Activate the node again' in words
            sent, tick = len(robot.actions), graph.ticks()
            forwards.error = None
            assert graph.transition('activate')
            until(lambda sent=sent: len(robot.actions) >= sent + 3, 'actions again')
            assert graph.ticks() > tick
        until(
            lambda: any('3 forwards failed in a row (max_failures)' in log for log in logged()),
            'a word in the log',
        )
