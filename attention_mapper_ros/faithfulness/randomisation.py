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

"""
Whether a map changes when the policy forgets what it learned.

Cascading randomisation (Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018): the
weights are drawn anew from the output to the input, one part after the other. A map that stays
as it was shows the picture, or the network's shape, but not what was learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.agreement import rank_correlation
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.faithfulness.explanation import Explanation
from attention_mapper_ros.faithfulness.sample import Sample, Score, Track, untracked
from attention_mapper_ros.policies.adapter import PolicyAdapter


@dataclass(frozen=True)
class Randomisation:
    """
    ``correlation``: explanation to (stage, frame), rank correlation with the trained map.

    The mean over the draws. ``stages``: what has been drawn anew by then, besides all stages
    before; the first is nothing, where the correlation is 1 by definition.
    """

    stages: tuple[str, ...]
    correlation: Mapping[str, NDArray[np.float64]]


def randomise(
    adapter: PolicyAdapter,
    explanations: Sequence[Explanation],
    samples: Sequence[Sample],
    maps: Sequence[Mapping[str, AttentionMaps]],
    score: Score,
    draws: int,
    seed: int = 0,
    track: Track = untracked,
) -> Randomisation:
    """
    Compare the maps of ever more randomised copies with ``maps``, those of the policy.

    ``draws``: networks for every stage, because how much a map changes depends on the draw.
    Without samples nothing is drawn, and the only stage is the policy as it is.
    """
    stages = adapter.weight_stages if samples else ()
    each = {e.name: np.ones((len(stages) + 1, draws, len(samples))) for e in explanations}
    places = [(stage, draw) for stage in range(1, len(stages) + 1) for draw in range(draws)]
    for stage, draw in track(places, 'weight randomisation'):
        copy = adapter.randomised(stage, seed + draw)
        try:
            for explanation in explanations:
                for number, sample in enumerate(samples):
                    found = explanation.maps(copy, sample, score)
                    each[explanation.name][stage, draw, number] = rank_correlation(
                        maps[number][explanation.name], found
                    )
        finally:
            copy.close()
    return Randomisation(
        ('nothing', *stages), {name: values.mean(axis=1) for name, values in each.items()}
    )
