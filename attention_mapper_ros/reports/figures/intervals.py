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

"""Differences with their intervals, one line each: what is sure stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attention_mapper_ros.reports.comparison import Compared, Unit
from attention_mapper_ros.reports.figures.style import INK, new_figure, plain, QUIET

_ROW_INCHES = 0.24


def differences(each: Sequence[Compared], colours: Mapping[str, str], axis: str) -> Figure:
    """Draw the differences of shares; ``axis`` says what is subtracted from what."""
    groups = list(dict.fromkeys(found.quantity.group for found in each))
    shares = [found for found in each if found.quantity.unit is Unit.SHARE]
    shares.sort(key=lambda found: groups.index(found.quantity.group))
    figure = new_figure(1.1 + _ROW_INCHES * len(shares))
    axes = figure.add_subplot()
    plain(axes)
    _rows(axes, shares, colours)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_xlabel(f'{axis} (percentage points, with intervals that hold together at 95 %)')
    return figure


def _rows(axes: Axes, shares: Sequence[Compared], colours: Mapping[str, str]) -> None:
    for place, found in enumerate(shares):
        colour = colours.get(found.quantity.group, QUIET)
        opacity = 1.0 if found.sure else 0.4
        axes.plot(
            [100 * found.low, 100 * found.high],
            [place, place],
            color=colour,
            linewidth=2.4 if found.sure else 1.6,
            alpha=opacity,
        )
        axes.plot(
            100 * found.difference,
            place,
            'o',
            color=colour,
            markersize=6,
            alpha=opacity,
            markerfacecolor=colour if found.sure else 'white',
        )
    axes.set_yticks(range(len(shares)))
    axes.set_yticklabels(
        [f'{found.quantity.what}{_when(found.quantity.when)}' for found in shares], fontsize=8.5
    )
    for label, found in zip(axes.get_yticklabels(), shares, strict=True):
        label.set_color(INK if found.sure else QUIET)
        label.set_fontweight('bold' if found.sure else 'normal')
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.grid(visible=False, axis='y')


def _when(when: str) -> str:
    return f', {when.removeprefix("in the ")}' if when else ''
