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
Episodes against other episodes: the failures against the rest, a task against the others.

Shares over the whole episode and over each third of it, entropy, and how long the episode is. All
intervals of one contrast hold together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.simultaneous import LEVEL
from attention_mapper_ros.reports.comparison import (
    compare_groups,
    compare_paired,
    Comparison,
    Quantity,
    Unit,
)
from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.phase import phase_profile
from attention_mapper_ros.reports.words import group_words

THIRDS = ('in the first third', 'in the middle third', 'in the last third')


def contrast(
    first: Sequence[EpisodeTrend], second: Sequence[EpisodeTrend], families: int = 1
) -> Comparison:
    """
    Compare episodes with others, first minus second.

    ``families``: of how many such contrasts this is one; all of them then hold together.

    Raises ValueError for fewer than three in either.
    """
    level = 1 - (1 - LEVEL) / families  # Bonferroni
    return compare_groups(quantities(first[0]), measured(first), measured(second), level)


def paired_contrast(first: Sequence[EpisodeTrend], second: Sequence[EpisodeTrend]) -> Comparison:
    """
    Compare the same episodes as two policies see them, first minus second.

    Raises ValueError for fewer than three.
    """
    return compare_paired(quantities(first[0]), measured(first), measured(second))


def quantities(episode: EpisodeTrend) -> list[Quantity]:
    """Return what is compared, in the order of ``measured``."""
    summary = episode.summary
    cameras = [camera.name for camera in summary.cameras]
    named = [(group, group_words(group, cameras)) for group in summary.groups]
    return [
        *(Quantity(words, Unit.SHARE, group) for group, words in named),
        *(Quantity(words, Unit.SHARE, group, third) for third in THIRDS for group, words in named),
        Quantity('entropy', Unit.ENTROPY),
        Quantity('length', Unit.STEPS),
    ]


def measured(episodes: Sequence[EpisodeTrend]) -> NDArray[np.float64]:
    """Return the quantities of each episode, (episode, quantity)."""
    return np.stack(
        [
            np.concatenate(
                [
                    episode.shares.mean(axis=0),
                    phase_profile(episode.shares, len(THIRDS)).reshape(-1),
                    [episode.entropy[:, 0].mean(), len(episode.time_s)],
                ]
            )
            for episode in episodes
        ]
    )
