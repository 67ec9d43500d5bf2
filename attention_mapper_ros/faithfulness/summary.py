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

"""Means and their 95 % intervals, drawn over episodes, of what the experiment found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.confidence import (
    bootstrap_mean,
    Interval,
    MINIMUM_CLUSTERS,
)
from attention_mapper_ros.faithfulness.experiment import Findings
from attention_mapper_ros.faithfulness.pointing import Pointing
from attention_mapper_ros.faithfulness.verdict import Standing, standings, Verdict, verdict


@dataclass(frozen=True)
class Aim:
    """
    How often a peak lies on one class: in the very cell, within one cell, and by chance.

    Intervals are None where fewer than three episodes show the target.
    """

    in_cell: Interval | None
    within_one_cell: Interval | None
    chance_in_cell: float | None
    chance_within_one_cell: float | None


@dataclass(frozen=True)
class PointingSummary:
    """One explanation in one camera; only frames that show the target count."""

    explanation: str
    camera: str
    frames_with_target: int
    frames_without_target: int
    classes: Mapping[str, Aim]


@dataclass(frozen=True)
class Summary:
    """
    What a table or a figure shows.

    ``standings``: best first. ``correlation``: explanation to one interval per stage of weight
    randomisation. ``knock_out``: what was masked to the change of the action.
    """

    standings: Sequence[Standing]
    verdict: Verdict
    stages: Sequence[str]
    correlation: Mapping[str, Sequence[Interval | None]]
    pointing: Sequence[PointingSummary]
    knock_out: Mapping[str, Interval | None]


def summarise(
    findings: Findings, candidates: Sequence[str], episodes: Sequence[int], seed: int = 0
) -> Summary:
    """
    Summarise over the frames, whose ``episodes`` are given.

    ``candidates``: the explanations that may win. Raises ValueError when there are none.
    """
    of_randomised = [episodes[number] for number in findings.randomised]
    return Summary(
        standings=standings(findings.removal, episodes, seed),
        verdict=verdict(findings.removal, candidates, episodes, seed),
        stages=findings.randomisation.stages,
        correlation={
            name: [_interval(stage, of_randomised, seed) for stage in stages]
            for name, stages in findings.randomisation.correlation.items()
        },
        pointing=[_pointing(each, episodes, seed) for each in findings.pointing],
        knock_out={
            name: _interval(change, episodes, seed)
            for name, change in findings.knock_out.change.items()
        },
    )


def _pointing(each: Pointing, episodes: Sequence[int], seed: int) -> PointingSummary:
    of_frames = [episodes[number] for number in each.frames]
    return PointingSummary(
        explanation=each.explanation,
        camera=each.camera,
        frames_with_target=len(of_frames),
        frames_without_target=len(episodes) - len(of_frames),
        classes={
            name: Aim(
                _interval(each.hits[name].astype(np.float64), of_frames, seed),
                _interval(each.near[name].astype(np.float64), of_frames, seed),
                _mean(each.chance_hits[name]),
                _mean(each.chance_near[name]),
            )
            for name in each.hits
        },
    )


def _interval(values: NDArray[np.float64], episodes: Sequence[int], seed: int) -> Interval | None:
    if len(set(episodes)) < MINIMUM_CLUSTERS:
        return None
    return bootstrap_mean(values, episodes, np.random.default_rng(seed))


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None
