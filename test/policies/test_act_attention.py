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

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest
from stock_lerobot import StockLeRobot
import torch

from attention_mapper_ros.attention.request import AttentionRequest, Baseline, METHODS
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.act_checkpoint import load_act
from attention_mapper_ros.policies.adapter import Observation, PolicyError

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'


# Two decoder layers, two cameras of different odd sizes, state and environment.
DEEP = {
    'cameras': {'wrist': (97, 65), 'front': (64, 129)},
    'state': 3,
    'environment': 2,
    'n_decoder_layers': 2,
}


@pytest.fixture(scope='module')
def deep_checkpoint(tmp_path_factory):
    return make_act_checkpoint(tmp_path_factory.mktemp('deep'), **DEEP)


@pytest.fixture(scope='module')
def deep(deep_checkpoint):
    return ActAdapter.load(deep_checkpoint, 'cpu')


@pytest.fixture(scope='module')
def stock(deep_checkpoint):
    return StockLeRobot(deep_checkpoint)


def attention(adapter, observation, method='raw', **selection) -> np.ndarray:
    """Return (token,)."""
    request = AttentionRequest(method, Selection(**selection))
    return adapter.infer(observation, request).attention


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


@pytest.mark.parametrize('module', ['decoder_cross', 'encoder_self'])
def test_every_layer_head_and_query_is_what_lerobots_module_returns(deep, stock, module):
    observation = random_observation(deep.spec)
    layers, heads, queries = deep.attention_shape[module]
    returned = stock.weights(observation)
    for layer in range(layers):
        expected = returned[module, layer]  # (head, query, token)
        assert expected.shape == (heads, queries, deep.layout.size)
        for head, query in ((0, 0), (heads - 1, queries - 1), (1, 4)):
            found = attention(
                deep, observation, module=module, layers=layer, heads=head, queries=query
            )
            np.testing.assert_allclose(found, expected[head, query], rtol=1e-4, atol=1e-6)


def test_reductions_are_those_of_the_returned_weights(deep, stock):
    observation = random_observation(deep.spec)
    returned = stock.weights(observation)
    cross = torch.stack([returned['decoder_cross', layer] for layer in range(2)])[:, :, :5]
    encoder = returned['encoder_self', 1]
    most = cross[1].amax(dim=0).mean(dim=0)
    highest = cross[1].mean(dim=0).amax(dim=0)
    everything = cross.amax(dim=(0, 1, 2))
    cases = [
        ({}, cross[1].mean(dim=(0, 1))),
        ({'layers': 'mean'}, cross.mean(dim=(0, 1, 2))),
        (
            {'layers': (0, 1), 'heads': (1, 3), 'queries': (0, 2)},
            cross[:, [1, 3]][:, :, [0, 2]].mean(dim=(0, 1, 2)),
        ),
        ({'heads': 'max'}, most / most.sum()),
        ({'queries': 'max'}, highest / highest.sum()),
        ({'layers': 'max', 'heads': 'max', 'queries': 'max'}, everything / everything.sum()),
        ({'module': 'encoder_self', 'layers': 1}, encoder.mean(dim=(0, 1))),
        ({'module': 'encoder_self', 'layers': 1, 'queries': -1}, encoder[:, -1].mean(dim=0)),
    ]
    for selection, expected in cases:
        found = attention(deep, observation, queries_executed=5, **selection)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6, err_msg=str(selection))


def test_long_sequences_come_in_blocks_and_are_the_same(tmp_path):
    """A grid of more cells than the forward's block of queries."""
    cameras = {'a': (320, 320), 'b': (512, 320)}
    folder = make_act_checkpoint(tmp_path, cameras=cameras, n_encoder_layers=1)
    adapter, stock = ActAdapter.load(folder, 'cpu'), StockLeRobot(folder)
    assert adapter.layout.size > 256
    observation = random_observation(adapter.spec)
    returned = stock.weights(observation)['encoder_self', 0]
    request = AttentionRequest('raw', Selection(module='encoder_self', heads=1), head_weights=True)
    inference = adapter.infer(observation, request)
    np.testing.assert_allclose(inference.attention, returned[1].mean(dim=0), rtol=1e-4, atol=1e-6)
    kept = inference.head_weights['encoder_self'][0]
    np.testing.assert_allclose(kept, returned.mean(dim=1), rtol=1e-4, atol=1e-6)


def test_weights_of_every_head_come_along_when_asked_for(deep, stock):
    observation = random_observation(deep.spec)
    returned = stock.weights(observation)
    for method in METHODS:
        request = AttentionRequest(method, Selection(queries_executed=3), head_weights=True)
        weights = deep.infer(observation, request).head_weights
        assert set(weights) == {'encoder_self', 'decoder_cross'}
        for layer in range(2):
            np.testing.assert_allclose(
                weights['encoder_self'][layer],
                returned['encoder_self', layer].mean(dim=1),
                rtol=1e-4,
                atol=1e-6,
            )
            np.testing.assert_allclose(
                weights['decoder_cross'][layer],
                returned['decoder_cross', layer][:, :3].mean(dim=1),
                rtol=1e-4,
                atol=1e-6,
            )
    assert deep.infer(observation, AttentionRequest()).head_weights is None


@pytest.mark.parametrize('seed', range(3))
def test_attention_and_shares_sum_to_one(adapter, deep, seed):
    for policy in (adapter, deep):
        inference = policy.infer(random_observation(policy.spec, seed), AttentionRequest())
        assert inference.attention.dtype == np.float32
        assert inference.attention.shape == (policy.layout.size,)
        assert inference.attention.min() >= 0
        assert inference.attention.sum() == pytest.approx(1.0, abs=1e-5)
        maps = inference.maps()
        assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-5)
        assert set(maps.shares) == {group.name for group in policy.layout.groups}


def test_share_of_every_group_is_the_sum_over_its_tokens(deep):
    inference = deep.infer(random_observation(deep.spec), AttentionRequest())
    shares = inference.maps().shares
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
        adapter.infer(each, AttentionRequest()).maps().cameras for each in (observation, swapped)
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
        inference = policy.infer(
            random_observation(policy.spec), AttentionRequest(selection=Selection(heads=1))
        )
        maps = inference.maps()
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
    inference = policy.infer(random_observation(policy.spec), AttentionRequest())
    assert inference.attention.shape == (2 + 24,)


@pytest.mark.parametrize('request_', [None, *(AttentionRequest(m) for m in METHODS)], ids=str)
def test_backbone_sees_each_picture_once_per_tick(adapter, request_):
    pictures = []
    first = adapter._forward.backbone.stages.conv1
    handle = first.register_forward_hook(lambda _m, inputs, _o: pictures.append(len(inputs[0])))
    for _ in range(3):
        adapter.infer(random_observation(adapter.spec), request_)
    handle.remove()
    assert sum(pictures) == 3 * len(adapter.spec.images)


@pytest.mark.parametrize('picture', ['blank', 'mean'])
def test_the_baseline_is_computed_once_and_belongs_to_the_request(adapter, picture):
    fresh = adapter.randomised(0, seed=0)  # nothing computed yet
    forwards = []
    handle = fresh._forward.register_forward_hook(lambda *_: forwards.append(1))
    observation = random_observation(fresh.spec)
    for _ in range(3):
        fresh.infer(observation, AttentionRequest(baseline=Baseline(picture)))
    assert len(forwards) == 3 + 1
    fresh.infer(observation, AttentionRequest(baseline=Baseline(picture, 'divide')))
    assert len(forwards) == 5
    fresh.infer(observation, AttentionRequest('rollout', baseline=Baseline(picture)))
    assert len(forwards) == 5 + 2
    handle.remove()


def test_maps_say_what_one_of_them_stands_for(adapter):
    observation = random_observation(adapter.spec)
    for method, quantity in (('raw', 'attention'), ('gradient', 'relevance')):
        maps = adapter.infer(observation, AttentionRequest(method)).maps()
        assert maps.scale.quantity == quantity
        cells = [camera.size for camera in maps.cameras.values()]
        whole = sum(camera.sum() for camera in maps.cameras.values()) * maps.scale.one
        assert whole == pytest.approx(sum(maps.shares[name] for name in maps.cameras), abs=1e-5)
        assert sum(cells) == 24
        assert maps.method == method
    with pytest.raises(ValueError, match='carries no attention'):
        adapter.infer(observation, None).maps()


def test_request_outside_the_policy_is_refused_before_any_forward(adapter):
    calls = []
    handle = adapter._forward.register_forward_pre_hook(lambda *_: calls.append(1))
    gradient = Selection(queries_executed=8)
    for request, valid in (
        (AttentionRequest('raw', Selection(layers=1)), '-1 to 0'),
        (AttentionRequest('rollout', Selection(heads=4)), '-4 to 3'),
        (AttentionRequest('gradient', Selection(queries=(0, 8))), '-8 to 7'),
        (AttentionRequest('raw', Selection(queries_executed=9)), '1 to 8'),
        (AttentionRequest('raw', Selection(module='encoder_self', layers=7)), '-2 to 1'),
        (AttentionRequest('raw', Selection(module='decoder_self')), 'decoder_cross'),
        (AttentionRequest('raw', Selection(module='conv1')), 'decoder_cross'),
        (AttentionRequest('gradient', gradient, target=6), '0 to 5'),
        (AttentionRequest('raw', target=1), "choose method 'gradient'"),
    ):
        with pytest.raises(ValueError, match=valid):
            adapter.check_request(request)
        with pytest.raises(ValueError, match=valid):
            adapter.infer(random_observation(adapter.spec), request)
    handle.remove()
    assert not calls


def test_a_compiled_model_is_refused(checkpoint):
    for compiled in ('model.decoder', 'model.backbone', 'model'):
        policy, preprocess, postprocess = load_act(checkpoint, 'cpu')
        policy.get_submodule(compiled).compile(backend='eager')
        with pytest.raises(
            PolicyError, match=rf'compiled .module {compiled}.*without torch.compile'
        ):
            ActAdapter(policy, preprocess, postprocess, 'compiled')


def test_knocking_out_tokens_is_what_lerobot_computes_with_a_key_mask(deep, stock):
    observation = random_observation(deep.spec)
    tokens = np.zeros((4, deep.layout.size), dtype=np.bool_)
    for variant, camera in enumerate(deep.layout.cameras):
        tokens[variant, camera.start : camera.stop] = True
    tokens[2, [0, 1]] = True
    actions = deep.knock_out(observation, tokens)
    for variant, masked in enumerate(torch.from_numpy(tokens)):
        np.testing.assert_allclose(
            actions[variant], masked_by_lerobot(stock, observation, masked), atol=1e-3
        )
    np.testing.assert_allclose(actions[3], deep.infer(observation, None).actions, atol=1e-3)
    assert np.abs(actions[0] - actions[3]).max() > 1e-2


def masked_by_lerobot(stock, observation, masked: torch.Tensor) -> np.ndarray:
    """Give every attention that looks at the encoder's tokens a key padding mask."""

    def mask(_module, args, kwargs):
        return args, {**kwargs, 'key_padding_mask': masked[None]}

    model = stock.policy.model
    looking = [layer.self_attn for layer in model.encoder.layers]
    looking += [layer.multihead_attn for layer in model.decoder.layers]
    handles = [each.register_forward_pre_hook(mask, with_kwargs=True) for each in looking]
    try:
        return stock.chunk(observation)
    finally:
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize(
    ('tokens', 'reason'),
    [
        (np.zeros((1, 5), dtype=np.bool_), 'shape'),
        (np.zeros((1, 26), dtype=np.float32), 'type float32'),
        (np.ones((1, 26), dtype=np.bool_), 'leave each at least one token'),
        (np.zeros((0, 26), dtype=np.bool_), 'at least one variant'),
    ],
)
def test_a_knock_out_that_means_nothing_is_refused(adapter, tokens, reason):
    with pytest.raises(ValueError, match=reason):
        adapter.knock_out(random_observation(adapter.spec), tokens)


def test_randomising_changes_the_copy_alone_and_stage_by_stage(adapter):
    observation = random_observation(adapter.spec)
    request = AttentionRequest('rollout')
    before = adapter.infer(observation, request)
    head = adapter.randomised(1, seed=1).infer(observation, request)
    np.testing.assert_allclose(
        head.attention, before.attention, rtol=1e-4, atol=1e-6
    )  # attention is before it
    assert np.abs(head.actions - before.actions).max() > 1e-2
    everything = adapter.randomised(len(adapter.weight_stages), seed=1)
    assert np.abs(everything.infer(observation, request).attention - before.attention).max() > 1e-4
    np.testing.assert_array_equal(adapter.infer(observation, request).actions, before.actions)
    again = adapter.randomised(1, seed=1).infer(observation, request).actions
    np.testing.assert_array_equal(again, head.actions)
    with pytest.raises(ValueError, match=f'choose 0 to {len(adapter.weight_stages)}'):
        adapter.randomised(len(adapter.weight_stages) + 1, seed=1)


def test_a_model_wrapped_by_torch_compile_is_refused(checkpoint):
    policy, preprocess, postprocess = load_act(checkpoint, 'cpu')
    policy.model = torch.compile(policy.model)
    with pytest.raises(PolicyError, match=r'compiled.*load it without torch\.compile'):
        ActAdapter(policy, preprocess, postprocess, 'compiled')
