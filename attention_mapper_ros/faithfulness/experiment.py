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

"""The whole experiment: every method, every test, on one policy and one set of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attention_mapper_ros.attention.confidence import MINIMUM_CLUSTERS
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.faithfulness.explanation import Explanation, maps_of
from attention_mapper_ros.faithfulness.knock_out import knock_out, KnockOut
from attention_mapper_ros.faithfulness.pointing import point, Pointing
from attention_mapper_ros.faithfulness.randomisation import Randomisation, randomise
from attention_mapper_ros.faithfulness.removal import Removal, remove
from attention_mapper_ros.faithfulness.sample import Sample, Score, Track, untracked
from attention_mapper_ros.policies.adapter import PolicyAdapter


@dataclass(frozen=True)
class Settings:
    """
    What is asked of the experiment.

    ``steps``: parts in which the cells are blurred. ``randomised_frames``: so many of the frames
    go through weight randomisation, which runs every method but occlusion on every randomised
    network: occlusion asks a network for nothing but its answers, and would take the most time.
    ``draws``: randomised networks of every stage.
    ``classes``: names of the numbers in ``Sample.classes``, the target first; empty without truth.
    """

    score: Score
    steps: int = 20
    seed: int = 0
    randomised_frames: int = 8
    draws: int = 3
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """
    Everything that came out, frame by frame; ``summary.summarise`` makes means of it.

    ``randomised``: places in the samples of the frames that went through weight randomisation.
    ``pointing`` is empty where the truth is not known.
    """

    maps: Sequence[Mapping[str, AttentionMaps]]
    removal: Removal
    randomisation: Randomisation
    randomised: Sequence[int]
    pointing: Sequence[Pointing]
    knock_out: KnockOut


def check_frames(episodes: Sequence[int]) -> None:
    """Raise ValueError for frames of too few episodes to say how sure a number is."""
    if len(set(episodes)) < MINIMUM_CLUSTERS:
        raise ValueError(
            f'{len(episodes)} frames come from {len(set(episodes))} episodes: a confidence '
            f'interval needs {MINIMUM_CLUSTERS} or more; ask for more frames, or of more episodes'
        )


def experiment(
    adapter: PolicyAdapter,
    explanations: Sequence[Explanation],
    samples: Sequence[Sample],
    settings: Settings,
    track: Track = untracked,
) -> Findings:
    """
    Run every test on every explanation.

    Raises ValueError for frames of fewer than three episodes and for more steps than cells.
    """
    check_frames([sample.episode for sample in samples])
    score, seed = settings.score, settings.seed
    maps = maps_of(explanations, adapter, samples, score, track)
    chosen = _evenly(len(samples), settings.randomised_frames)
    return Findings(
        maps=maps,
        removal=remove(adapter, samples, maps, score, settings.steps, seed, track),
        randomisation=randomise(
            adapter,
            [each for each in explanations if each.live],
            [samples[number] for number in chosen],
            [maps[number] for number in chosen],
            score,
            settings.draws,
            seed,
            track,
        ),
        randomised=chosen,
        pointing=point(samples, maps, settings.classes) if settings.classes else [],
        knock_out=knock_out(adapter, samples, score, track),
    )


def _evenly(count: int, wanted: int) -> list[int]:
    """Return so many numbers below ``count``, evenly spaced; all if there are no more."""
    taken = min(count, wanted)
    return [number * count // taken for number in range(taken)]
