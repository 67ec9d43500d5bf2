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

"""Who wins, by the rule that doc/faithfulness.md states."""

import numpy as np
import pytest

from attention_mapper_ros.attention.curves import Curves
from attention_mapper_ros.faithfulness.removal import Removal
from attention_mapper_ros.faithfulness.verdict import standings, verdict

FRACTIONS = np.linspace(0, 1, 3)
EPISODES = list(range(12))


def removal(centre=0.0, **middles):
    """Return curves whose score is the given number: all rise from 0 to 2 and fall again."""
    return Removal(
        {
            order: tuple(
                Curves(FRACTIONS, np.array([0, 1 + of, 2]), np.array([2, 1 - of, 0]))
                for of in 2 * np.broadcast_to(middle, len(EPISODES))
            )
            for order, middle in {**middles, 'centre': centre}.items()
        }
    )


NOISE = np.tile([0.2, -0.2], 6)


def test_score_is_the_difference_of_areas_over_the_whole_change():
    found = removal(random=0.0, raw=0.3)
    assert found.full_change == 2.0
    np.testing.assert_allclose(found.scores('raw'), 0.3)
    np.testing.assert_allclose(found.scores('random'), 0.0)


def test_best_mean_wins_and_says_by_how_much():
    found = verdict(removal(random=0.0, raw=0.1, rollout=0.4), ('raw', 'rollout'), EPISODES)
    assert found.winner == 'rollout'
    assert found.ties == ()
    assert 'rollout wins: its score is 0.300' in found.sentence
    assert 'above that of raw' in found.sentence


def test_raw_may_win():
    found = verdict(removal(random=0.0, raw=0.4, rollout=0.1), ('raw', 'rollout'), EPISODES)
    assert found.sentence.startswith('raw wins')


def test_difference_that_may_be_none_is_a_tie_and_is_named():
    found = verdict(
        removal(random=0.0, raw=0.1, rollout=0.4, gradient=0.39 + NOISE),
        ('raw', 'rollout', 'gradient'),
        EPISODES,
    )
    assert found.winner == 'rollout'
    assert found.ties == ('gradient',)
    assert 'in a tie with gradient' in found.sentence


def test_method_that_chance_may_beat_does_not_win():
    found = verdict(removal(random=0.0, raw=0.01 + NOISE), ('raw',), EPISODES)
    assert not found.better_than_chance
    assert found.sentence.startswith('No method wins')


@pytest.mark.parametrize(
    ('centre', 'said'), [(0.9, 'does better still'), (0.4 + NOISE, 'may do as well')]
)
def test_it_is_said_when_a_winner_is_no_better_than_the_middle_of_the_picture(centre, said):
    found = verdict(removal(random=0.0, raw=0.4, centre=centre), ('raw',), EPISODES)
    assert said in found.sentence
    ahead = verdict(removal(random=0.0, raw=0.4), ('raw',), EPISODES)
    assert 'middle' not in ahead.sentence


def test_what_is_no_candidate_cannot_win():
    found = verdict(removal(random=0.0, raw=0.1, occlusion=0.5), ('raw',), EPISODES)
    assert found.winner == 'raw'
    assert found.lead == {}


def test_nothing_can_win_without_candidates():
    with pytest.raises(ValueError, match='nothing can win'):
        verdict(removal(random=0.0), (), EPISODES)


def test_standings_are_best_first_and_paired_with_chance():
    shaken = removal(centre=0.05, random=NOISE, raw=0.1 + NOISE, rollout=0.3 + NOISE)
    found = standings(shaken, EPISODES)
    assert [each.order for each in found] == ['rollout', 'raw', 'centre', 'random']
    raw = found[1]
    assert raw.score.low < 0.1 < raw.score.high  # the noise that all share
    assert raw.gain.low == pytest.approx(0.1)  # is gone in the difference
    assert raw.gain.high == pytest.approx(0.1)
