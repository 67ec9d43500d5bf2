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
One picture that says which attention method is right, and why.

Plain numbers in, a PNG out. Drawn with matplotlib's objects alone: no window, no global state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import textwrap

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

_INCHES, _DPI = (18.0, 11.0), 100
_TITLE_CHARACTERS = 110
# Distinguishable for colour-blind eyes (Okabe and Ito, "Color Universal Design", 2008).
_COLOURS = {
    'raw': '#d55e00',
    'rollout': '#0072b2',
    'gradient': '#009e73',
    'occlusion': '#000000',
    'random': '#8c8c8c',
    'centre': '#8c8c8c',
}
_OTHER = '#cc79a7'
_DASHES = {'random': ':', 'centre': '-.'}
_GRID = '#e0e0e0'


@dataclass(frozen=True)
class Bar:
    """A mean with its interval; ``low`` and ``high`` None where it is not known."""

    name: str
    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Peaks:
    """
    Where the peaks lie in one camera; shares from 0 to 1.

    ``in_cell``, ``near``: one bar per method, how often the peak is on the target, and within one
    cell of it. ``chance_in_cell``, ``chance_near``: what a random cell gets.
    """

    camera: str
    frames: int
    in_cell: Sequence[Bar]
    near: Sequence[Bar]
    chance_in_cell: float
    chance_near: float


@dataclass(frozen=True)
class FaithfulnessFigure:
    """
    All that is drawn.

    ``scores``: best first; those in ``references`` are no candidates. ``fractions``: (step,);
    ``deletion``, ``insertion``: order to (step,), mean change of the action in ``unit``.
    ``correlation``: method to one number per stage. ``peaks`` and ``stages`` may be empty.
    ``knock_out``: change of the action in ``unit``.
    """

    title: str
    subtitle: str
    unit: str
    scores: Sequence[Bar]
    references: Sequence[str]
    winner: str
    fractions: NDArray[np.float64]
    deletion: Mapping[str, NDArray[np.float64]]
    insertion: Mapping[str, NDArray[np.float64]]
    stages: Sequence[str]
    correlation: Mapping[str, Sequence[float]]
    peaks: Sequence[Peaks]
    knock_out: Sequence[Bar]


def write_figure(data: FaithfulnessFigure, path: Path) -> None:
    """Draw everything into one PNG. Raises OSError where it cannot be written."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor='white')
    FigureCanvasAgg(figure)  # becomes the figure's canvas; no window is needed
    sides = {'left': 0.085, 'right': 0.985}
    upper = figure.add_gridspec(1, 3, top=0.80, bottom=0.49, wspace=0.24, **sides)
    cameras = len(data.peaks)
    widths = [4.0, *[3.4 / max(cameras, 1)] * cameras, 3.2]
    space = 0.16 * len(widths)
    lower = figure.add_gridspec(
        1, len(widths), top=0.37, bottom=0.12, wspace=space, width_ratios=widths, **sides
    )
    _titles(figure, data)
    _scores(figure.add_subplot(upper[0]), data)
    deletion, insertion = (figure.add_subplot(upper[place]) for place in (1, 2))
    _curves(deletion, data, data.deletion, 'Deletion: the cells ranked first are blurred first')
    deletion.set_ylabel(f'change of the action ({data.unit})\nhigher is better')
    _curves(insertion, data, data.insertion, 'Insertion: they come back first')
    insertion.set_ylabel(f'change of the action ({data.unit})\nlower is better')
    _legend(figure, deletion)
    second = [figure.add_subplot(lower[place]) for place in range(len(widths))]
    _randomisation(second[0], data)
    _knock_out(second[-1], data)
    for axes, peaks in zip(second[1:-1], data.peaks, strict=True):
        _peaks(axes, peaks, first=axes is second[1])
    figure.savefig(path, format='png')


def _titles(figure: Figure, data: FaithfulnessFigure) -> None:
    lines = textwrap.wrap(data.title, _TITLE_CHARACTERS)
    figure.text(0.015, 0.975, '\n'.join(lines), fontsize=17, fontweight='bold', va='top')
    figure.text(0.015, 0.905, data.subtitle, fontsize=11, color='#404040', va='top')


def _scores(axes: Axes, data: FaithfulnessFigure) -> None:
    _plain(axes, 'Score: deletion minus insertion area')
    _bars(axes, data.scores)
    for patch, bar in zip(axes.patches, data.scores, strict=True):
        if bar.name in data.references:
            patch.set_alpha(0.35)
            patch.set_hatch('//')
    for label in axes.get_yticklabels():
        if label.get_text() == data.winner:
            label.set_fontweight('bold')
    axes.set_xlabel(
        'in parts of the change when all is blurred, with 95 % interval\n'
        'right is better, 0 knows nothing; hatched: for comparison'
    )


def _curves(
    axes: Axes, data: FaithfulnessFigure, curves: Mapping[str, NDArray[np.float64]], title: str
) -> None:
    _plain(axes, title)
    for bar in data.scores:
        winner = bar.name == data.winner
        axes.plot(
            100 * data.fractions,
            curves[bar.name],
            label=bar.name,
            color=_colour(bar.name),
            linestyle=_dashes(bar.name),
            linewidth=3.2 if winner else 1.6,
            zorder=3 if winner else 2,
        )
    axes.set_xlabel('share of the cells (%)')
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)


def _legend(figure: Figure, axes: Axes) -> None:
    """Name all lines once, above all panels: the same colours mean the same everywhere."""
    lines, names = axes.get_legend_handles_labels()
    figure.legend(
        lines,
        names,
        loc='upper left',
        bbox_to_anchor=(0.01, 0.885),
        ncol=len(names),
        frameon=False,
        fontsize=10.5,
        handlelength=2.6,
        columnspacing=1.6,
    )


def _randomisation(axes: Axes, data: FaithfulnessFigure) -> None:
    _plain(axes, 'Weights drawn anew, part by part')
    if len(data.stages) < 2:
        axes.text(0.5, 0.5, 'left out', ha='center', va='center', transform=axes.transAxes)
        return
    places = np.arange(len(data.stages))
    for name, values in data.correlation.items():
        axes.plot(
            places,
            values,
            label=name,
            color=_colour(name),
            linestyle=_dashes(name),
            linewidth=3.2 if name == data.winner else 1.6,
            marker='o',
            markersize=3.5,
        )
    axes.axhline(0, color='#606060', linewidth=0.8)
    axes.set_xticks(places)
    axes.set_xticklabels(data.stages, rotation=40, ha='right', fontsize=8.5)
    axes.set_ylabel(
        'rank correlation with the trained map\nnear 0 is right, near 1 ignores learning'
    )


def _peaks(axes: Axes, peaks: Peaks, first: bool) -> None:
    title = f'Peak on the target, {peaks.camera}'
    _plain(axes, '\n'.join(textwrap.wrap(title, 30)))
    _bars(axes, peaks.near, alpha=0.35)
    _bars(axes, peaks.in_cell, interval=False)
    axes.axvline(peaks.chance_near, color='#606060', linestyle='--', linewidth=1.2)
    axes.axvline(peaks.chance_in_cell, color='#606060', linestyle=':', linewidth=1.2)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xticklabels(['0', '50 %', '100 %'])
    axes.set_xlabel(
        f'of {peaks.frames} frames\nfull: in its cell, pale: within one\n'
        'lines: chance, dotted and dashed',
        fontsize=8.5,
    )
    if not first:
        axes.set_yticklabels([])


def _knock_out(axes: Axes, data: FaithfulnessFigure) -> None:
    _plain(axes, 'Tokens masked inside the transformer')
    _bars(axes, data.knock_out, colour='#56b4e9')
    axes.set_xlabel(f'change of the action ({data.unit}), with 95 % interval')


def _bars(
    axes: Axes,
    bars: Sequence[Bar],
    colour: str | None = None,
    alpha: float = 1.0,
    interval: bool = True,
) -> None:
    """Draw bars to the right, the first on top."""
    places = np.arange(len(bars))
    for place, bar in zip(places, bars, strict=True):
        axes.barh(
            place, bar.mean, height=0.7, color=colour or _colour(bar.name), alpha=alpha, zorder=2
        )
        if interval and bar.low is not None and bar.high is not None:
            axes.plot(
                [bar.low, bar.high], [place, place], color='#303030', linewidth=1.6, zorder=4
            )
    axes.set_yticks(places)
    axes.set_yticklabels([bar.name for bar in bars], fontsize=9.5)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.axvline(0, color='#606060', linewidth=0.8)


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=11.5, fontweight='bold', loc='left')
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def _colour(name: str) -> str:
    """Return the colour of a method, whatever baseline it has."""
    return _COLOURS.get(name.split(' ')[0], _OTHER)


def _dashes(name: str) -> str:
    """Return how its line is drawn: dashed with a baseline, as it is without."""
    return _DASHES.get(name, '--' if ' ' in name else '-')
