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

"""Curves over the phase of an episode: shares, entropy, one set of episodes against another."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.simultaneous import simultaneous_means
from attention_mapper_ros.reports.comparison import enough
from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.figures.style import (
    colours_on_white,
    new_figure,
    plain,
    QUIET,
)
from attention_mapper_ros.reports.phase import bin_centres, phase_profile
from attention_mapper_ros.reports.run import Run

SINGLE_LINES = 12  # episodes drawn one by one; more of them make a thicket
_COLUMNS = 3
_PHASE = 'phase of the episode (%)'
_FIRST, _SECOND = '#475569', '#b45309'

Course = tuple[str, str, Sequence[EpisodeTrend]]
"""A name, a colour, and the episodes of one curve."""


def share_courses(run: Run, at: int | None) -> Figure:
    """Draw the mean share of every group by phase; ``at`` marks the greatest change."""
    colours = colours_on_white(run.groups)
    figure = new_figure(3.9)
    axes = figure.add_subplot()
    plain(axes)
    for place, group in enumerate(run.groups):
        profiles = np.stack([phase_profile(each.shares[:, place]) for each in run.episodes])
        _course(axes, 100 * profiles, colours[group], group, singles=True)
    if at is not None:
        axes.axvline(at, color=QUIET, linestyle='--', linewidth=1)
        axes.annotate(
            'greatest change',
            (at, 1),
            xycoords=('data', 'axes fraction'),
            xytext=(4, -4),
            textcoords='offset points',
            va='top',
            fontsize=8.5,
            color=QUIET,
        )
    axes.set_ylabel(f'share of the {run.quantity} (%)')
    _phase_axis(axes)
    axes.set_ylim(bottom=0)
    figure.legend(loc='outside upper left', ncol=8, frameon=False, fontsize=9.5)
    return figure


def entropy_courses(run: Run) -> Figure:
    """Draw the entropy by phase: over all tokens, and within each camera."""
    cameras = [camera.name for camera in run.cameras]
    colours = colours_on_white(run.groups)
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    plain(axes)
    names = ['all tokens', *cameras]
    for place, name in enumerate(names):
        profiles = np.stack([phase_profile(each.entropy[:, place]) for each in run.episodes])
        label = name if not place else f'cells of {name}'
        _course(axes, profiles, colours.get(name, '#1c2027'), label, singles=False)
    axes.set_ylabel('entropy (1 = everywhere alike)')
    axes.set_ylim(0, 1.02)
    _phase_axis(axes)
    figure.legend(loc='outside upper left', ncol=8, frameon=False, fontsize=9.5)
    return figure


def courses_apart(run: Run, courses: Sequence[Course]) -> Figure:
    """Draw every group's share by phase for several sets of episodes, one panel per group."""
    columns = 2 if len(run.groups) in (2, 4) else min(_COLUMNS, len(run.groups))
    rows = -(-len(run.groups) // columns)
    figure = new_figure(0.6 + 2.3 * rows)
    first = None
    for place, group in enumerate(run.groups):
        axes = figure.add_subplot(rows, columns, place + 1, sharey=first)
        first = first or axes  # one scale for all, as the groups are parts of one whole
        plain(axes, group)
        for name, colour, episodes in courses:
            profiles = np.stack([phase_profile(each.shares[:, place]) for each in episodes])
            label = f'{name} ({len(episodes)})' if place == 0 else None
            _course(axes, 100 * profiles, colour, label, singles=False)
        _phase_axis(axes, labelled=place + columns >= len(run.groups))
        if place % columns == 0:
            axes.set_ylabel('share (%)')
    figure.axes[0].set_ylim(bottom=0)  # of all, and only now that the top is known
    figure.legend(loc='outside upper left', ncol=8, frameon=False, fontsize=9.5)
    return figure


def _course(
    axes: Axes, profiles: NDArray[np.float64], colour: str, label: str | None, singles: bool
) -> None:
    """Draw the mean of (episode, bin) with its band, and few episodes one by one."""
    phases = bin_centres()
    if singles and 1 < len(profiles) <= SINGLE_LINES:
        axes.plot(phases, profiles.T, color=colour, linewidth=0.6, alpha=0.45)
    if enough(len(profiles)):
        band = simultaneous_means(profiles)
        axes.fill_between(phases, band.low, band.high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(phases, profiles.mean(axis=0), color=colour, linewidth=2.2, label=label)


def _phase_axis(axes: Axes, labelled: bool = True) -> None:
    axes.set_xlim(0, 100)
    axes.set_xticks(range(0, 101, 20))
    if labelled:
        axes.set_xlabel(_PHASE)


def runs_apart(first: Run, second: Run) -> Figure:
    """Draw every group's share by phase for two runs with the same groups."""
    return courses_apart(
        first,
        ((first.label, _FIRST, first.episodes), (second.label, _SECOND, second.episodes)),
    )
