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

"""What must hold for any ACT, over configurations drawn at random."""

from __future__ import annotations

from typing import Any

from act_checkpoints import make_act_checkpoint, random_observation
from hypothesis import given, HealthCheck, settings, strategies
import numpy as np
import pytest
from stock_lerobot import StockLeRobot
import torch

from attention_mapper_ros.attention.request import AttentionRequest, METHODS
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.adapter import Observation

# Each example makes a policy and runs it a dozen times. Not one of them is timed, and the same
# ones come every time: a failure must be found again.
quick = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@strategies.composite
def act_configurations(draw, least=0, most=3) -> dict[str, Any]:
    """Arguments of ``make_act_checkpoint``: sizes, cameras, layers, states."""
    side = strategies.integers(33, 130)
    sizes = {
        f'camera{i}': (draw(side), draw(side))
        for i in range(draw(strategies.integers(least, most)))
    }
    state = draw(strategies.sampled_from([0, 1, 7]))
    # LeRobot's ACT wants at least one image or an environment state.
    environment = draw(strategies.sampled_from([0, 3] if sizes else [3]))
    heads = draw(strategies.sampled_from([1, 2, 4]))
    return {
        'cameras': sizes,
        'state': state,
        'environment': environment,
        'actions': draw(strategies.integers(1, 7)),
        'chunk': draw(strategies.integers(1, 9)),
        'n_heads': heads,
        'dim_model': heads * draw(strategies.sampled_from([8, 12])),
        'n_encoder_layers': draw(strategies.integers(1, 4)),
        'n_decoder_layers': draw(strategies.integers(1, 3)),
        'pre_norm': draw(strategies.booleans()),
        'feedforward_activation': draw(strategies.sampled_from(['relu', 'gelu'])),
        'seed': draw(strategies.integers(0, 3)),
    }


@pytest.fixture
def load(tmp_path_factory):
    def make_and_load(configuration: dict[str, Any]) -> tuple[ActAdapter, StockLeRobot]:
        folder = make_act_checkpoint(tmp_path_factory.mktemp('act'), **configuration)
        return ActAdapter.load(folder, 'cpu'), StockLeRobot(folder)

    return make_and_load


@quick
@given(configuration=act_configurations(), seed=strategies.integers(0, 99))
def test_every_method_gives_a_distribution_and_changes_no_action(load, configuration, seed):
    adapter, stock = load(configuration)
    observation = random_observation(adapter.spec, seed)
    expected = stock.chunk(observation)
    tolerance = 1e-4 * max(float(np.ptp(expected)), 1.0)
    for method in METHODS:
        selection = Selection(queries_executed=adapter.spec.chunk_size)
        inference = adapter.infer(observation, AttentionRequest(method, selection))
        assert inference.attention.min() >= 0
        assert inference.attention.sum() == pytest.approx(1.0, abs=1e-4)
        assert sum(inference.maps().shares.values()) == pytest.approx(1.0, abs=1e-4)
        np.testing.assert_allclose(inference.actions, expected, rtol=0, atol=tolerance)


@quick
@given(configuration=act_configurations(), seed=strategies.integers(0, 99))
def test_rows_of_lerobots_weights_come_through_for_any_layer_and_head(load, configuration, seed):
    adapter, stock = load(configuration)
    observation = random_observation(adapter.spec, seed)
    returned = stock.weights(observation)
    random = np.random.default_rng(seed)
    for module in ('encoder_self', 'decoder_cross'):
        layer, head, query = (
            int(random.integers(size)) for size in adapter.attention_shape[module]
        )
        selection = Selection(layer, head, query, module)
        found = adapter.infer(observation, AttentionRequest('raw', selection)).attention
        np.testing.assert_allclose(
            found, returned[module, layer][head, query], rtol=1e-3, atol=1e-5
        )


@quick
@given(configuration=act_configurations(), seed=strategies.integers(0, 99))
def test_rollout_is_the_full_matrix_product_of_lerobots_weights(load, configuration, seed):
    adapter, stock = load(configuration)
    observation = random_observation(adapter.spec, seed)
    weights = {place: w.mean(dim=0) for place, w in stock.weights(observation).items()}
    product = torch.eye(adapter.layout.size)
    for layer in range(configuration['n_encoder_layers']):
        product = (weights['encoder_self', layer] + torch.eye(len(product))) / 2 @ product
    seen = weights['decoder_cross', 0]
    for layer in range(1, configuration['n_decoder_layers']):
        mixing = (weights['decoder_self', layer] + torch.eye(len(seen))) / 2
        seen = (weights['decoder_cross', layer] + mixing @ seen) / 2
    expected = (seen @ product).mean(dim=0)
    selection = Selection(queries_executed=adapter.spec.chunk_size)
    found = adapter.infer(observation, AttentionRequest('rollout', selection)).attention
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


@quick
@given(
    configuration=act_configurations(least=2, most=2),
    method=strategies.sampled_from(METHODS),
)
def test_swapping_the_pictures_of_equal_cameras_swaps_their_maps(load, configuration, method):
    from lerobot.configs.types import NormalizationMode

    # Cameras of one size have the same positions; statistics of their own would tell them apart.
    size = next(iter(configuration['cameras'].values()))
    adapter, _ = load(
        {
            **configuration,
            'cameras': {'left': size, 'right': size},
            'normalization_mapping': {'VISUAL': NormalizationMode.IDENTITY},
        }
    )
    left, right = 'observation.images.left', 'observation.images.right'
    observation = random_observation(adapter.spec)
    observation.images[left][: size[0] // 2] = 255
    swapped = Observation(
        {left: observation.images[right], right: observation.images[left]},
        observation.state,
        observation.environment,
    )
    maps, other = (
        adapter.infer(each, AttentionRequest(method)).maps().cameras
        for each in (observation, swapped)
    )
    np.testing.assert_allclose(other[left], maps[right], rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(other[right], maps[left], rtol=1e-2, atol=1e-3)


@settings(quick, max_examples=3)
@given(configuration=act_configurations(least=1, most=2))
def test_cells_lie_where_the_backbone_reacts(load, configuration):
    """The gradient of a middle cell with respect to the picture is centred where we draw it."""
    adapter, stock = load(configuration)
    for camera, image in zip(adapter.layout.cameras, adapter.spec.images, strict=True):
        geometry = camera.geometry
        # A linear backbone shows the field itself: no rectifier may hide a part of it.
        picture = torch.zeros(1, 3, image.height + 512, image.width + 512, requires_grad=True)
        shift = 256 // 32  # the field reaches 218 pixels
        row, col = geometry.rows // 2, geometry.cols // 2
        backbone = linear(stock.policy.model.backbone)
        grid = backbone(picture)['feature_map']
        grid[0, :, row + shift, col + shift].sum().backward()
        mass = picture.grad.abs().sum(dim=(0, 1)).double()
        y = float((mass.sum(dim=1) * torch.arange(len(mass))).sum() / mass.sum()) - 256
        x = float((mass.sum(dim=0) * torch.arange(mass.shape[1])).sum() / mass.sum()) - 256
        assert (x, y) == pytest.approx(geometry.centre(row, col), abs=1.0)


def linear(backbone: torch.nn.Module) -> torch.nn.Module:
    """Return the backbone with averages for maxima, no rectifiers, and weights all alike."""
    import copy

    plain = copy.deepcopy(backbone)
    for parent in list(plain.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, torch.nn.ReLU):
                setattr(parent, name, torch.nn.Identity())
            elif isinstance(child, torch.nn.MaxPool2d):
                pool = torch.nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                setattr(parent, name, pool)
            elif isinstance(child, torch.nn.Conv2d):
                torch.nn.init.constant_(child.weight, 1 / child.weight[0].numel())
    return plain
