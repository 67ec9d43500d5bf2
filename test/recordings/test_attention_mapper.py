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

"""A LeRobot policy that says at every call where it looked."""

from itertools import pairwise

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest
from stock_lerobot import StockLeRobot
import torch

from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings import AttentionMapper, AttentionOptions

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return make_act_checkpoint(tmp_path_factory.mktemp('policy') / 'act', n_action_steps=4)


@pytest.fixture(scope='module')
def observations(checkpoint):
    adapter = load_policy(checkpoint, 'cpu')
    made = [random_observation(adapter.spec, seed) for seed in range(10)]
    adapter.close()
    return made


@pytest.mark.parametrize('wrapped', [False, True], ids=['checkpoint', 'policy'])
def test_actions_are_lerobots_and_every_call_has_maps(checkpoint, observations, wrapped):
    stock = StockLeRobot(checkpoint)
    mapper = (
        AttentionMapper(stock.policy, stock.preprocess, stock.postprocess)
        if wrapped
        else AttentionMapper(checkpoint, device='cpu')
    )
    seen = []
    for observation in observations:
        action, maps = mapper.select_action(observation)
        np.testing.assert_allclose(action, stock.select_action(observation), rtol=1e-4, atol=1e-3)
        assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-4)
        seen.append(maps.cameras[FRONT])
    assert all(not np.array_equal(a, b) for a, b in pairwise(seen))


def test_ensembling_checkpoint_ensembles(tmp_path, observations):
    folder = make_act_checkpoint(tmp_path / 'p', temporal_ensemble_coeff=0.01, n_action_steps=1)
    stock, mapper = StockLeRobot(folder), AttentionMapper(folder, device='cpu')
    for observation in observations:
        action, _ = mapper.select_action(observation)
        np.testing.assert_allclose(action, stock.select_action(observation), rtol=1e-3, atol=1e-2)


def test_wrapped_policy_stays_as_it_was(checkpoint, observations):
    stock = StockLeRobot(checkpoint)
    before = {name: value.clone() for name, value in stock.policy.state_dict().items()}
    expected = stock.chunk(observations[0])
    mapper = AttentionMapper(stock.policy, stock.preprocess, stock.postprocess)
    mapper.select_action(observations[0])
    np.testing.assert_array_equal(stock.chunk(observations[0]), expected)
    for name, value in stock.policy.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_reset_begins_a_new_chunk(checkpoint, observations):
    mapper = AttentionMapper(checkpoint, device='cpu')
    first, _ = mapper.select_action(observations[0])
    second, _ = mapper.select_action(observations[0])
    assert not np.array_equal(first, second)
    mapper.reset()
    np.testing.assert_array_equal(mapper.select_action(observations[0])[0], first)


def test_observation_may_be_lerobots_dictionary(checkpoint, observations):
    mapper = AttentionMapper(checkpoint, device='cpu')
    expected, maps = mapper.select_action(observations[0])
    images = observations[0].images
    tensors = {
        name: torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        for name, image in images.items()
    }
    state = observations[0].state
    for given in (
        {**images, 'observation.state': state},
        {**tensors, 'observation.state': torch.from_numpy(state)[None], 'task': ['none']},
    ):
        mapper.reset()
        action, same = mapper.select_action(given)
        np.testing.assert_array_equal(action, expected)
        np.testing.assert_array_equal(same.cameras[WRIST], maps.cameras[WRIST])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({FRONT: None}, 'lacks observation.images.front'),
        ({FRONT: np.zeros((2, 96, 128, 3), np.uint8)}, 'batch of 2'),
        ({FRONT: np.zeros((96, 128), np.uint8)}, r'shape \(96, 128\)'),
        ({FRONT: np.full((3, 96, 128), 200.0)}, 'values from 0 to 200'),
        ({FRONT: np.zeros((3, 96, 128), np.int32)}, 'type int32'),
        ({FRONT: np.zeros((48, 64, 3), np.uint8)}, 'shape'),
        ({'observation.state': np.zeros(3)}, 'observation.state'),
    ],
)
def test_observation_that_does_not_fit_is_refused_by_its_name(
    checkpoint, observations, change, message
):
    mapper = AttentionMapper(checkpoint, device='cpu')
    given = {**observations[0].images, 'observation.state': observations[0].state, **change}
    with pytest.raises(ValueError, match=message):
        mapper.select_action({name: value for name, value in given.items() if value is not None})


def test_pictures_have_the_overlay_of_every_camera(checkpoint, observations):
    mapper = AttentionMapper(checkpoint, device='cpu')
    _, maps = mapper.select_action(observations[0])
    pictures = mapper.draw(observations[0], maps, 'step 0')
    assert set(pictures) == {'front', 'wrist'}
    assert all(picture.dtype == np.uint8 for picture in pictures.values())
    assert not np.array_equal(pictures['front'], pictures['wrist'])


def test_policy_without_its_processors_is_refused(checkpoint):
    with pytest.raises(PolicyError, match='comes without its processors'):
        AttentionMapper(StockLeRobot(checkpoint).policy)


def test_what_is_no_policy_is_refused():
    with pytest.raises(PolicyError, match='int is no LeRobot policy'):
        AttentionMapper(3)


def test_attention_can_be_chosen_with_a_target_by_name(checkpoint, observations):
    names = ('pan', 'lift', 'elbow', 'flex', 'roll', 'grip')
    chosen = AttentionOptions(method='gradient', target='elbow', layer='0')
    mapper = AttentionMapper(checkpoint, attention=chosen, action_names=names, device='cpu')
    assert mapper.request.target == 2
    _, maps = mapper.select_action(observations[0])
    assert maps.scale.quantity == 'relevance'
