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

"""What of a summary goes into the figure, in the figure's own terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attention_mapper_ros.attention.confidence import Interval
from attention_mapper_ros.cli.faithfulness_table import short
from attention_mapper_ros.faithfulness.removal import Removal
from attention_mapper_ros.faithfulness.summary import Aim, PointingSummary, Summary
from attention_mapper_ros.rendering.faithfulness_figure import Bar, FaithfulnessFigure, Peaks


def picture(
    summary: Summary, removal: Removal, candidates: Sequence[str], unit: str, subtitle: str
) -> FaithfulnessFigure:
    """Return what is drawn; ``candidates`` are the methods that may win."""
    orders = [standing.order for standing in summary.standings]
    curves = {order: removal.curves[order] for order in orders}
    return FaithfulnessFigure(
        title=summary.verdict.sentence,
        subtitle=subtitle,
        unit=unit,
        scores=[_bar(standing.order, standing.score) for standing in summary.standings],
        references=[order for order in orders if order not in candidates],
        winner=summary.verdict.winner,
        fractions=curves[orders[0]][0].fractions,
        deletion={name: np.mean([c.deletion for c in each], 0) for name, each in curves.items()},
        insertion={name: np.mean([c.insertion for c in each], 0) for name, each in curves.items()},
        stages=summary.stages,
        correlation={
            name: [_bar(name, stage).mean for stage in stages]
            for name, stages in summary.correlation.items()
        },
        peaks=_peaks(summary.pointing),
        knock_out=[_bar(short(name), change) for name, change in summary.knock_out.items()],
    )


def _peaks(pointing: Sequence[PointingSummary]) -> list[Peaks]:
    """Return one panel per camera, of those in which the target was seen often enough."""
    panels = []
    for camera in dict.fromkeys(each.camera for each in pointing):
        aims = {each.explanation: _target(each) for each in pointing if each.camera == camera}
        first = next(iter(aims.values()))
        if first.chance_in_cell is None or first.chance_within_one_cell is None:
            continue
        if first.in_cell is None:
            continue
        panels.append(
            Peaks(
                camera=short(camera),
                frames=first.in_cell.samples,
                in_cell=[_bar(name, aim.in_cell) for name, aim in aims.items()],
                near=[_bar(name, aim.within_one_cell) for name, aim in aims.items()],
                chance_in_cell=first.chance_in_cell,
                chance_near=first.chance_within_one_cell,
            )
        )
    return panels


def _target(each: PointingSummary) -> Aim:
    return next(iter(each.classes.values()))


def _bar(name: str, interval: Interval | None) -> Bar:
    if interval is None:
        return Bar(name, float('nan'))
    return Bar(name, interval.mean, interval.low, interval.high)
