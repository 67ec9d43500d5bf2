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

"""Which moments of a recording to look at: few, but spread over all its episodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

# Its multiples fill the unit interval evenly however many are taken (Weyl's sequence), so the
# phases of neighbouring episodes differ.
_GOLDEN = 0.6180339887498949


def spread(lengths: Mapping[int, int], count: int) -> list[tuple[int, int]]:
    """
    Return ``count`` different places, (episode, index in the episode), in order.

    ``lengths``: frames of every episode. Every episode gives the same number of frames, give or
    take one; with fewer frames than episodes, evenly spaced ones give one each. The phase within
    the episode varies from episode to episode. Deterministic. Raises ValueError, naming the
    valid range, when there are not that many frames.
    """
    total = sum(lengths.values())
    if not 1 <= count <= total:
        raise ValueError(
            f'{count} frames were asked for, {len(lengths)} episodes hold {total}: '
            f'choose 1 to {total}'
        )
    places = []
    for number, (episode, share) in enumerate(sorted(_shares(lengths, count).items())):
        offset = (0.5 + number * _GOLDEN) % 1.0
        step = lengths[episode] / share
        places += [(episode, int((part + offset) * step)) for part in range(share)]
    return places


def _shares(lengths: Mapping[int, int], count: int) -> Counter[int]:
    """Return how many frames each chosen episode gives; none more than it has."""
    shares: Counter[int] = Counter()
    while count:
        open_episodes = [
            episode for episode in sorted(lengths) if shares[episode] < lengths[episode]
        ]
        turns = min(count, len(open_episodes))
        shares.update(open_episodes[turn * len(open_episodes) // turns] for turn in range(turns))
        count -= turns
    return shares
