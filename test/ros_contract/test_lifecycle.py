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

"""Lifecycle nodes: their states, callbacks, managed publishers, services and events."""

import gc

import pytest

from attention_mapper_ros.ros.client import (
    LifecycleNode,
    LifecycleState,
    rclpy,
    SimpleManagedEntity,
    SingleThreadedExecutor,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.impossible_transitions import refuse_impossible_transitions
from attention_mapper_ros.ros.interfaces import (
    ChangeState,
    GetAvailableStates,
    GetAvailableTransitions,
    GetState,
    String,
    Transition,
    TransitionEvent,
)

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR
CALLBACKS = (
    'on_configure',
    'on_cleanup',
    'on_shutdown',
    'on_activate',
    'on_deactivate',
    'on_error',
)


class Scripted(LifecycleNode):
    """Answers each callback as the test has planned, and notes which came in which state."""

    def __init__(self, **kwargs):
        self.planned = {}
        self.called = []
        super().__init__('managed', **kwargs)

    def _answer(self, name, state):
        self.called.append((name, state.label))
        self.came_from = state
        planned = self.planned.get(name, SUCCESS)
        if isinstance(planned, Exception):
            raise planned
        if planned is not SUCCESS:
            return planned
        return getattr(super(), name)(state)


def _scripted(name):
    return lambda self, state: self._answer(name, state)


for _name in CALLBACKS:
    setattr(Scripted, _name, _scripted(_name))


@pytest.fixture
def managed(ros):
    node = Scripted()
    yield node
    node.destroy_node()


def label(node):
    return node._state_machine.current_state[1]


def bring_to(node, state):
    for trigger in {
        'unconfigured': [],
        'inactive': [node.trigger_configure],
        'active': [node.trigger_configure, node.trigger_activate],
    }[state]:
        assert trigger() == SUCCESS
    node.called.clear()


def test_a_lifecycle_node_goes_through_its_states_and_calls_back_on_the_way(managed):
    assert label(managed) == 'unconfigured'
    for step, state in (
        ('configure', 'inactive'),
        ('activate', 'active'),
        ('deactivate', 'inactive'),
        ('cleanup', 'unconfigured'),
        ('shutdown', 'finalized'),
    ):
        assert getattr(managed, f'trigger_{step}')() == SUCCESS
        assert label(managed) == state
    assert managed.called == [
        ('on_configure', 'unconfigured'),
        ('on_activate', 'inactive'),
        ('on_deactivate', 'active'),
        ('on_cleanup', 'inactive'),
        ('on_shutdown', 'unconfigured'),
    ]


def test_a_callback_is_handed_the_state_that_it_comes_from(managed):
    managed.trigger_configure()
    assert managed.came_from == LifecycleState(label='unconfigured', state_id=1)
    managed.trigger_activate()
    assert managed.came_from == LifecycleState(label='inactive', state_id=2)
    assert isinstance(managed.came_from, LifecycleState)


@pytest.mark.parametrize(
    ('start', 'step', 'end'),
    [
        ('unconfigured', 'configure', 'unconfigured'),
        ('inactive', 'activate', 'inactive'),
        ('inactive', 'cleanup', 'inactive'),
        ('active', 'deactivate', 'active'),
        ('unconfigured', 'shutdown', 'finalized'),
        ('active', 'shutdown', 'finalized'),
    ],
)
def test_a_failure_goes_back_and_a_shutdown_finalizes_all_the_same(managed, start, step, end):
    bring_to(managed, start)
    managed.planned[f'on_{step}'] = FAILURE
    assert getattr(managed, f'trigger_{step}')() == FAILURE
    assert label(managed) == end
    assert 'on_error' not in dict(managed.called)


@pytest.mark.parametrize('fault', [ERROR, RuntimeError('broken')], ids=['ERROR', 'exception'])
@pytest.mark.parametrize(
    ('answer', 'end'),
    [(SUCCESS, 'unconfigured'), (FAILURE, 'finalized'), (ERROR, 'finalized')],
)
def test_after_an_error_on_error_decides_where_the_node_ends(managed, fault, answer, end):
    bring_to(managed, 'inactive')
    managed.planned |= {'on_activate': fault, 'on_error': answer}
    assert managed.trigger_activate() == ERROR
    assert managed.called == [('on_activate', 'inactive'), ('on_error', 'inactive')]
    assert label(managed) == end


def test_a_transition_that_does_not_leave_the_state_is_an_error_and_changes_nothing(managed):
    with pytest.raises(RuntimeError, match='Failed to trigger'):
        managed.trigger_activate()
    assert label(managed) == 'unconfigured'
    managed.trigger_shutdown()
    with pytest.raises(RuntimeError, match=r'Shutdown trans\w+ not possible'):
        managed.trigger_shutdown()
    assert [name for name, _ in managed.called] == ['on_shutdown']


def test_a_managed_publisher_is_silent_unless_its_node_is_active(managed, node, spin_until):
    got = []
    node.create_subscription(String, 'said', lambda message: got.append(message.data), 10)
    publisher = managed.create_lifecycle_publisher(String, 'said', 10)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)

    def say(text):
        publisher.publish(String(data=text))

    say('unconfigured')
    managed.trigger_configure()
    say('inactive')
    managed.trigger_activate()
    assert publisher.is_activated
    say('active')
    managed.trigger_deactivate()
    assert not publisher.is_activated
    say('inactive again')
    managed.trigger_activate()
    say('active again')
    spin_until(node, lambda: 'active again' in got)
    assert got == ['active', 'active again']


def test_a_destroyed_managed_publisher_follows_no_more(managed):
    publisher = managed.create_lifecycle_publisher(String, 'said', 10)
    managed.trigger_configure()
    assert managed.destroy_lifecycle_publisher(publisher)
    assert not managed.destroy_lifecycle_publisher(publisher)
    managed.trigger_activate()
    assert not publisher.is_activated
    assert managed.count_publishers('said') == 0


def test_a_managed_entity_follows_the_node_and_can_refuse_for_it(managed):
    class Gripper(SimpleManagedEntity):
        def on_configure(self, state):
            return answers.pop(0)

        @SimpleManagedEntity.when_enabled(when_not_enabled=lambda: done.append('refused'))
        def close(self, force):
            done.append(force)

    answers, done = [FAILURE, SUCCESS], []
    gripper = Gripper()
    managed.add_managed_entity(gripper)
    with pytest.raises(TypeError):
        managed.add_managed_entity(object())
    assert managed.trigger_configure() == FAILURE
    assert managed.trigger_configure() == SUCCESS
    gripper.close(1.0)
    managed.trigger_activate()
    gripper.close(2.0)
    assert done == ['refused', 2.0]


@pytest.fixture
def ask(managed, node, spin_until):
    """Call a service of the managed node from another node and wait for the answer."""
    executor = SingleThreadedExecutor()
    executor.add_node(managed)

    def call(kind, name, request=None):
        client = node.create_client(kind, f'/managed/{name}')
        assert client.wait_for_service(timeout_sec=10.0)
        future = client.call_async(kind.Request() if request is None else request)
        spin_until(node, lambda: executor.spin_once(timeout_sec=0.05) or future.done())
        node.destroy_client(client)
        return future.result()

    yield call
    executor.remove_node(managed)
    executor.shutdown()


def change(ask, transition_id=0, label=''):
    transition = Transition(id=transition_id, label=label)
    return ask(ChangeState, 'change_state', ChangeState.Request(transition=transition)).success


def test_others_change_the_state_by_id_or_by_label_and_see_it(managed, ask):
    def state():
        current = ask(GetState, 'get_state').current_state
        return current.id, current.label

    assert state() == (1, 'unconfigured')
    assert change(ask, Transition.TRANSITION_CONFIGURE)
    assert state() == (2, 'inactive')
    assert change(ask, label='activate')
    assert state() == (3, 'active')
    managed.planned['on_deactivate'] = FAILURE
    assert not change(ask, label='deactivate')
    assert state() == (3, 'active')
    assert not change(ask, label='configure')
    assert change(ask, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert state() == (4, 'finalized')


def test_a_request_for_a_transition_that_cannot_be_is_answered_and_harms_nothing(managed, ask):
    refuse_impossible_transitions(managed)
    for transition_id in (Transition.TRANSITION_ACTIVATE, 10, 255):
        assert not change(ask, transition_id)
    assert not change(ask, label='nonsense')
    assert managed.called == []
    assert change(ask, Transition.TRANSITION_CONFIGURE)
    assert label(managed) == 'inactive'


def test_others_see_which_states_there_are_and_which_transitions_leave_this_one(managed, ask):
    states = ask(GetAvailableStates, 'get_available_states').available_states
    assert {state.id: state.label for state in states} == {
        0: 'unknown',
        1: 'unconfigured',
        2: 'inactive',
        3: 'active',
        4: 'finalized',
        10: 'configuring',
        11: 'cleaningup',
        12: 'shuttingdown',
        13: 'activating',
        14: 'deactivating',
        15: 'errorprocessing',
    }
    managed.trigger_configure()
    found = ask(GetAvailableTransitions, 'get_available_transitions').available_transitions
    assert [
        (x.transition.id, x.transition.label, x.start_state.label, x.goal_state.label)
        for x in found
    ] == [
        (2, 'cleanup', 'inactive', 'cleaningup'),
        (3, 'activate', 'inactive', 'activating'),
        (6, 'shutdown', 'inactive', 'shuttingdown'),
    ]


def test_the_transition_graph_is_that_of_ros_2(ask):
    graph = ask(GetAvailableTransitions, 'get_transition_graph').available_transitions
    assert [(x.transition.id, x.start_state.id, x.goal_state.id) for x in graph] == [
        (1, 1, 10),
        (10, 10, 2),
        (11, 10, 1),
        (12, 10, 15),
        (2, 2, 11),
        (20, 11, 1),
        (21, 11, 2),
        (22, 11, 15),
        (3, 2, 13),
        (30, 13, 3),
        (31, 13, 2),
        (32, 13, 15),
        (4, 3, 14),
        (40, 14, 2),
        (41, 14, 3),
        (42, 14, 15),
        (5, 1, 12),
        (6, 2, 12),
        (7, 3, 12),
        (50, 12, 4),
        (51, 12, 4),
        (52, 12, 15),
        (60, 15, 1),
        (61, 15, 4),
        (62, 15, 4),
    ]
    outcomes = {x.transition.label for x in graph if x.transition.id >= 10}
    assert outcomes == {'transition_success', 'transition_failure', 'transition_error'}


def test_each_transition_is_told_on_the_event_topic_by_its_two_states(managed, node, spin_until):
    got = []
    node.create_subscription(TransitionEvent, '/managed/transition_event', got.append, 10)

    def heard():
        managed.trigger_configure()
        managed.trigger_cleanup()
        return got

    # Nothing tells when the two have matched; events before that are lost.
    spin_until(node, heard)
    managed.planned['on_configure'] = ERROR
    managed.trigger_configure()
    spin_until(node, lambda: got and got[-1].start_state.label == 'errorprocessing')
    told = [(event.start_state.label, event.goal_state.label) for event in got]
    assert told[-3:] == [
        ('unconfigured', 'configuring'),
        ('configuring', 'errorprocessing'),
        ('errorprocessing', 'unconfigured'),
    ]
    assert (got[-1].start_state.id, got[-1].goal_state.id) == (15, 1)
    assert got[-1].timestamp == 0
    assert got[-1].transition == Transition()


def test_without_the_communication_interface_there_are_no_services(node, spin_until):
    quiet = LifecycleNode('quiet', enable_communication_interface=False)
    try:
        spin_until(node, lambda: node.count_publishers('/quiet/transition_event') == 1)
        assert '/quiet/change_state' not in dict(node.get_service_names_and_types())
        assert quiet.trigger_configure() == SUCCESS
    finally:
        quiet.destroy_node()


def test_a_destroyed_lifecycle_node_leaves_the_graph(node, spin_until):
    managed = LifecycleNode('passing', namespace='/arm')
    spin_until(node, lambda: ('passing', '/arm') in node.get_node_names_and_namespaces())
    managed.trigger_configure()
    managed.destroy_node()
    del managed
    gc.collect()  # rclpy's state machine holds on to its node
    spin_until(node, lambda: ('passing', '/arm') not in node.get_node_names_and_namespaces())


def test_a_transition_after_shutdown_of_the_context_is_refused(managed):
    bring_to(managed, 'active')
    rclpy.shutdown()
    with pytest.raises(RuntimeError, match='Failed to trigger'):
        managed.trigger_deactivate()
    assert managed.called == []
