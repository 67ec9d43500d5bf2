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

"""Which forward planned the action of a step, and how far attention has moved since."""

import math

import numpy as np
import pytest

from attention_mapper_ros.control.schedule import make_schedule
from attention_mapper_ros.recordings.planning import EpisodePlan

CHUNK = 6


def attention(step):
    """Return a distribution over ten tokens, all on one of them."""
    tokens = np.zeros(10, np.float32)
    tokens[step % 10] = 1.0
    return tokens


def chunk(step):
    """Return what the forward of a step plans: its own number and the place in the chunk."""
    return np.array([[step, place] for place in range(CHUNK)], np.float32)


def planned(schedule, steps, begins=()):
    plan = EpisodePlan(make_schedule(schedule, CHUNK, 3, 0.01), CHUNK)
    return [plan.step(chunk(step), attention(step), step in begins) for step in range(steps)]


def test_queue_executes_the_first_part_of_every_chunk():
    found = planned('queue', 7)
    assert [list(step.action) for step in found] == [
        [0, 0], [0, 1], [0, 2], [3, 0], [3, 1], [3, 2], [6, 0],
    ]  # fmt: skip
    assert [step.chunk_position for step in found] == [0, 1, 2, 0, 1, 2, 0]


def test_shift_is_measured_against_the_forward_that_planned_the_action():
    found = planned('queue', 6)
    assert [step.attention_shift for step in found] == [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]


def test_latest_plans_anew_at_every_step():
    assert [step.chunk_position for step in planned('latest', 4)] == [0, 0, 0, 0]


def test_ensemble_counts_from_the_newest_forward_that_takes_part():
    found = planned('ensemble', 4)
    assert [step.chunk_position for step in found] == [0, 0, 0, 0]
    assert all(step.attention_shift == pytest.approx(0.0) for step in found)


def test_a_new_plan_forgets_the_old_one():
    found = planned('queue', 4, begins=(2,))
    assert [list(step.action) for step in found] == [[0, 0], [0, 1], [2, 0], [2, 1]]
    assert found[2].attention_shift == 0.0
    assert not any(math.isnan(step.attention_shift) for step in found)
