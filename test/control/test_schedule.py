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

"""Action schedules: which action goes out, from chunks that come on time, late or never."""

import numpy as np
import pytest

from attention_mapper_ros.control.schedule import (
    EnsembleSchedule,
    LatestSchedule,
    make_schedule,
    QueueSchedule,
)


def chunk(start: float, size: int = 8) -> np.ndarray:
    """Return actions that say for which position they were planned: 0, 1, 2 and so on."""
    return (start + np.arange(size, dtype=np.float32))[:, None]


def values(actions: list) -> list:
    return [None if action is None else float(action.values[0]) for action in actions]


def test_queue_executes_the_first_steps_of_a_chunk_and_then_waits():
    schedule = QueueSchedule(action_steps=3)
    assert schedule.next() is None
    schedule.receive(chunk(0), 0)
    assert values([schedule.next() for _ in range(4)]) == [0, 1, 2, None]
    assert schedule.position == 3


def test_queue_keeps_its_plan_while_other_chunks_arrive():
    schedule = QueueSchedule(action_steps=3)
    schedule.receive(chunk(0), 0)
    schedule.next()
    schedule.receive(chunk(100), 1)
    assert values([schedule.next(), schedule.next()]) == [1, 2]


def test_queue_ignores_a_chunk_for_another_position_when_it_is_empty():
    schedule = QueueSchedule(action_steps=2)
    schedule.receive(chunk(0), 0)
    schedule.next()
    schedule.next()
    schedule.receive(chunk(1), 1)
    assert schedule.next() is None
    schedule.receive(chunk(2), 2)
    assert values([schedule.next()]) == [2]


def test_late_queue_goes_on_with_what_an_older_chunk_planned_for_this_position():
    schedule = QueueSchedule(action_steps=3)
    schedule.receive(chunk(0), 0)
    schedule.next()
    schedule.next()
    schedule.receive(chunk(2), 2)
    schedule.next()
    action = schedule.next_late()
    assert values([action]) == [3]
    assert (action.position, action.observed_position) == (3, 2)


def test_late_queue_uses_the_tail_beyond_the_executed_steps_when_nothing_newer_came():
    schedule = QueueSchedule(action_steps=2)
    schedule.receive(chunk(0, size=4), 0)
    assert values([schedule.next_late() for _ in range(5)]) == [0, 1, 2, 3, None]


def test_latest_plans_again_at_every_position():
    schedule = LatestSchedule()
    schedule.receive(chunk(0), 0)
    assert values([schedule.next()]) == [0]
    assert schedule.next() is None
    schedule.receive(chunk(50), 1)
    assert values([schedule.next()]) == [50]


def test_late_latest_uses_the_newest_chunk_where_it_meant_this_position():
    schedule = LatestSchedule()
    schedule.receive(chunk(0, size=3), 0)
    assert values([schedule.next_late() for _ in range(4)]) == [0, 1, 2, None]


def test_ensemble_averages_with_weights_from_the_oldest_prediction_on():
    coeff = 0.5
    schedule = EnsembleSchedule(chunk_size=3, coeff=coeff)
    schedule.receive(np.array([[0.0], [10.0], [20.0]], dtype=np.float32), 0)
    schedule.next()
    schedule.receive(np.array([[13.0], [23.0], [33.0]], dtype=np.float32), 1)
    weights = np.exp(-coeff * np.arange(2))
    expected = (weights * [10.0, 13.0]).sum() / weights.sum()
    assert values([schedule.next()]) == pytest.approx([expected], rel=1e-6)


def test_late_chunk_joins_the_ensemble_with_the_part_that_lies_ahead():
    schedule = EnsembleSchedule(chunk_size=4, coeff=0.0)
    schedule.receive(chunk(0, size=4), 0)
    assert values([schedule.next(), schedule.next_late()]) == [0, 1]
    schedule.receive(chunk(100, size=4), 1)  # 100 meant position 1, which is gone
    assert values([schedule.next_late(), schedule.next_late()]) == [
        (2 + 101) / 2,
        (3 + 102) / 2,
    ]
    assert values([schedule.next_late(), schedule.next_late()]) == [103, None]


def test_chunk_that_lies_wholly_in_the_past_changes_nothing():
    schedule = EnsembleSchedule(chunk_size=2, coeff=0.0)
    schedule.receive(chunk(0, size=2), 0)
    schedule.next_late()
    schedule.next_late()
    schedule.receive(chunk(50, size=2), 0)
    assert schedule.next_late() is None


@pytest.mark.parametrize('name', ['queue', 'ensemble', 'latest'])
def test_reset_forgets_every_plan(name):
    schedule = make_schedule(name, 8, 4, 0.01)
    schedule.receive(chunk(0), 0)
    schedule.next()
    schedule.reset()
    assert schedule.position == 0
    assert schedule.depth == 0
    assert schedule.next_late() is None


@pytest.mark.parametrize(('name', 'queries'), [('queue', 4), ('ensemble', 8), ('latest', 1)])
def test_queries_of_the_actions_that_will_be_executed(name, queries):
    assert make_schedule(name, 8, 4, 0.01).queries_executed == queries


def test_unknown_schedule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'fifo': choose one of queue, ensemble, latest"):
        make_schedule('fifo', 8, 4, 0.01)


def test_more_steps_than_a_chunk_has_are_refused():
    with pytest.raises(ValueError, match='n_action_steps is 9, the policy predicts 8'):
        make_schedule('queue', 8, 9, 0.01)
