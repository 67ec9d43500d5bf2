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

"""
Every method on a real ACT policy of which it is known what it looks at: the red square.

``straight``: the cross-attention looks at it. ``detour``: the encoder brings what the red cells
say to all tokens, and the cross-attention looks at the top left cell of the front camera.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from planted_policy import (
    BLUE,
    FRONT,
    GREEN,
    make_planted_checkpoint,
    RED,
    scene,
    SIZES,
    STRIDE,
    WRIST,
)
import pytest
import torch

from attention_mapper_ros.attention.curves import Curves, curves_of_orders
from attention_mapper_ros.attention.knock_out import group_masks
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.occlusion import occlusion
from attention_mapper_ros.attention.orders import centre_order, order_of, random_order
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy

# On a cell, between two, between four, in a corner, and half outside.
POSITIONS = [(64, 32), (112, 32), (80, 48), (128, 64), (2, 70)]
# Where occlusion, which takes a forward a cell, and the curves are tried.
ASIDE = (128, 64)
CORNER = (0, 0)
WRIST_CELLS = 1


@pytest.fixture(scope='module')
def straight_folder(tmp_path_factory) -> Path:
    return make_planted_checkpoint(tmp_path_factory.mktemp('planted') / 'straight')


@pytest.fixture(scope='module')
def straight(straight_folder) -> PolicyAdapter:
    return load_policy(straight_folder, 'cpu')


@pytest.fixture(scope='module')
def detour(tmp_path_factory) -> PolicyAdapter:
    folder = make_planted_checkpoint(tmp_path_factory.mktemp('planted') / 'detour', detour=True)
    return load_policy(folder, 'cpu')


@pytest.fixture(scope='module', params=['straight', 'detour'])
def either(request) -> PolicyAdapter:
    return request.getfixturevalue(request.param)


def action(adapter: PolicyAdapter, observation: Observation) -> np.ndarray:
    """Return the executed action (action,), the first of the chunk, in degrees."""
    return adapter.predict([observation])[0, 0]


@cache
def maps_of(adapter: PolicyAdapter, method: str, position: tuple[int, int]) -> AttentionMaps:
    observation = scene((position, RED))
    if method == 'occlusion':
        return occlusion(predict(adapter, observation), observation.images, adapter.layout)
    return adapter.infer(observation, AttentionRequest(method=method)).maps()


def predict(adapter: PolicyAdapter, observation: Observation) -> Callable[..., np.ndarray]:
    def executed(pictures):
        return adapter.predict([Observation(each, observation.state) for each in pictures])[:, :1]

    return executed


def peak(grid: np.ndarray) -> tuple[int, int]:
    row, col = np.unravel_index(grid.argmax(), grid.shape)
    return int(row), int(col)


def near(position: tuple[int, int]) -> np.ndarray:
    """Return which cells of the front camera lie less than a cell from a place, (row, col)."""
    rows, cols = SIZES[FRONT][0] // STRIDE, SIZES[FRONT][1] // STRIDE
    row, col = np.mgrid[:rows, :cols]
    x, y = position
    return (abs(row - y / STRIDE) < 1) & (abs(col - x / STRIDE) < 1)


def is_near(cell: tuple[int, int], position: tuple[int, int]) -> bool:
    return bool(near(position)[cell])


def share_near(maps: AttentionMaps, position: tuple[int, int]) -> float:
    """Return how much of the whole attention, 0 to 1, lies less than a cell from a place."""
    return float(maps.cameras[FRONT][near(position)].sum() / maps.layout.size)


def without_corner(maps: AttentionMaps) -> np.ndarray:
    grid = maps.cameras[FRONT].copy()
    grid[CORNER] = 0.0
    return grid


# What the policy does.


def test_lerobot_itself_gives_the_same_actions(straight_folder, straight):
    from lerobot.configs.policies import PreTrainedConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors
    from lerobot.policies.utils import prepare_observation_for_inference

    config = PreTrainedConfig.from_pretrained(straight_folder)
    policy = ACTPolicy.from_pretrained(straight_folder, config=config)
    before, after = make_pre_post_processors(config, pretrained_path=str(straight_folder))
    observation = scene(((64, 32), RED))
    arrays = {**observation.images, 'observation.state': observation.state}
    with torch.inference_mode():
        batch = before(prepare_observation_for_inference(arrays, torch.device('cpu')))
        expected = after(policy.select_action(batch))[0].numpy()
    assert np.linalg.norm(expected) > 50
    np.testing.assert_allclose(action(straight, observation), expected, atol=1e-3)


def test_the_actions_tell_where_the_red_square_is(either):
    middle = action(either, scene(((64, 32), RED)))
    right = action(either, scene(((96, 32), RED)))
    down = action(either, scene(((64, 64), RED)))
    # Joints: the more the farther right, left, down, up.
    assert right[0] > middle[0] + 1
    assert right[1] < middle[1] - 1
    assert down[2] > middle[2] + 1
    assert down[3] < middle[3] - 1


def test_nothing_but_red_in_the_front_camera_moves_the_actions(either):
    red = ((64, 32), RED)
    expected = action(either, scene(red))
    for other in (
        scene(red, ((130, 70), GREEN)),
        scene(red, ((130, 30), BLUE)),
        scene(red, seed=7),
        scene(red, joints=40.0),
        scene(red, wrist=[((16, 16), RED)]),
    ):
        np.testing.assert_allclose(action(either, other), expected, atol=1e-3)
    np.testing.assert_allclose(action(either, scene()), 0.0, atol=1e-3)
    np.testing.assert_allclose(action(either, scene(wrist=[((16, 16), RED)])), 0.0, atol=1e-3)


# What the methods say about it.


@pytest.mark.parametrize('position', POSITIONS)
@pytest.mark.parametrize('method', ['raw', 'rollout', 'gradient'])
def test_where_the_cross_attention_looks_every_method_finds_the_red_square(
    straight, method, position
):
    maps = maps_of(straight, method, position)
    assert is_near(peak(maps.cameras[FRONT]), position)
    assert maps.cameras[WRIST].max() < maps.cameras[FRONT].max()


def test_occlusion_finds_the_red_square_whatever_the_attention_does(either):
    maps = maps_of(either, 'occlusion', ASIDE)
    assert is_near(peak(maps.cameras[FRONT]), ASIDE)
    assert share_near(maps, ASIDE) > 0.7
    assert maps.shares[FRONT] == pytest.approx(1.0, abs=1e-3)
    # The action comes down to what the blurred cell leaves of it.
    lost = maps.scale.one * maps.cameras[FRONT].max()
    whole = np.linalg.norm(action(either, scene((ASIDE, RED))))
    assert 0.2 * whole < lost < whole


@pytest.mark.parametrize('position', POSITIONS)
def test_raw_misleads_where_the_encoder_carried_the_answer_elsewhere(detour, position):
    maps = maps_of(detour, 'raw', position)
    assert peak(maps.cameras[FRONT]) == CORNER
    assert maps.cameras[FRONT][CORNER] / maps.layout.size > 0.99
    assert share_near(maps, position) < 0.01


@pytest.mark.parametrize('position', POSITIONS)
@pytest.mark.parametrize(('method', 'share'), [('rollout', 0.2), ('gradient', 0.4)])
def test_rollout_and_gradient_follow_the_answer_back_to_the_red_square(
    detour, method, share, position
):
    maps = maps_of(detour, method, position)
    # Both also count, by their residual terms, the corner through which the answer came.
    assert is_near(peak(without_corner(maps)), position)
    assert share_near(maps, position) > share


def test_gradient_gives_what_is_written_nowhere_nothing(straight):
    # The encoder attends evenly to all tokens and writes zeros: rollout cannot know that.
    assert maps_of(straight, 'rollout', (64, 32)).shares[WRIST] > 0.03
    assert maps_of(straight, 'gradient', (64, 32)).shares[WRIST] < 1e-3


# What the tests of faithfulness say about the methods.


@pytest.fixture(scope='module')
def curves_of_both(straight, detour) -> dict[PolicyAdapter, dict[str, Curves]]:
    """Return for each policy the curves of every order on a scene with the square at a side."""
    observation = scene((ASIDE, RED))
    random = np.random.default_rng(0)
    both = {}
    for adapter in (straight, detour):
        layout = adapter.layout
        orders = {
            'truth': np.argsort(~np.append(near(ASIDE), np.zeros(WRIST_CELLS, bool))),
            'centre': centre_order(layout, SIZES),
            **{f'random {draw}': random_order(layout, random) for draw in range(2)},
            **{
                method: order_of(maps_of(adapter, method, ASIDE)) for method in ('raw', 'gradient')
            },
        }
        executed = predict(adapter, observation)
        both[adapter] = curves_of_orders(executed, observation.images, layout, orders, steps=3)
    return both


def areas(curves: dict[str, Curves], order: str) -> tuple[float, float]:
    """Return deletion and insertion area over the full change, the mean of all such orders."""
    chosen = [each for name, each in curves.items() if name.startswith(order)]
    deletion = [each.relative_deletion_area for each in chosen]
    return np.mean(deletion), np.mean([each.relative_insertion_area for each in chosen])


@pytest.mark.parametrize('order', ['truth', 'gradient'])
def test_curves_put_orders_that_know_the_answer_before_chance_and_centre(
    curves_of_both, either, order
):
    deletion, insertion = areas(curves_of_both[either], order)
    for ignorant in ('random', 'centre'):
        other_deletion, other_insertion = areas(curves_of_both[either], ignorant)
        assert deletion > other_deletion + 0.1
        assert insertion < other_insertion - 0.1


def test_curves_tell_where_raw_is_right_and_where_it_misleads(curves_of_both, straight, detour):
    right_deletion, right_insertion = areas(curves_of_both[straight], 'raw')
    wrong_deletion, wrong_insertion = areas(curves_of_both[detour], 'raw')
    by_chance_deletion, by_chance_insertion = areas(curves_of_both[detour], 'random')
    assert right_deletion > by_chance_deletion + 0.1 > wrong_deletion
    assert right_insertion < by_chance_insertion - 0.1 < wrong_insertion


def test_only_masking_the_front_camera_takes_the_action_away(either):
    observation = scene(((64, 32), RED))
    masks = group_masks(either.layout)
    masked = either.knock_out(observation, np.stack(list(masks.values())))[:, 0]
    whole = action(either, observation)
    for name, result in zip(masks, masked, strict=True):
        if name != FRONT:
            np.testing.assert_allclose(result, whole, atol=1e-2)
    np.testing.assert_allclose(masked[list(masks).index(FRONT)], 0.0, atol=1e-3)
