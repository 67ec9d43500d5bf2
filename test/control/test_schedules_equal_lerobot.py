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

"""The schedules against LeRobot's own select_action, action by action, with capture on."""

from act_checkpoints import make_act_checkpoint, random_observation
from lerobot.configs.policies import PreTrainedConfig
from lerobot.policies.act.modeling_act import ACTPolicy
from lerobot.policies.factory import make_pre_post_processors
import numpy as np
import pytest
import torch

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.schedule import make_schedule
from attention_mapper_ros.policies.registry import load_policy

TICKS = 20  # several chunks
FORWARD_S = 0.01
COEFF = 0.05
ROUNDING = 1e-5  # of the range of the actions


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return make_act_checkpoint(
        tmp_path_factory.mktemp('policy'), cameras={'front': (64, 96)}, chunk=6, n_action_steps=4
    )


@pytest.fixture(scope='module')
def adapter(checkpoint):
    adapter = load_policy(checkpoint, 'cpu')
    yield adapter
    adapter.close()


@pytest.fixture(scope='module')
def observations(adapter):
    return [random_observation(adapter.spec, seed=tick) for tick in range(TICKS)]


def lerobot_actions(checkpoint, observations, temporal_ensemble_coeff=None) -> np.ndarray:
    """Run LeRobot's own loop: preprocess, select_action, postprocess; (tick, action)."""
    config = PreTrainedConfig.from_pretrained(checkpoint)
    config.pretrained_backbone_weights = None
    if temporal_ensemble_coeff is not None:
        config.temporal_ensemble_coeff = temporal_ensemble_coeff
        config.n_action_steps = 1
    policy = ACTPolicy.from_pretrained(checkpoint, config=config)
    policy.eval()
    preprocess, postprocess = make_pre_post_processors(config, pretrained_path=str(checkpoint))
    policy.reset()
    actions = []
    for observation in observations:
        batch = {
            name: torch.from_numpy(image).permute(2, 0, 1).float() / 255
            for name, image in observation.images.items()
        }
        batch['observation.state'] = torch.from_numpy(observation.state)
        with torch.inference_mode():
            actions.append(postprocess(policy.select_action(preprocess(batch)))[0].numpy())
    return np.stack(actions)


def our_actions(adapter, observations, schedule: str, action_steps: int) -> np.ndarray:
    """Run the way of a tick with a forward on every one, its attention captured."""
    pacer = ActionPacer(
        make_schedule(schedule, adapter.spec.chunk_size, action_steps, COEFF), 0.1, enabled=True
    )
    actions = []
    for observation in observations:
        position, plan = pacer.position, pacer.plan
        action = pacer.tick(accepted=True)
        selection = Selection(queries_executed=action_steps)
        inference = adapter.infer(observation, AttentionRequest(selection=selection))
        assert inference.attention.sum() == pytest.approx(1.0, abs=1e-5)
        delivered = pacer.deliver(inference.actions, position, plan, FORWARD_S)
        assert (action is None) != (delivered is None)
        actions.append((action or delivered).values)
    return np.stack(actions)


def test_queue_gives_the_actions_of_select_action(checkpoint, adapter, observations):
    ours = our_actions(adapter, observations, 'queue', adapter.spec.action_steps)
    theirs = lerobot_actions(checkpoint, observations)
    assert len(np.unique(theirs, axis=0)) == TICKS
    # The schedule hands out what the forward gives, which equals LeRobot's but for rounding.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING * np.ptp(theirs))


def test_ensemble_gives_the_actions_of_temporal_ensembling(checkpoint, adapter, observations):
    ours = our_actions(adapter, observations, 'ensemble', adapter.spec.action_steps)
    theirs = lerobot_actions(checkpoint, observations, temporal_ensemble_coeff=COEFF)
    # Averaged in robot units instead of normalised ones: equal but for rounding.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING * np.ptp(theirs))


def test_latest_gives_the_first_action_of_every_chunk(adapter, observations):
    ours = our_actions(adapter, observations, 'latest', 1)
    firsts = [adapter.infer(observation, None).actions[0] for observation in observations]
    np.testing.assert_array_equal(ours, np.stack(firsts))
