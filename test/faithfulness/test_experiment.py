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

"""The whole experiment on a policy with a known answer: it must find the method that tells it."""

from dataclasses import replace
import json

import numpy as np
from planted_policy import FRONT, WRIST
import pytest

from attention_mapper_ros.faithfulness.experiment import experiment, Settings
from attention_mapper_ros.faithfulness.record import record
from attention_mapper_ros.faithfulness.summary import summarise

LIVE = ('raw', 'rollout', 'gradient', 'rollout - mean')


@pytest.fixture(scope='module')
def summary(findings, samples):
    return summarise(findings, LIVE, [sample.episode for sample in samples])


def standing(summary, order):
    return next(each for each in summary.standings if each.order == order)


def test_verdict_names_a_method_that_follows_the_detour(summary):
    assert summary.verdict.winner in ('rollout', 'gradient', 'rollout - mean')
    assert summary.verdict.better_than_chance
    assert 'raw' not in summary.verdict.ties
    assert summary.verdict.sentence.startswith(summary.verdict.winner)


def test_raw_which_looks_beside_it_is_behind_for_sure(summary):
    assert summary.verdict.lead['raw'].low > 0


def test_occlusion_is_compared_and_cannot_win(summary):
    assert standing(summary, 'occlusion').gain.low > 0
    assert 'occlusion' not in summary.verdict.lead
    assert summary.verdict.winner != 'occlusion'


def test_random_order_knows_nothing(summary):
    assert abs(standing(summary, 'random').score.mean) < 0.25
    assert standing(summary, 'random').gain.mean == 0


def test_peaks_of_rollout_lie_on_the_target_and_those_of_raw_do_not(summary):
    hits = {each.explanation: each.classes for each in summary.pointing if each.camera == FRONT}
    assert hits['rollout']['target'].within_one_cell.mean == 1.0
    assert hits['occlusion']['target'].within_one_cell.mean == 1.0
    assert hits['raw']['target'].in_cell.mean <= 0.5


def test_camera_that_never_shows_the_target_does_not_count(summary):
    wrist = [each for each in summary.pointing if each.camera == WRIST]
    assert all(each.frames_with_target == 0 for each in wrist)
    assert all(each.frames_without_target == 4 for each in wrist)
    assert all(each.classes['target'].in_cell is None for each in wrist)


def test_masking_what_the_policy_reads_changes_the_action_and_nothing_else_does(summary):
    change = {name: interval.mean for name, interval in summary.knock_out.items()}
    assert change[FRONT] > 10 * max(change['joints'], change[WRIST], 1e-6)
    assert change['all cameras'] >= 0.5 * change[FRONT]


def test_untouched_weights_give_the_same_map(findings):
    for name in LIVE:
        np.testing.assert_array_equal(findings.randomisation.correlation[name][0], 1.0)
    assert set(findings.randomisation.correlation) == set(LIVE)  # occlusion needs no such test


def test_forgotten_weights_give_another_map(findings, adapter):
    stages = findings.randomisation.stages
    assert stages == ('nothing', *adapter.weight_stages)
    assert findings.randomisation.correlation['rollout'][-1].mean() < 0.9


def test_record_is_strict_json_with_the_areas_of_every_frame(
    findings, summary, explanations, samples
):
    text = json.dumps(record(findings, summary, explanations, samples), allow_nan=False)
    read = json.loads(text)
    for order in (*LIVE, 'occlusion', 'random', 'centre'):
        assert len(read['removal']['orders'][order]['deletion_area']) == len(samples)
    assert [frame['episode'] for frame in read['frames']] == [0, 1, 2, 3]
    assert read['sentence'] == summary.verdict.sentence
    shares = read['frames'][0]['shares']['rollout']
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)


def test_frames_of_two_episodes_are_too_few(adapter, explanations, samples, score):
    few = [replace(sample, episode=sample.episode % 2) for sample in samples]
    with pytest.raises(ValueError, match=r'4 frames come from 2 episodes.* 3 or more'):
        experiment(adapter, explanations, few, Settings(score))


def test_weight_randomisation_can_be_left_out(adapter, explanations, samples, score):
    settings = Settings(score, steps=1, randomised_frames=0)
    found = experiment(adapter, explanations[:1], samples, settings)
    assert found.randomisation.stages == ('nothing',)
    assert found.pointing == []


def test_only_the_target_of_the_action_counts_when_one_is_named(adapter, samples, score):
    actions = np.zeros((2, adapter.spec.chunk_size, adapter.spec.action_size), np.float32)
    actions[1, :, 1] = 7
    assert replace(score, target=1).cut(actions).max() == 7
    assert replace(score, target=2).cut(actions).max() == 0
    assert replace(score, executed=2).cut(actions).shape == (2, 2, adapter.spec.action_size)
