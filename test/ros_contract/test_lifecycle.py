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

import pytest

from attention_mapper_ros.ros.client import (
    LifecycleNode,
    LifecycleState,
    TransitionCallbackReturn,
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
