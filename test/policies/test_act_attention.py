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

"""The attention is what the model computed, laid out as the model laid it out."""

from act_checkpoints import random_observation
import numpy as np
import pytest
import torch

from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.adapter import Observation

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'


@pytest.fixture(scope='module')
def deep(load):
    """Two decoder layers, two cameras of different odd sizes, state and environment."""
    return load(
        cameras={'wrist': (97, 65), 'front': (64, 129)},
        state=3,
        environment=2,
        n_decoder_layers=2,
    )


def hook_count(adapter) -> int:
    modules = adapter._policy.modules()
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in modules)


def returned_weights(adapter, observation, layer: int) -> torch.Tensor:
    """Return what MultiheadAttention itself returns, (query, token), by a hook of our own."""
    returned = []
    module = adapter._policy.model.decoder.layers[layer].multihead_attn
    handle = module.register_forward_hook(lambda _m, _i, output: returned.append(output[1]))
    try:
        adapter.infer(observation, None)
    finally:
        handle.remove()
    return returned[0][0]


def test_layout_names_every_token_in_the_order_of_the_model(adapter, deep):
    groups = [(g.name, g.start, g.stop) for g in adapter.layout.groups]
    assert groups == [('latent', 0, 1), ('joints', 1, 2), (FRONT, 2, 14), (WRIST, 14, 26)]
    groups = [(g.name, g.size) for g in deep.layout.groups]
    assert groups == [
        ('latent', 1),
        ('joints', 1),
        ('environment', 1),
        (WRIST, 4 * 3),
        (FRONT, 2 * 5),
    ]


def test_cameras_stay_in_the_order_of_the_checkpoint(deep):
    assert [image.name for image in deep.spec.images] == [WRIST, FRONT]
    assert [camera.feature for camera in deep.layout.cameras] == [WRIST, FRONT]


def test_attention_equals_the_weights_that_the_module_returns(adapter):
    observation = random_observation(adapter.spec)
    returned = returned_weights(adapter, observation, -1)
    for query in range(adapter.spec.chunk_size):
        attention = adapter.infer(observation, Selection(query=query)).attention
        np.testing.assert_array_equal(attention, returned[query].numpy())
    executed = adapter.infer(observation, Selection(queries_executed=5)).attention
    np.testing.assert_allclose(executed, returned[:5].mean(dim=0), rtol=1e-6)


def test_each_layer_can_be_chosen(deep):
    observation = random_observation(deep.spec)
    for layer in (0, 1, -1, -2):
        returned = returned_weights(deep, observation, layer)
        attention = deep.infer(observation, Selection(layer=layer, query=4)).attention
        np.testing.assert_array_equal(attention, returned[4].numpy())


def test_heads_average_to_the_mean_of_heads(deep):
    observation = random_observation(deep.spec)
    heads = [deep.infer(observation, Selection(head=head)).attention for head in range(4)]
    mean = deep.infer(observation, Selection()).attention
    np.testing.assert_allclose(np.mean(heads, axis=0), mean, rtol=1e-5)
    assert np.abs(heads[0] - heads[1]).max() > 1e-4


def test_heads_equal_the_softmax_of_queries_and_keys(adapter):
    """The definition, computed from the module's inputs and weights."""
    observation = random_observation(adapter.spec)
    module = adapter._policy.model.decoder.layers[-1].multihead_attn
    inputs = []
    handle = module.register_forward_pre_hook(
        lambda _m, _args, kwargs: inputs.append(kwargs), with_kwargs=True
    )
    attention = adapter.infer(observation, Selection(head=2, query=3)).attention
    handle.remove()
    size = module.head_dim
    with torch.no_grad():
        q_weight, k_weight, _ = module.in_proj_weight.chunk(3)
        q_bias, k_bias, _ = module.in_proj_bias.chunk(3)
        head = slice(2 * size, 3 * size)
        query = (inputs[0]['query'][3, 0] @ q_weight.T + q_bias)[head]  # (channel,)
        key = (inputs[0]['key'][:, 0] @ k_weight.T + k_bias)[:, head]  # (token, channel)
        expected = (key @ query / size**0.5).softmax(dim=0)
    np.testing.assert_allclose(attention, expected, rtol=1e-4)


@pytest.mark.parametrize('seed', range(3))
def test_attention_and_shares_sum_to_one(adapter, deep, seed):
    for policy in (adapter, deep):
        inference = policy.infer(random_observation(policy.spec, seed), Selection())
        assert inference.attention.dtype == np.float32
        assert inference.attention.shape == (policy.layout.size,)
        assert inference.attention.min() >= 0
        assert inference.attention.sum() == pytest.approx(1.0, abs=1e-5)
        maps = fold(inference.attention, inference.layout, 'raw', str(inference.selection))
        assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-5)
        assert set(maps.shares) == {group.name for group in policy.layout.groups}


def test_share_of_every_group_is_the_sum_over_its_tokens(deep):
    inference = deep.infer(random_observation(deep.spec), Selection())
    shares = fold(inference.attention, inference.layout, 'raw', '').shares
    tokens = inference.attention
    assert shares['latent'] == pytest.approx(tokens[0])
    assert shares['joints'] == pytest.approx(tokens[1])
    assert shares['environment'] == pytest.approx(tokens[2])
    assert shares[WRIST] == pytest.approx(tokens[3:15].sum())
    assert shares[FRONT] == pytest.approx(tokens[15:25].sum())


def test_swapping_the_pictures_of_two_cameras_swaps_their_maps(load):
    from lerobot.configs.types import NormalizationMode

    # Statistics are per camera: with them, a swapped picture is another picture.
    adapter = load(normalization_mapping={'VISUAL': NormalizationMode.IDENTITY})
    observation = random_observation(adapter.spec)
    observation.images[FRONT][30:60, 40:90] = 255
    swapped = Observation(
        {FRONT: observation.images[WRIST], WRIST: observation.images[FRONT]}, observation.state
    )
    maps, swapped_maps = (
        fold(inference.attention, inference.layout, 'raw', '').cameras
        for inference in (adapter.infer(o, Selection()) for o in (observation, swapped))
    )
    np.testing.assert_allclose(swapped_maps[FRONT], maps[WRIST], rtol=1e-4)
    np.testing.assert_allclose(swapped_maps[WRIST], maps[FRONT], rtol=1e-4)
    assert np.abs(maps[FRONT] - maps[WRIST]).max() > 1e-3


def test_policies_without_state_or_cameras_have_no_such_tokens(load):
    blind = load(cameras={}, environment=4)
    stateless = load(cameras={'front': (64, 64)}, state=0)
    assert [g.name for g in blind.layout.groups] == ['latent', 'joints', 'environment']
    assert [g.name for g in stateless.layout.groups] == ['latent', FRONT]
    for policy in (blind, stateless):
        inference = policy.infer(random_observation(policy.spec), Selection(head=1))
        maps = fold(inference.attention, inference.layout, 'raw', '')
        assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-5)
        assert set(maps.cameras) == {image.name for image in policy.spec.images}


def test_dilated_resnet50_has_a_finer_grid(load):
    cameras = {'front': (64, 96)}
    policy = load(
        cameras=cameras, vision_backbone='resnet50', replace_final_stride_with_dilation=True
    )
    (camera,) = policy.layout.cameras
    assert (camera.geometry.rows, camera.geometry.cols) == (4, 6)
    assert camera.geometry.centre(1, 1) == (16.0, 16.0)
    inference = policy.infer(random_observation(policy.spec), Selection())
    assert inference.attention.shape == (2 + 24,)


@pytest.mark.parametrize('selection', [None, Selection(), Selection(head=1)])
def test_backbone_runs_once_per_camera_and_tick(adapter, selection):
    calls = []
    handle = adapter._policy.model.backbone.register_forward_hook(lambda *_: calls.append(1))
    for _ in range(3):
        adapter.infer(random_observation(adapter.spec), selection)
    handle.remove()
    assert len(calls) == 3 * len(adapter.spec.images)


def test_hooks_are_released_after_every_inference(adapter):
    for selection in (None, Selection(), Selection(head=0)):
        adapter.infer(random_observation(adapter.spec), selection)
        assert hook_count(adapter) == 0


def test_hooks_are_released_when_the_model_fails(adapter):
    def fail(*_):
        raise ZeroDivisionError

    handle = adapter._policy.model.action_head.register_forward_hook(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            adapter.infer(random_observation(adapter.spec), Selection(head=0))
    finally:
        handle.remove()
    assert hook_count(adapter) == 0
    assert adapter.infer(random_observation(adapter.spec), Selection()).attention is not None


def test_selection_outside_the_policy_is_refused_before_any_forward(adapter):
    calls = []
    handle = adapter._policy.register_forward_pre_hook(lambda *_: calls.append(1))
    for selection, valid in (
        (Selection(layer=1), '-1 to 0'),
        (Selection(head=4), '0 to 3'),
        (Selection(query=8), '0 to 7'),
        (Selection(queries_executed=9), '1 to 8'),
    ):
        with pytest.raises(ValueError, match=valid):
            adapter.check_selection(selection)
        with pytest.raises(ValueError, match=valid):
            adapter.infer(random_observation(adapter.spec), selection)
    handle.remove()
    assert not calls


def test_a_model_compiled_after_loading_is_told_and_not_shown_blank(load):
    policy = load(cameras={'front': (64, 64)})
    observation = random_observation(policy.spec)
    policy._policy.model.decoder.compile(backend='eager')
    policy.infer(observation, None)
    # Hooks that come after the first compiled call never fire.
    with pytest.raises(RuntimeError, match='fired 0 times'):
        policy.infer(observation, Selection())
    assert hook_count(policy) == 0
