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

"""The actions are LeRobot's own but for rounding, whatever is asked about the attention."""

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest
from stock_lerobot import StockLeRobot

from attention_mapper_ros.attention.request import AttentionRequest, Baseline, METHODS
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.act_checkpoint import load_act
from attention_mapper_ros.policies.adapter import Observation, PolicyError

SELECTIONS = (Selection(), Selection(queries_executed=8), Selection(heads=3, queries=7))
REQUESTS = [AttentionRequest(method, each) for method in METHODS for each in SELECTIONS]


def assert_equal_within_rounding(actions, expected):
    """Measure against the range of the actions, far below what a motor can tell apart."""
    span = max(float(np.ptp(expected)), float(np.abs(expected).max()))
    np.testing.assert_allclose(actions, expected, rtol=0, atol=1e-5 * span)


@pytest.mark.parametrize(
    'arguments',
    [
        {},
        {'cameras': {'top': (65, 97)}, 'state': 7, 'actions': 3, 'n_decoder_layers': 2},
        {'state': 0, 'cameras': {'front': (64, 96), 'side': (96, 64)}, 'use_vae': True},
        {'state': 1, 'actions': 1, 'chunk': 1, 'cameras': {'front': (64, 64)}},
        {'environment': 4, 'cameras': {'front': (64, 64)}},
        {'environment': 4, 'cameras': {}},
        {'normalization_mapping': {'VISUAL': 'IDENTITY', 'STATE': 'MIN_MAX', 'ACTION': 'MIN_MAX'}},
    ],
    ids=[
        'plain',
        'two decoder layers',
        'no state',
        'one joint',
        'environment',
        'no camera',
        'min max',
    ],
)
def test_chunk_is_what_select_action_hands_out(tmp_path, arguments):
    from lerobot.configs.types import NormalizationMode

    if mapping := arguments.get('normalization_mapping'):
        modes = {kind: NormalizationMode(mode) for kind, mode in mapping.items()}
        arguments = {**arguments, 'normalization_mapping': modes}
    folder = make_act_checkpoint(tmp_path / 'policy', **arguments)
    adapter, stock = ActAdapter.load(folder, 'cpu'), StockLeRobot(folder)
    for seed in range(2):
        observation = random_observation(adapter.spec, seed)
        actions = adapter.infer(observation, None).actions
        assert actions.dtype == np.float32
        assert actions.shape == (adapter.spec.chunk_size, adapter.spec.action_size)
        expected = np.stack([stock.select_action(observation) for _ in actions])
        assert_equal_within_rounding(actions, expected)


def test_actions_are_bitwise_equal_with_and_without_raw_attention(adapter):
    observation = random_observation(adapter.spec)
    plain = adapter.infer(observation, None)
    assert plain.attention is None
    assert plain.request is None
    for selection in SELECTIONS:
        request = AttentionRequest('raw', selection, head_weights=False)
        captured = adapter.infer(observation, request)
        np.testing.assert_array_equal(captured.actions, plain.actions)
        assert captured.request == request


@pytest.mark.parametrize('request_', REQUESTS, ids=str)
def test_no_method_changes_the_actions(adapter, request_):
    observation = random_observation(adapter.spec)
    plain = adapter.infer(observation, None)
    captured = adapter.infer(observation, request_)
    assert_equal_within_rounding(captured.actions, plain.actions)


def test_actions_are_handed_out_before_attention_is_worked_out(adapter):
    observation = random_observation(adapter.spec)
    handed = []
    request = AttentionRequest('gradient', baseline=Baseline('mean'))
    inference = adapter.infer(observation, request, lambda *given: handed.append(given))
    ((actions, seconds),) = handed
    np.testing.assert_array_equal(actions, inference.actions)
    assert seconds == inference.forward_s


def test_a_batch_gives_what_each_observation_gives_alone(adapter):
    observations = [random_observation(adapter.spec, seed) for seed in range(3)]
    for method in METHODS:
        request = AttentionRequest(method, Selection(queries_executed=8), Baseline('blank'))
        batch = adapter.infer_batch(observations, request)
        for observation, inference in zip(observations, batch, strict=True):
            alone = adapter.infer(observation, request)
            assert_equal_within_rounding(inference.actions, alone.actions)
            np.testing.assert_allclose(inference.attention, alone.attention, atol=1e-5)
    assert adapter.infer_batch([], None) == ()
    assert adapter.predict([]).shape == (0, 8, 6)
    expected = np.stack([adapter.infer(each, None).actions for each in observations])
    assert_equal_within_rounding(adapter.predict(observations), expected)


def test_bfloat16_stays_close_and_says_how_close(checkpoint, adapter, monkeypatch):
    # A processor that would have to imitate it gives the same numbers, slowly.
    monkeypatch.setattr('attention_mapper_ros.policies.device._has_bfloat16', lambda _device: True)
    half = ActAdapter.load(checkpoint, 'cpu', 'bfloat16')
    observation = random_observation(adapter.spec)
    expected = adapter.infer(observation, None).actions
    difference = np.abs(half.infer(observation, REQUESTS[0]).actions - expected).max()
    assert 0 < difference < 0.05 * np.ptp(expected)
    assert 0 < half.precision_error < 0.1
    assert adapter.precision_error == 0.0
    for request in REQUESTS:
        assert half.infer(observation, request).attention.sum() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize('precision', ['float16', 'int8', ''])
def test_precision_that_nobody_knows_is_refused(checkpoint, precision):
    with pytest.raises(PolicyError, match='choose float32 or bfloat16'):
        ActAdapter.load(checkpoint, 'cpu', precision)


def test_precision_that_the_hardware_lacks_is_refused(checkpoint, monkeypatch):
    monkeypatch.setattr('attention_mapper_ros.policies.device._has_bfloat16', lambda device: False)
    with pytest.raises(PolicyError, match=r"'bfloat16' is not supported by device 'cpu'.*float32"):
        ActAdapter.load(checkpoint, 'cpu', 'bfloat16')


def test_a_lerobot_that_computes_otherwise_is_found_out_at_loading(checkpoint):
    policy, preprocess, postprocess = load_act(checkpoint, 'cpu')
    layer = policy.model.encoder.layers[0]
    # What a future version might do: one more normalisation at the end of a layer.
    layer.register_forward_hook(lambda _m, _i, out: out * 1.01)
    with pytest.raises(PolicyError, match=r"differ from LeRobot's own by .* install one of those"):
        ActAdapter(policy, preprocess, postprocess, 'changed')


def test_pre_processor_of_ones_own_is_run_as_it_is(checkpoint, adapter):
    from lerobot.processor import ObservationProcessorStep

    class Mirrored(ObservationProcessorStep):
        def observation(self, observation):
            return {
                name: value.flip(-1) if 'images' in name else value
                for name, value in observation.items()
            }

        def transform_features(self, features):
            return features

    policy, preprocess, postprocess = load_act(checkpoint, 'cpu')
    preprocess.steps = [*preprocess.steps, Mirrored()]
    mirrored = ActAdapter(policy, preprocess, postprocess, 'mirrored')
    observation = random_observation(adapter.spec)
    seen = {name: image[:, ::-1].copy() for name, image in observation.images.items()}
    assert_equal_within_rounding(
        mirrored.infer(observation, None).actions,
        adapter.infer(Observation(seen, observation.state), None).actions,
    )


def test_observation_is_not_written_to_and_may_be_read_only(adapter):
    observation = random_observation(adapter.spec)
    before = {name: image.copy() for name, image in observation.images.items()}
    for image in observation.images.values():
        image.flags.writeable = False
    observation.state.flags.writeable = False
    adapter.infer(observation, None)
    for name, image in observation.images.items():
        np.testing.assert_array_equal(image, before[name])


def test_views_with_strides_give_the_same_actions(adapter):
    observation = random_observation(adapter.spec)
    bgr = {name: image[..., ::-1].copy() for name, image in observation.images.items()}
    views = {name: image[..., ::-1] for name, image in bgr.items()}
    np.testing.assert_array_equal(
        adapter.infer(Observation(views, observation.state), None).actions,
        adapter.infer(observation, None).actions,
    )


def test_a_post_processor_of_ones_own_gets_one_action_at_a_time(checkpoint, adapter):
    from lerobot.processor import PolicyActionProcessorStep

    shapes = []

    class Sorted(PolicyActionProcessorStep):
        def action(self, action):
            shapes.append(tuple(action.shape))
            return action.sort(dim=-1).values

        def transform_features(self, features):
            return features

    policy, preprocess, postprocess = load_act(checkpoint, 'cpu')
    postprocess.steps = [*postprocess.steps, Sorted()]
    custom = ActAdapter(policy, preprocess, postprocess, 'custom')
    observation = random_observation(adapter.spec)
    expected = np.sort(adapter.infer(observation, None).actions, axis=1)
    np.testing.assert_array_equal(custom.infer(observation, None).actions, expected)
    assert shapes == [(1, 6)] * 8


def test_forward_time_is_measured(adapter):
    inference = adapter.infer(random_observation(adapter.spec), None)
    assert 0 < inference.forward_s < 60


@pytest.mark.needs_gpu
def test_cuda_gives_the_same_actions_and_attention_as_the_cpu(checkpoint, adapter):
    cuda = ActAdapter.load(checkpoint, 'cuda')
    observation = random_observation(adapter.spec)
    for request in REQUESTS:
        on_cpu, on_gpu = adapter.infer(observation, request), cuda.infer(observation, request)
        # TF32 convolutions, torch's default, keep three decimal digits.
        np.testing.assert_allclose(on_gpu.actions, on_cpu.actions, rtol=2e-2, atol=0.5)
        np.testing.assert_allclose(on_gpu.attention, on_cpu.attention, atol=1e-2)
        assert on_gpu.attention.sum() == pytest.approx(1.0, abs=1e-5)
