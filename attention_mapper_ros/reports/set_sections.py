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

"""Sections that set episodes, or steps, against others: outcomes, tasks, places in the chunk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.reports.chunk import chunk_trend, ChunkTrend
from attention_mapper_ros.reports.comparison import Comparison, enough, Unit
from attention_mapper_ros.reports.content import Picture, picture, Section, Table
from attention_mapper_ros.reports.contrast import contrast
from attention_mapper_ros.reports.failures import Failures
from attention_mapper_ros.reports.figures.chunks import chunk_curves
from attention_mapper_ros.reports.figures.courses import courses_apart
from attention_mapper_ros.reports.figures.intervals import differences
from attention_mapper_ros.reports.figures.places import map_differences
from attention_mapper_ros.reports.figures.style import colours_on_white, FAILED, SUCCEEDED
from attention_mapper_ros.reports.map_contrast import CELLS_READING
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.tables import comparison_table
from attention_mapper_ros.reports.words import bare_difference, counted, difference, listed

_TASK_COLOURS = ('#0369a1', '#b45309', '#0f766e', '#9d174d', '#4d7c0f', '#6d28d9')


def outcome_section(run: Run, key: str, found: Failures | None) -> Section | None:
    """Return failed against successful episodes; None where the recording tells of only one."""
    if found is None:
        return None
    failed, succeeded = run.with_outcome(False), run.with_outcome(True)
    pictures: list[Picture] = [
        picture(
            f'{key}outcome_by_phase',
            courses_apart(run, (('failed', FAILED, failed), ('succeeded', SUCCEEDED, succeeded))),
            'The shares of failed and of successful episodes.',
            'Laid over each other by phase: a failed episode may be longer, its end is 100 % all '
            'the same. Bands hold the whole mean curve of a line at 95 %; there are none for '
            'fewer than three episodes.',
        )
    ]
    tables: list[Table] = []
    if found.numbers is not None:
        each = found.numbers.each
        pictures.append(
            picture(
                f'{key}outcome_differences',
                differences(each, colours_on_white(run.groups), 'failed minus succeeded'),
                sure_in_words(found.numbers, 'differs between failed and successful episodes'),
                'Filled and bold: the interval leaves out 0.',
            )
        )
        caption = 'Failed minus successful episodes.'
        tables.append(comparison_table(found.numbers, 'failed', 'succeeded', caption))
    if found.maps:
        pictures.append(
            picture(
                f'{key}outcome_maps',
                map_differences(run, failed, succeeded, ('failed', 'succeeded'), found.maps),
                'Where failed episodes look more, and where less, than successful ones.',
                CELLS_READING if found.numbers else 'There are too few episodes for intervals.',
            )
        )
    sentence = f'{len(failed)} failed, {len(succeeded)} succeeded.'
    return Section(
        'Failed against successful episodes', (sentence,), tuple(pictures), tuple(tables)
    )


def task_section(run: Run, key: str) -> Section | None:
    """Return each task against all others; None where there is one."""
    if len(run.tasks) < 2:
        return None
    sets = [
        (_named(task), [each for each in run.episodes if each.summary.task == task])
        for task in run.tasks
    ]
    drawn = sets[: len(_TASK_COLOURS)]
    left_out = f' Drawn are the first {len(drawn)}.' if len(drawn) < len(sets) else ''
    pictures = [
        picture(
            f'{key}tasks_by_phase',
            courses_apart(
                run,
                [
                    (task, colour, episodes)
                    for (task, episodes), colour in zip(drawn, _TASK_COLOURS, strict=False)
                ],
            ),
            f'The shares in each of {len(sets)} tasks.{left_out}',
            'Mean over the episodes of a task, by phase; bands hold the whole mean curve at 95 %.',
        )
    ]
    sentences: list[str] = []
    tables: list[Table] = []
    for task, episodes in sets[:1] if len(sets) == 2 else sets:
        others = [each for each in run.episodes if each.summary.task != episodes[0].summary.task]
        if not enough(len(episodes), len(others)):
            sentences.append(f'Task {task}: too few episodes for intervals.')
            continue
        # All tables hold together.
        found = contrast(episodes, others, families=1 if len(sets) == 2 else len(sets))
        other = sets[1][0] if len(sets) == 2 else 'the others'
        sentences.append(
            f'Task {task}: ' + sure_in_words(found, f'differs from {other}') + _most(found)
        )
        tables.append(comparison_table(found, task, other, f'{task} minus {other}.'))
    return Section(
        'Task against task', tuple(sentences), tuple(pictures), tuple(tables), folded=True
    )


def _named(task: str) -> str:
    return f'“{task}”' if task else 'without a name'


def chunk_section(run: Run, key: str) -> Section | None:
    """Return early against late in the chunk; None where every step plans anew."""
    trend = chunk_trend(run)
    if trend is None:
        return None
    figure = chunk_curves(trend)
    pictures = []
    if figure is not None:
        pictures.append(
            picture(
                f'{key}chunk',
                figure,
                _late_in_words(trend),
                'By how many steps ago the action of a step was planned; the dashed line parts '
                'early from late. Bands hold the whole mean curve of a line at 95 %.',
            )
        )
    sentences = [
        f'Actions are executed up to {counted(trend.positions - 1, "step")} after they were '
        f'planned. Late are those of {trend.late_from} steps and more.'
    ]
    if not any(np.isfinite(each.planned_error).any() for each in run.episodes):
        sentences.append('The recording has no actions, so there is no error of the action.')
    if all(_plans_once(each.chunk_position) for each in run.episodes):
        sentences.append(
            'Every episode is a single chunk: late in the chunk is late in the episode, and what '
            'differs may come from either.'
        )
    tables = (
        ()
        if trend.late is None
        else (comparison_table(trend.late, 'late', 'early', 'Late minus early in the chunk.'),)
    )
    return Section('Early against late in the chunk', tuple(sentences), tuple(pictures), tables)


def sure_in_words(found: Comparison, what: str) -> str:
    """Say what of a family is sure, or that nothing is."""
    groups = list(
        dict.fromkeys(
            each.quantity.what for each in found.sure if each.quantity.unit is Unit.SHARE
        )
    )
    if not groups:
        return f'No share {what} by as much as these episodes could show.'
    verb = what.replace('differs', 'differ', 1) if len(groups) > 1 else what
    noun = 'shares' if len(groups) > 1 else 'share'
    return f'The {noun} of {listed(groups)} {verb}.'


def _most(found: Comparison) -> str:
    told = found.told(Unit.SHARE)[:1]
    if not told:
        return ''
    each = told[0]
    when = each.quantity.when or 'over the whole episode'
    return f' Most: {each.quantity.what} {when}, {difference(each)}.'


def _late_in_words(trend: ChunkTrend) -> str:
    if trend.late is None:
        return 'There are too few episodes to tell late from early actions.'
    errors = trend.late.of_unit(Unit.ACTION)
    if errors and errors[0].sure:
        more = 'larger' if errors[0].difference > 0 else 'smaller'
        return (
            f'Late actions have a {more} error: {errors[0].value:.3g} instead of '
            f'{errors[0].reference:.3g} ({bare_difference(errors[0])}, 95 % interval '
            f'{errors[0].low:.2g} to {errors[0].high:.2g}).'
        )
    if errors:
        return 'No difference in the error of late and early actions that could be shown.'
    shifts = trend.late.of_unit(Unit.DISTANCE)
    if shifts and shifts[0].sure:
        return (
            f'Late in the chunk {shifts[0].value:.0%} of the attention has moved since the action '
            f'was planned, early {shifts[0].reference:.0%}.'.replace('%', ' %')
        )
    return 'What depends on the age of an action.'


def _plans_once(position: NDArray[np.int64]) -> bool:
    return int((position == 0).sum()) == 1
