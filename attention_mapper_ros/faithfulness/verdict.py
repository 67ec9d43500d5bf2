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

"""Which method wins, by a rule that was fixed before the numbers were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attention_mapper_ros.attention.confidence import (
    bootstrap_difference,
    bootstrap_mean,
    Interval,
)
from attention_mapper_ros.faithfulness.removal import CENTRE, RANDOM, Removal


@dataclass(frozen=True)
class Standing:
    """
    How one order of cells did, over all frames; each an interval of the mean.

    Areas in units of the action. ``score``: deletion minus insertion area over the change of
    wholly blurred pictures. ``gain``: the score minus that of random order on the same frames.
    """

    order: str
    deletion: Interval
    insertion: Interval
    score: Interval
    gain: Interval


@dataclass(frozen=True)
class Verdict:
    """
    ``winner``: the candidate with the best mean score. ``lead``: what it is ahead of every other.

    ``ties``: the candidates that it is not ahead of for sure: the interval of the paired
    difference holds 0. ``over_chance``, ``over_centre``: what the winner is ahead of random
    order, and of the order from the middle of the picture outwards.
    """

    winner: str
    lead: dict[str, Interval]
    ties: tuple[str, ...]
    over_chance: Interval
    over_centre: Interval

    @property
    def better_than_chance(self) -> bool:
        """Whether the winner is ahead of random order for sure."""
        return self.over_chance.low > 0

    @property
    def sentence(self) -> str:
        """Say who wins, and whether it takes a map at all."""
        if not self.better_than_chance:
            return (
                f'No method wins: {self.winner} has the best mean, and it is no better than '
                'blurring cells in random order.'
            )
        return self._who_wins + self._and_the_centre

    @property
    def _and_the_centre(self) -> str:
        if self.over_centre.low > 0:
            return ''
        how = 'does better still' if self.over_centre.high < 0 else 'may do as well'
        return f' The middle of the picture first, which needs no map, {how}.'

    @property
    def _who_wins(self) -> str:
        if self.ties:
            *others, last = self.ties
            tied = f'{", ".join(others)} and {last}' if others else last
            return (
                f'{self.winner} has the best mean, in a tie with {tied}: the 95 % interval of the '
                'difference holds 0.'
            )
        if not self.lead:
            return f'{self.winner} is better than random order; no other method was tried.'
        runner_up = min(self.lead, key=lambda name: self.lead[name].mean)
        ahead = self.lead[runner_up]
        return (
            f'{self.winner} wins: its score is {ahead.mean:.3f} (95 % interval {ahead.low:.3f} '
            f'to {ahead.high:.3f}) above that of {runner_up}, the next.'
        )


def standings(removal: Removal, episodes: Sequence[int], seed: int = 0) -> list[Standing]:
    """
    Return how every order did, best first.

    ``episodes``: the episode of each frame; intervals are drawn over episodes. Raises ValueError
    for frames of fewer than three episodes.
    """
    chance = removal.scores(RANDOM)
    found = []
    for order in removal.curves:
        deletion, insertion = removal.areas(order)
        scores = removal.scores(order)
        found.append(
            Standing(
                order,
                bootstrap_mean(deletion, episodes, _rng(seed)),
                bootstrap_mean(insertion, episodes, _rng(seed)),
                bootstrap_mean(scores, episodes, _rng(seed)),
                bootstrap_difference(scores, chance, episodes, _rng(seed)),
            )
        )
    return sorted(found, key=lambda standing: -standing.score.mean)


def verdict(
    removal: Removal, candidates: Sequence[str], episodes: Sequence[int], seed: int = 0
) -> Verdict:
    """
    Name the winner among the candidates, the methods that the policy node can draw.

    Raises ValueError without candidates and for frames of fewer than three episodes.
    """
    if not candidates:
        raise ValueError('no method was tried that the policy node can draw: nothing can win')
    scores = {name: removal.scores(name) for name in candidates}
    winner = max(candidates, key=lambda name: float(scores[name].mean()))
    lead = {
        name: bootstrap_difference(scores[winner], scores[name], episodes, _rng(seed))
        for name in candidates
        if name != winner
    }
    over = {
        order: bootstrap_difference(scores[winner], removal.scores(order), episodes, _rng(seed))
        for order in (RANDOM, CENTRE)
    }
    return Verdict(
        winner=winner,
        lead=lead,
        ties=tuple(name for name, ahead in lead.items() if ahead.low <= 0),
        over_chance=over[RANDOM],
        over_centre=over[CENTRE],
    )


def _rng(seed: int) -> np.random.Generator:
    """Return the same draws for every interval, so that none is lucky."""
    return np.random.default_rng(seed)
