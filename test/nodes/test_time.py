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

"""Stamps, simulated time, and the phase of the ticks."""

import re

import pytest

from attention_mapper_ros.ros.client import Parameter
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import Clock, Header, JointState, Time, Trigger
from attention_mapper_ros.ros.messages import nanoseconds

CAMERAS = ('front', 'wrist')
SECOND = 10**9
PERIOD = SECOND // 20
START = 100 * SECOND


def time_of(stamp_ns):
    return Time(sec=stamp_ns // SECOND, nanosec=stamp_ns % SECOND)


def send_stamped(robot, stamps_ns):
    """Send one message on every stream, stamped as given by stream; 0 is no stamp."""
    for camera in CAMERAS:
        header = Header(stamp=time_of(stamps_ns[camera]), frame_id='')
        robot.send_image(camera, encode_image(robot.frame(), header))
    joints = Header(stamp=time_of(stamps_ns['joint_states']), frame_id='')
    robot._joints.publish(JointState(header=joints, name=['pan', 'lift'], position=[0.1, -0.2]))


def stamped(robot, **offsets_s):
    """Return what sends one message of each stream, stamped with now and an offset in seconds."""

    def send():
        now = robot.get_clock().now().nanoseconds
        streams = (*CAMERAS, 'joint_states')
        send_stamped(robot, {s: now + int(offsets_s.get(s, 0.0) * SECOND) for s in streams})

    return send


# Stamps in headers


def test_inputs_whose_stamps_are_too_far_apart_skip_the_tick(make_graph, until):
    graph = make_graph({'max_skew_s': 0.5, 'diagnostic_updater.period': 0.2})
    robot, skipped = graph.robot, graph.policy._runtime._skipped
    with graph.feeding(stamped(robot, wrist=-2.0)):
        until(lambda: skipped['skew'] >= 5, 'skipped ticks')
        reason = until(lambda: robot.diagnostics().get('skip_reason'), 'the reason')
    assert 'newest message on wrist is stamped 2.' in reason
    assert 'more than max_skew_s of 0.50 s' in reason
    assert robot.actions == []
    with graph.feeding(stamped(robot, wrist=-0.2)):
        until(lambda: len(robot.actions) >= 3, 'actions')


def test_time_of_receipt_is_judged_instead_of_stamps_when_asked(make_graph, until):
    graph = make_graph({'max_skew_s': 0.5, 'stamp_source': 'receive'})
    robot = graph.robot
    with graph.feeding(stamped(robot, wrist=-2.0, joint_states=3000.0)):
        until(lambda: len(robot.actions) >= 3, 'actions')
    assert graph.policy._runtime._skipped['skew'] == 0


def test_messages_without_stamp_are_taken_as_they_come_with_one_warning_per_stream(
    make_graph, until, logged
):
    graph = make_graph({'max_skew_s': 0.5})
    robot = graph.robot
    unstamped = dict.fromkeys((*CAMERAS, 'joint_states'), 0)
    with graph.feeding(lambda: send_stamped(robot, unstamped)):
        until(lambda: graph.ticks() >= 10, 'ticks')
        until(lambda: sum('have no stamp' in log for log in logged()) >= 3, 'warnings')
    warned = re.findall(r'messages on (\S+) have no stamp', '\n'.join(logged()))
    assert sorted(warned) == ['/front/image_raw', '/joint_states', '/wrist/image_raw']


# Simulated time


class Simulation:
    """Says what time it is, and gives the policy its inputs; nothing happens between two calls."""

    def __init__(self, graph, until):
        self._graph, self._until = graph, until
        self._clock = graph.robot.create_publisher(Clock, '/clock', 1)
        graph.robot.set_parameters([Parameter('use_sim_time', value=True)])
        self.now = 0

    def set(self, now_ns):
        """Let both nodes know the time, and wait until the tick that may be due has begun."""
        self.now = now_ns
        nodes = (self._graph.policy, self._graph.robot)

        def known():
            self._clock.publish(Clock(clock=time_of(now_ns)))
            return all(node.get_clock().now().nanoseconds == now_ns for node in nodes)

        self._until(known, f'{now_ns} ns on every clock')
        timer = self._graph.policy._runtime._timer
        self._until(lambda: not timer.is_ready(), 'the tick')

    def feed(self):
        """Send all inputs and wait until the node has them."""
        inputs = self._graph.policy._runtime._inputs._intake
        before = inputs._buffer.received()

        def received():
            now = inputs._buffer.received()
            return all(now.get(s, 0) > before.get(s, 0) for s in (*CAMERAS, 'joint_states'))

        self._graph.robot.send_all()
        self._until(received, 'inputs')

    def tick(self, held_up=False):
        """Go on for one period, with new inputs; return the tick's number, after its forward."""
        before = self._graph.ticks()
        self.feed()
        self.set(self.now + PERIOD)
        self._until(lambda: self._graph.ticks() > before, 'the next tick')
        if not held_up:
            inference = self._graph.policy._runtime._inference
            self._until(inference._idle.is_set, 'the end of the forward')
        return self._graph.ticks()


@pytest.fixture
def simulated(make_graph, until):
    """Return a graph on simulated time, and the simulation; nothing has ticked yet."""
    graph = make_graph({'use_sim_time': True, 'diagnostic_updater.period': 0.2})
    simulation = Simulation(graph, until)
    simulation.feed()  # knows the node's subscriptions from here on
    simulation.set(START)
    return graph, simulation


def stamps(graph):
    return [nanoseconds(action.header.stamp) for action in graph.robot.actions]


def test_ticks_follow_the_clock_and_pause_when_it_stands_still(simulated, until):
    graph, simulation = simulated
    first = simulation.tick()
    times = []
    for number in range(first + 1, first + 9):
        assert simulation.tick() == number
        times.append(simulation.now)
        until(lambda: stamps(graph)[-1:] == [simulation.now], 'the action of this tick')
    assert stamps(graph)[-8:] == times
    reports = len(graph.robot.received['/diagnostics'])
    until(lambda: len(graph.robot.received['/diagnostics']) >= reports + 4, 'reports')
    assert graph.ticks() == first + 8
    assert graph.robot.diagnostics()['missed_ticks'] == '0'


def test_action_has_the_time_of_its_tick_though_the_forward_answers_later(
    simulated, forwards, until
):
    graph, simulation = simulated
    held_up = forwards(graph)
    simulation.tick()
    held_up.hold()
    simulation.tick(held_up=True)
    ticked = simulation.now
    assert held_up.waiting.wait(20)
    simulation.set(ticked + PERIOD // 2)
    held_up.open()
    until(lambda: ticked in stamps(graph), 'the action')
    assert stamps(graph) == sorted(set(stamps(graph)))


def test_ticks_keep_their_phase_however_coarse_the_clock(simulated, until):
    graph, simulation = simulated
    simulation.tick()
    begun, step = simulation.now, SECOND * 13 // 1000
    ticked = []
    for index in range(1, 81):
        before = graph.ticks()
        simulation.feed()
        simulation.set(begun + index * step)
        due = (index * step) // PERIOD > ((index - 1) * step) // PERIOD
        if due:
            until(lambda before=before: graph.ticks() == before + 1, 'the tick that is due')
            ticked.append(nanoseconds(graph.policy._runtime._release._stamp))
        assert graph.ticks() == before + due
    late = [(stamp - begun) % PERIOD for stamp in ticked]
    assert len(ticked) == (80 * step) // PERIOD
    assert max(late) < step
    assert graph.policy._runtime._missed == 0


@pytest.mark.parametrize('jump_s', [-50, 30])
def test_clock_that_jumps_makes_the_node_begin_anew_and_say_so(
    simulated, forwards, until, logged, jump_s
):
    graph, simulation = simulated
    runtime = graph.policy._runtime
    held_up = forwards(graph)
    held_up.says = (0.25, 0.25)
    for _ in range(3):
        simulation.tick()
        until(lambda: stamps(graph)[-1:] == [simulation.now], 'the action of this tick')
    assert graph.call(graph.robot.reset, Trigger.Request()).success  # nothing is planned any more
    held_up.hold()
    simulation.tick(held_up=True)
    assert held_up.waiting.wait(20)
    sent, tick, plan = len(graph.robot.actions), graph.ticks(), runtime._pacer.plan
    simulation.set(simulation.now + jump_s * SECOND)
    until(
        lambda: any(f'the clock jumped by {jump_s}.000 s' in log for log in logged()),
        'a word about the jump',
    )
    assert runtime._pacer.plan > plan
    held_up.says = (0.5, 0.5)
    held_up.open()
    until(runtime._inference._idle.is_set, 'the end of the forward')
    simulation.set(simulation.now + PERIOD)
    simulation.set(simulation.now + PERIOD)
    assert graph.ticks() == tick, 'ticks went on with what was seen before the jump'
    for _ in range(3):
        simulation.tick()
        until(lambda: stamps(graph)[-1:] == [simulation.now], 'the action of this tick')
    assert {action.position[0] for action in graph.robot.actions[sent:]} == {0.5}
    assert runtime._missed == 0


def test_bag_that_loops_is_followed_again_and_again(simulated, until):
    graph, simulation = simulated
    for _ in range(3):
        simulation.set(START)
        for _ in range(4):
            simulation.tick()
            until(lambda: stamps(graph)[-1:] == [simulation.now], 'the action of this tick')
    assert graph.policy._runtime._missed == 0


def test_reports_are_made_without_any_clock(make_graph, until):
    graph = make_graph({'use_sim_time': True, 'diagnostic_updater.period': 0.2})
    until(lambda: graph.robot.diagnostics().get('lifecycle') == 'active', 'a report')
    assert graph.ticks() == 0
