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

"""Comparisons, changes and episodes as tables."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
from urllib.parse import quote

import numpy as np

from attention_mapper_ros.recordings.results import GIF, VIDEO
from attention_mapper_ros.reports.changes import Changes
from attention_mapper_ros.reports.comparison import Compared, Comparison, Unit
from attention_mapper_ros.reports.content import Cell, row, Table
from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.figures.episodes import outcome
from attention_mapper_ros.reports.looks import Looks
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.words import bare_difference, group_words, interval, number

_TOGETHER = 'All intervals of this table hold together at 95 %; bold where 0 lies outside.'


def share_table(run: Run, looked: Looks) -> Table:
    """Return the shares with their intervals, greatest first."""
    cameras = [camera.name for camera in run.cameras]
    rows = []
    for share in looked.shares:
        bounds = 'too few episodes'
        if share.low is not None and share.high is not None:
            low = number(share.low, Unit.SHARE, 1).removesuffix(' %')
            bounds = f'{low} to {number(share.high, Unit.SHARE, 1)}'
        rows.append(
            row(group_words(share.group, cameras), number(share.mean, Unit.SHARE, 1), bounds)
        )
    caption = f'Shares of the {run.quantity}, mean over episodes. {_TOGETHER.split(";")[0]}.'
    return Table(('', 'share', '95 % interval'), tuple(rows), caption)


def comparison_table(found: Comparison, here: str, there: str, caption: str) -> Table:
    """Return a family of comparisons; ``here`` minus ``there``."""
    times = any(each.quantity.when for each in found.each)
    return Table(
        ('', *(['when'] if times else []), here, there, 'difference', '95 % interval'),
        tuple(_compared(each, times) for each in found.each),
        f'{caption} {_TOGETHER}',
        words=1 + times,
    )


def change_table(changed: Changes) -> Table:
    """Return the greatest sure change of every quantity."""
    rows = []
    for unit in (Unit.SHARE, Unit.PICTURE):
        for change in changed.greatest(unit):
            found = change.found
            axis = {'x': 'to the right', 'y': 'downwards'}.get(found.quantity.what, '')
            what = f'{found.quantity.group}: centre, {axis}' if axis else found.quantity.what
            when = 'from the first to the last fifth' if change.at is None else f'{change.at} %'
            rows.append(
                row(
                    what,
                    when,
                    number(found.reference, unit, 1),
                    number(found.value, unit, 1),
                    bare_difference(found),
                    interval(found),
                )
            )
    caption = (
        'The greatest change of each quantity, where its interval leaves out 0. All '
        f'{len(changed.each)} intervals that were looked at hold together at 95 %.'
    )
    heads = ('', 'at', 'before', 'after', 'change', '95 % interval')
    return Table(heads, tuple(rows), caption, words=2)


def episode_table(run: Run, page_folder: Path) -> Table:
    """Return one row per episode; addresses are relative to the folder of the page."""
    tasks = len(run.tasks) > 1
    errors = [np.isfinite(each.planned_error).any() for each in run.episodes]
    heads = [
        'episode',
        *(['task'] if tasks else []),
        'outcome',
        'steps',
        'seconds',
        *run.groups,
        'entropy',
        *(['action error'] if any(errors) else []),
        'watch',
    ]
    rows = [_episode(each, page_folder, tasks, any(errors)) for each in run.episodes]
    caption = 'Shares in per cent, means over the steps of the episode.'
    return Table(tuple(heads), tuple(rows), caption, words=2 + tasks)


def _compared(each: Compared, times: bool) -> tuple[Cell, ...]:
    unit = each.quantity.unit
    digits = 1 if unit in (Unit.SHARE, Unit.STEPS) else None
    return row(
        each.quantity.what,
        *([each.quantity.when or 'whole episode'] if times else []),
        number(each.value, unit, digits),
        number(each.reference, unit, digits),
        bare_difference(each),
        interval(each),
        strong=each.sure,
    )


def _episode(
    episode: EpisodeTrend, page_folder: Path, tasks: bool, errors: bool
) -> tuple[Cell, ...]:
    summary = episode.summary
    shares = [f'{100 * share:.1f}' for share in episode.shares.mean(axis=0)]
    there = episode.planned_error[np.isfinite(episode.planned_error)]
    error = [f'{there.mean():.3g}' if len(there) else '–'] if errors else []
    return (
        *row(
            str(summary.number),
            *([summary.task or '–'] if tasks else []),
            outcome(episode)[0] or '–',
            str(len(episode.time_s)),
            f'{episode.time_s[-1]:.1f}',
            *shares,
            f'{episode.entropy[:, 0].mean():.2f}',
            *error,
        ),
        Cell(links=tuple(_links(episode, page_folder))),
    )


def _links(episode: EpisodeTrend, page_folder: Path) -> Sequence[tuple[str, str]]:
    folder = episode.result.folder
    return [
        (name, quote(Path(os.path.relpath(folder / file, page_folder)).as_posix()))
        for name, file in (('video', VIDEO), ('GIF', GIF))
        if (folder / file).is_file()
    ]
