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

"""What depends on the position in the chunk, drawn by position."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attention_mapper_ros.reports.chunk import ChunkCurve, ChunkTrend
from attention_mapper_ros.reports.figures.style import new_figure, plain, QUIET

_COLOURS = {
    'action planned then': '#b45309',
    'action predicted now': '#0369a1',
    'attention moved since': '#1c2027',
}


def chunk_curves(trend: ChunkTrend) -> Figure | None:
    """Draw errors of the action and how far the attention has moved; None without either."""
    errors = [curve for curve in trend.curves if curve.name.startswith('action')]
    shifts = [curve for curve in trend.curves if not curve.name.startswith('action')]
    panels = [
        (curves, title, label)
        for curves, title, label in (
            (errors, 'Error of the action', 'mean absolute error\n(units of the policy)'),
            (shifts, 'How far the attention has moved', 'total variation distance\n(0 to 1)'),
        )
        if curves
    ]
    if not panels:
        return None
    figure = new_figure(3.1)
    for place, (curves, title, label) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        plain(axes, title)
        for curve in curves:
            _curve(axes, curve)
        axes.axvline(trend.late_from - 0.5, color=QUIET, linestyle='--', linewidth=1)
        axes.set_xlabel('steps since the action was planned')
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        if len(curves) > 1:
            axes.legend(frameon=False, fontsize=8.5)
    return figure


def _curve(axes: Axes, curve: ChunkCurve) -> None:
    middle = (curve.first + curve.last) / 2
    colour = _COLOURS[curve.name]
    axes.fill_between(middle, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(
        middle, curve.mean, color=colour, linewidth=2, marker='o', markersize=3.5, label=curve.name
    )
