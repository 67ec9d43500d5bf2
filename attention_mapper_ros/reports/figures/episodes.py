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

"""Every episode for itself: shares over its time, as small panels or, of many, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.figures.style import (
    colours_on_white,
    FAILED,
    INK,
    new_figure,
    plain,
    SUCCEEDED,
)
from attention_mapper_ros.reports.run import Run

MANY = 24  # more episodes than this are lines of a heat map
_COLUMNS = 6
_INSTANTS = 160  # columns of the heat map


def share_episodes(run: Run) -> Figure:
    """Draw the shares over time of every episode."""
    return _heat_maps(run) if len(run.episodes) > MANY else _panels(run)


def outcome(episode: EpisodeTrend) -> tuple[str, str]:
    """Return how an episode ended, in a word and a colour; '' where that is not known."""
    known = {True: ('succeeded', SUCCEEDED), False: ('failed', FAILED)}
    success = episode.summary.success
    return ('', INK) if success is None else known[success]


def _panels(run: Run) -> Figure:
    colours = colours_on_white(run.groups)
    columns = min(_COLUMNS, len(run.episodes))
    rows = -(-len(run.episodes) // columns)
    longest = max(_end(episode) for episode in run.episodes)
    figure = new_figure(0.75 + 1.45 * rows)
    for place, episode in enumerate(run.episodes):
        axes = figure.add_subplot(rows, columns, place + 1)
        _panel(axes, episode, [colours[group] for group in run.groups], longest)
        if place % columns == 0:
            axes.set_ylabel('share (%)', fontsize=8)
        else:
            axes.set_yticklabels([])
        if place + columns >= len(run.episodes):
            axes.set_xlabel('time (s)', fontsize=8)
    handles = [
        figure.axes[0].fill_between([], [], color=colours[group], label=group)
        for group in run.groups
    ]
    figure.legend(handles=handles, loc='outside upper left', ncol=8, frameon=False, fontsize=9.5)
    return figure


def _panel(axes: Axes, episode: EpisodeTrend, colours: list[str], longest: float) -> None:
    plain(axes)
    word, colour = outcome(episode)
    mark = f'{episode.summary.number} {word}'.strip()
    axes.set_title(mark, fontsize=8.5, loc='left', color=colour, fontweight='bold', pad=3)
    times = np.append(episode.time_s, _end(episode))  # a step lasts until the next one
    shares = 100 * np.vstack([episode.shares, episode.shares[-1:]])
    axes.stackplot(times, shares.T, colors=colours, step='post', linewidth=0)
    axes.set_xlim(0, longest)
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 50, 100])
    axes.grid(visible=False)
    axes.tick_params(labelsize=7.5)


def _heat_maps(run: Run) -> Figure:
    """Draw a line per episode, the failed ones first, and a panel per group, all of one scale."""
    episodes = sorted(run.episodes, key=lambda each: each.summary.success is not False)
    failed = sum(each.summary.success is False for each in episodes)
    columns = min(2, len(run.groups))
    rows = -(-len(run.groups) // columns)
    longest = max(_end(episode) for episode in episodes)
    highest = 100 * max(float(episode.shares.max()) for episode in episodes)
    height = min(1.0 + 0.045 * len(episodes), 6.0)
    figure = new_figure(rows * (height + 0.7))
    panels = []
    for place, group in enumerate(run.groups):
        axes = figure.add_subplot(rows, columns, place + 1)
        panels.append(axes)
        plain(axes, group)
        table = 100 * np.stack([_row(episode, place, longest) for episode in episodes])
        picture = axes.imshow(
            table,
            aspect='auto',
            interpolation='nearest',
            cmap='viridis',
            vmin=0,
            vmax=highest,
            extent=(0.0, longest, len(episodes) - 0.5, -0.5),
        )
        axes.grid(visible=False)
        axes.set_xlabel('time (s)')
        _number_lines(axes, episodes, failed)
    bar = figure.colorbar(picture, ax=panels, pad=0.01, aspect=40)
    bar.set_label('share (%)', fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    return figure


def _number_lines(axes: Axes, episodes: Sequence[EpisodeTrend], failed: int) -> None:
    """Write the number of every so-many-th episode, and part the failed ones from the others."""
    every = max(1, len(episodes) // 12)
    places = list(range(0, len(episodes), every))
    axes.set_yticks(places)
    axes.set_yticklabels([str(episodes[place].summary.number) for place in places])
    for label, place in zip(axes.get_yticklabels(), places, strict=True):
        label.set_color(outcome(episodes[place])[1])
    axes.set_ylabel('episode')
    if failed:
        axes.axhline(failed - 0.5, color='white', linewidth=2)
        axes.set_title('above the line: failed', fontsize=8.5, loc='right', color=FAILED)


def _row(episode: EpisodeTrend, place: int, longest: float) -> NDArray[np.float64]:
    """Return a group's share at each instant, (instant,), nan after the end."""
    instants = (np.arange(_INSTANTS) + 0.5) * longest / _INSTANTS
    step = np.searchsorted(episode.time_s, instants, side='right') - 1
    row: NDArray[np.float64] = episode.shares[np.clip(step, 0, None), place].copy()
    row[instants > _end(episode)] = np.nan
    return row


def _end(episode: EpisodeTrend) -> float:
    """Return when the last step ends, in seconds: as long after it as steps are apart."""
    times = episode.time_s
    period = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 0.0
    return float(times[-1] + (period or 1.0))
