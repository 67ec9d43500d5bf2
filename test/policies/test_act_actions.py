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

"""The actions are LeRobot's own, to the last bit, whatever is captured beside them."""

from pathlib import Path

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest
import torch

from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.adapter import Observation

EVERYTHING = (Selection(), Selection(queries_executed=8), Selection(head=3, query=7))


class StockLeRobot:
    """The same checkpoint, loaded and run with LeRobot's functions only."""

    def __init__(self, folder: Path) -> None:
        from lerobot.configs.policies import PreTrainedConfig
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors

        config = PreTrainedConfig.from_pretrained(folder)
        self.policy = ACTPolicy.from_pretrained(folder, config=config)
        self.preprocess, self.postprocess = make_pre_post_processors(
            config, pretrained_path=str(folder)
        )

    def select_action(self, observation: Observation) -> np.ndarray:
        """Return the next action (action,), as ``predict_action`` of LeRobot does."""
        from lerobot.policies.utils import prepare_observation_for_inference

        arrays = {**observation.images, 'observation.state': observation.state}
        if observation.environment is not None:
            arrays['observation.environment_state'] = observation.environment
        with torch.inference_mode():
            batch = prepare_observation_for_inference(arrays, torch.device('cpu'))
            action = self.postprocess(self.policy.select_action(self.preprocess(batch)))
        return action[0].numpy()


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
        actions = adapter.infer(observation, Selection()).actions
        assert actions.dtype == np.float32
        assert actions.shape == (adapter.spec.chunk_size, adapter.spec.action_size)
        for action in actions:
            np.testing.assert_array_equal(action, stock.select_action(observation))


def test_actions_are_bitwise_equal_with_and_without_capture(adapter):
    observation = random_observation(adapter.spec)
    plain = adapter.infer(observation, None)
    assert plain.attention is None
    assert plain.selection is None
    for selection in EVERYTHING:
        captured = adapter.infer(observation, selection)
        np.testing.assert_array_equal(captured.actions, plain.actions)
        assert captured.selection == selection


def test_lerobots_action_queue_is_never_touched(adapter):
    adapter._policy.reset()
    adapter.infer(random_observation(adapter.spec), Selection())
    assert len(adapter._policy._action_queue) == 0


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

    other = ActAdapter.load(checkpoint, 'cpu')
    other._postprocessor.steps = [*other._postprocessor.steps, Sorted()]
    custom = ActAdapter(other._policy, other._preprocessor, other._postprocessor, 'custom')
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
    for selection in EVERYTHING:
        on_cpu, on_gpu = adapter.infer(observation, selection), cuda.infer(observation, selection)
        # TF32 convolutions, torch's default, keep three decimal digits.
        np.testing.assert_allclose(on_gpu.actions, on_cpu.actions, rtol=2e-2, atol=0.5)
        np.testing.assert_allclose(on_gpu.attention, on_cpu.attention, atol=1e-3)
        assert on_gpu.attention.sum() == pytest.approx(1.0, abs=1e-5)
    plain = cuda.infer(observation, None)
    np.testing.assert_array_equal(plain.actions, cuda.infer(observation, EVERYTHING[0]).actions)
