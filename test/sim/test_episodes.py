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

"""Episodes of the live demo: when they end, and what happens between them."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.sim.episodes import EpisodeKeeper, HOLD_S, LIMIT_S, RETURN_S
from attention_mapper_ros.sim.expert import Expert
from attention_mapper_ros.sim.scene import DeskArm

TICK_S = 0.1


def play(keeper, arm, ticks, expert=None):
    """Run the demo's loop; return every end with its time."""
    ends = []
    for tick in range(1, ticks + 1):
        now_s = 100.0 + tick * TICK_S
        wanted = expert.action() if expert else arm.positions()
        arm.step(keeper.targets(wanted, now_s), TICK_S)
        end = keeper.update(arm, now_s)
        if end is not None:
            ends.append((now_s - 100.0, end))
    return ends


@pytest.fixture
def arm():
    return DeskArm(0)


def test_an_episode_ends_when_the_gripper_has_stayed_at_the_cube(arm):
    keeper = EpisodeKeeper(seed=40)
    keeper.start(arm, 100.0)
    ends = play(keeper, arm, 150, Expert(arm))
    assert len(ends) >= 2
    assert all(end.reached for _, end in ends)
    assert [end.seed for _, end in ends[:2]] == [40, 41]
    assert HOLD_S < ends[0][1].duration_s < LIMIT_S
    assert keeper.successes == keeper.episodes


def test_an_episode_ends_when_its_time_is_up(arm):
    keeper = EpisodeKeeper(seed=3)
    keeper.start(arm, 100.0)
    ends = play(keeper, arm, 100)
    assert len(ends) == 1
    when_s, end = ends[0]
    assert when_s == pytest.approx(LIMIT_S + RETURN_S, abs=2.5 * TICK_S)
    assert not end.reached
    assert (keeper.episodes, keeper.successes) == (1, 0)


def test_the_arm_is_back_at_its_start_without_a_jump_and_the_cubes_have_moved(arm):
    keeper = EpisodeKeeper(seed=40)
    keeper.start(arm, 100.0)
    cube = arm.target_position_m()
    expert, now_s, end = Expert(arm), 100.0, None
    while end is None:
        now_s += TICK_S
        arm.step(keeper.targets(expert.action(), now_s), TICK_S)
        before = arm.positions()
        end = keeper.update(arm, now_s)
    assert np.abs(arm.positions() - before).max() < 0.1
    np.testing.assert_allclose(arm.positions(), arm.start_pose(41), atol=1e-9)
    assert np.linalg.norm(arm.target_position_m() - cube) > 0.01


def test_the_policy_is_not_heard_on_the_way_back(arm):
    keeper = EpisodeKeeper(seed=3, limit_s=0.5)
    keeper.start(arm, 0.0)
    keeper.update(arm, 0.6)
    assert keeper.returning
    wild = np.full(6, 9.0)
    assert np.abs(keeper.targets(wild, 0.7)).max() < 2.0


def test_touching_the_cube_and_leaving_is_not_a_success(arm):
    keeper = EpisodeKeeper(seed=8)
    keeper.start(arm, 0.0)
    expert = Expert(arm)
    start = arm.positions()
    now_s = 0.0
    while arm.gripper_to_target_m() > 0.03:
        now_s += TICK_S
        arm.step(expert.action(), TICK_S)
        keeper.update(arm, now_s)
    for _ in range(30):
        now_s += TICK_S
        arm.step(start, TICK_S)
        keeper.update(arm, now_s)
    assert not keeper.returning
