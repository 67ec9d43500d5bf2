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

"""The gradients behind the relevance are exact: three ways to the same numbers."""

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest
from stock_lerobot import StockLeRobot
import torch

from attention_mapper_ros.attention.capture import Capture
from attention_mapper_ros.attention.gradient import (
    action_scalar,
    begin_graph,
    relevance,
    relevant_attention,
)
from attention_mapper_ros.attention.places import Place
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act import ActAdapter


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return make_act_checkpoint(
        tmp_path_factory.mktemp('gradient'), cameras={'front': (64, 96)}, n_decoder_layers=2
    )


@pytest.fixture(scope='module')
def adapter(checkpoint):
    return ActAdapter.load(checkpoint, 'cpu')


@pytest.fixture(scope='module')
def stock(checkpoint):
    return StockLeRobot(checkpoint)


@pytest.mark.parametrize('target', [None, 3])
def test_relevance_equals_the_one_computed_from_lerobots_own_forward(adapter, stock, target):
    """Work dA out by hand from gradients at the output of LeRobot's modules."""
    observation = random_observation(adapter.spec)
    selection = Selection(queries_executed=3)
    found = stock.weights_and_gradients(
        observation, lambda actions: action_scalar(actions[None], selection, target).sum()
    )
    relevant = {
        place: relevant_attention(weights[None], change[None], 'mean')
        for place, (weights, change) in found.items()
    }
    layers = relevance(
        [relevant['encoder_self', i] for i in range(2)],
        [relevant['decoder_self', i] for i in range(2)],
        [relevant['decoder_cross', i] for i in range(2)],
    )
    tokens = layers[-1][0, :3].mean(dim=0)
    request = AttentionRequest('gradient', selection, target=target)
    attention = adapter.infer(observation, request).attention
    np.testing.assert_allclose(attention, tokens / tokens.sum(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    'place', [Place('encoder_self', 0), Place('encoder_self', 1), Place('decoder_cross', 1)]
)
def test_gradient_equals_finite_differences(adapter, place):
    """Push one weight of one attention a little and see what the action does."""
    forward = adapter._forward.double()
    forward.forget_constants()
    try:
        inputs = adapter._preparation.prepare([random_observation(adapter.spec)])
        with torch.no_grad():
            grids = forward.image_grids(inputs.images)
            tokens, positions = forward.tokens(grids, inputs.state.double(), None)

        def scalar(keep) -> torch.Tensor:
            actions = forward.actions(tokens, positions, Capture({place: keep}))
            return action_scalar(actions, Selection(queries_executed=4), 2).sum()

        kept = []

        def keep_all(weights):
            kept.append(begin_graph(weights))
            return weights

        (change,) = torch.autograd.grad(scalar(keep_all), kept)
        step = 1e-4
        for index in ((0, 0, 0, 0), (0, 2, 1, 5), (0, 3, 3, 7)):

            def push(weights, index=index, sign=1.0):
                with torch.no_grad():
                    weights[index] += sign * step
                return weights

            with torch.no_grad():
                up = scalar(push)
                down = scalar(lambda weights, index=index: push(weights, index, -1.0))
            measured = float((up - down) / (2 * step))
            assert measured == pytest.approx(float(change[index]), rel=1e-5, abs=1e-9)
    finally:
        adapter._forward.float()
        adapter._forward.forget_constants()


def test_what_moves_one_joint_is_not_what_moves_another(adapter):
    observation = random_observation(adapter.spec)
    selection = Selection(queries_executed=8)
    maps = [
        adapter.infer(observation, AttentionRequest('gradient', selection, target=joint)).attention
        for joint in range(adapter.spec.action_size)
    ]
    assert np.abs(maps[0] - maps[1]).max() > 1e-3


def test_the_policys_parameters_get_no_gradients(adapter):
    adapter.infer(random_observation(adapter.spec), AttentionRequest('gradient'))
    assert all(
        parameter.grad is None and not parameter.requires_grad
        for parameter in adapter._forward.parameters()
    )
