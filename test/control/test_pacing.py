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

"""When actions go out: within the tick, on time although forwards are slow, or not at all."""

import numpy as np
import pytest

from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.schedule import make_schedule

PERIOD_S = 0.1
FAST_S, SLOW_S = 0.02, 0.25


def chunk(start: float, size: int = 12) -> np.ndarray:
    return (start + np.arange(size, dtype=np.float32))[:, None]


def make_pacer(name: str = 'queue', steps: int = 4, enabled: bool = True) -> ActionPacer:
    return ActionPacer(make_schedule(name, 12, steps, 0.01), PERIOD_S, enabled)


def value(action) -> float | None:
    return None if action is None else float(action.values[0])


def test_first_action_goes_out_as_soon_as_its_forward_is_done():
    pacer = make_pacer()
    assert pacer.tick(accepted=True) is None
    assert value(pacer.deliver(chunk(0), 0, pacer.plan, FAST_S)) == 0


def test_queued_action_goes_out_at_its_tick_and_its_forward_changes_nothing():
    pacer = make_pacer()
    pacer.tick(accepted=True)
    pacer.deliver(chunk(0), 0, pacer.plan, FAST_S)
    position = pacer.position
    assert value(pacer.tick(accepted=True)) == 1
    assert pacer.deliver(chunk(100), position, pacer.plan, FAST_S) is None
    assert value(pacer.tick(accepted=True)) == 2


@pytest.mark.parametrize('name', ['queue', 'ensemble', 'latest'])
@pytest.mark.parametrize('ticks_per_forward', [2, 3, 5])
def test_no_tick_goes_without_action_although_forwards_take_several(name, ticks_per_forward):
    pacer = make_pacer(name)
    running = None  # (position of its observation, ticks left)
    sent = []
    for _ in range(60):
        accepted = running is None
        if accepted:
            running = (pacer.position, ticks_per_forward)
        sent.append(value(pacer.tick(accepted)))
        position, left = running
        running = (position, left - 1)
        if left == 1:
            action = pacer.deliver(chunk(position), position, pacer.plan, SLOW_S)
            if action is not None:
                sent[-1] = value(action)
            running = None
    first = next(index for index, action in enumerate(sent) if action is not None)
    assert first < ticks_per_forward
    # each chunk says for position p the value p: what goes out is what was planned for it
    assert sent[first:] == pytest.approx(list(range(60 - first)))


def test_late_ticks_are_counted():
    pacer = make_pacer()
    pacer.tick(accepted=True)
    pacer.tick(accepted=False)
    pacer.tick(accepted=False)
    assert pacer.late_ticks == 2


def test_disabled_pacer_lets_nothing_out():
    pacer = make_pacer(enabled=False)
    assert pacer.tick(accepted=True) is None
    assert pacer.deliver(chunk(0), 0, pacer.plan, FAST_S) is None
    assert pacer.tick(accepted=True) is None


def test_forward_from_before_the_switch_sends_nothing_afterwards():
    pacer = make_pacer()
    pacer.tick(accepted=True)
    plan = pacer.plan
    pacer.enable(False)
    assert pacer.deliver(chunk(0), 0, plan, FAST_S) is None
    pacer.enable(True)
    assert pacer.deliver(chunk(0), 0, plan, FAST_S) is None
    assert pacer.depth == 0


def test_reset_empties_the_queue_and_refuses_chunks_of_the_old_plan():
    pacer = make_pacer()
    pacer.tick(accepted=True)
    pacer.deliver(chunk(0), 0, pacer.plan, FAST_S)
    old = pacer.plan
    pacer.reset()
    assert (pacer.depth, pacer.position) == (0, 0)
    assert pacer.tick(accepted=True) is None
    assert pacer.deliver(chunk(50), 0, old, FAST_S) is None
    assert value(pacer.deliver(chunk(70), 0, pacer.plan, FAST_S)) == 70


def test_skipped_tick_leaves_nothing_waiting():
    pacer = make_pacer()
    pacer.tick(accepted=True)
    pacer.skip()
    assert pacer.deliver(chunk(0), 0, pacer.plan, FAST_S) is None
    assert value(pacer.tick(accepted=True)) == 0


def test_actions_go_out_as_long_after_their_tick_as_forwards_take_to_answer():
    pacer = make_pacer()
    assert pacer.offset_s == 0.0
    for answer_s in (0.02, 0.03, 0.04):
        pacer.answered(answer_s)
    assert pacer.offset_s == pytest.approx(0.04)
    pacer.answered(10.0)
    assert pacer.offset_s <= pacer.longest_wait_s < PERIOD_S


def test_slow_forwards_are_not_waited_for():
    pacer = make_pacer()
    pacer.answered(0.04)
    pacer.deliver(chunk(0), 0, pacer.plan, SLOW_S)
    assert pacer.offset_s == 0.0


def test_action_that_has_waited_too_long_is_taken_from_the_older_plan():
    pacer = make_pacer()
    assert pacer.tick(accepted=True) is None
    assert pacer.awaiting
    assert pacer.overdue() is None  # nothing is planned yet: it still waits
    assert pacer.awaiting
    assert value(pacer.deliver(chunk(0), 0, pacer.plan, FAST_S)) == 0
    assert not pacer.awaiting
    for _ in range(3):
        pacer.tick(accepted=True)
    assert pacer.tick(accepted=True) is None
    assert value(pacer.overdue()) == 4
    assert pacer.overdue() is None
