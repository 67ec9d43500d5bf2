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

"""The shipped checkpoint: small, portable, and it finds the red cube."""

from __future__ import annotations

import json
import re

import pytest
from safetensors.torch import load_file
import torch

from attention_mapper_ros.sim import evaluation
from attention_mapper_ros.sim.evaluation import (
    CHECKPOINT,
    evaluate,
    NEAR_M,
    Outcome,
    PolicyRunner,
    score,
    wilson_interval,
)
from attention_mapper_ros.sim.export import folder_bytes, LARGEST_BYTES

EPISODES = 5
TICKS = 30  # 3 s; the slowest of 50 episodes took 2.5 s to come near


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')


def test_the_checkpoint_is_small_enough_to_ship():
    assert folder_bytes(CHECKPOINT) <= LARGEST_BYTES


def test_no_file_of_the_checkpoint_names_a_machine_or_a_hub():
    for file in CHECKPOINT.glob('*.json'):
        text = file.read_text(encoding='utf-8')
        assert not re.search(r'"/|https?:|file:', text), file.name
    config = json.loads((CHECKPOINT / 'config.json').read_text(encoding='utf-8'))
    assert config['repo_id'] is None
    assert config['pretrained_backbone_weights'] is None


def test_lerobot_loads_exactly_the_shipped_weights():
    from lerobot.policies.act.modeling_act import ACTPolicy

    policy = ACTPolicy.from_pretrained(CHECKPOINT, strict=True)
    shipped = load_file(CHECKPOINT / 'model.safetensors')
    loaded = policy.state_dict()
    assert loaded.keys() == shipped.keys()
    for name, weight in shipped.items():
        assert loaded[name].dtype == torch.float32
        assert torch.equal(loaded[name], weight.float()), name


def test_the_processors_bring_the_statistics_of_the_dataset():
    stats = load_file(next(CHECKPOINT.glob('policy_preprocessor*.safetensors')))
    for key in ('observation.state', 'action', 'observation.images.front'):
        assert torch.isfinite(stats[f'{key}.mean']).all()
        assert (stats[f'{key}.std'] > 1e-3).all()


def test_the_shipped_policy_reaches_the_cube():
    outcomes = evaluate(PolicyRunner.load(CHECKPOINT), EPISODES, ticks=TICKS)
    assert score(outcomes, NEAR_M).successes >= 4


def test_an_untrained_policy_does_not():
    outcomes = evaluate(PolicyRunner.untrained(), 3, ticks=TICKS)
    assert score(outcomes, NEAR_M).successes <= 1


def test_a_score_counts_where_the_gripper_is_at_the_end():
    outcomes = [
        Outcome(seed=1, final_m=0.029, closest_m=0.01, reached_s=1.0),
        Outcome(seed=2, final_m=0.031, closest_m=0.01, reached_s=1.0),
    ]
    result = score(outcomes, NEAR_M)
    assert (result.successes, result.episodes, result.share) == (1, 2, 0.5)


def test_wilson_interval_matches_known_values():
    low, high = wilson_interval(50, 50)
    assert (low, high) == (pytest.approx(0.9287, abs=1e-3), pytest.approx(1.0))
    low, high = wilson_interval(5, 50)
    assert (low, high) == (pytest.approx(0.0435, abs=1e-3), pytest.approx(0.2136, abs=1e-3))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--policy', '/nonexistent'], 'policy /nonexistent has no config.json; name a LeRobot'),
        (['--episodes', '0'], '--episodes is 0; it must be 1 or more'),
        (['--seed', '3'], '--seed is 3; it must be 1000000 or more'),
        (['--action-steps', '99'], 'action steps is 99; the chunk of'),
    ],
)
def test_bad_requests_are_refused_with_the_remedy(arguments, message, capsys):
    assert evaluation.main(arguments) == 2
    assert message in capsys.readouterr().err
