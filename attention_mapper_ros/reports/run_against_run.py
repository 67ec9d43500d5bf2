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

"""Two runs against each other: on the same frames step by step, otherwise side by side."""

from __future__ import annotations

from matplotlib.figure import Figure

from attention_mapper_ros.reports.answers import Answer
from attention_mapper_ros.reports.comparison import Comparison, enough, Unit
from attention_mapper_ros.reports.content import Chapter, Picture, picture, row, Section, Table
from attention_mapper_ros.reports.contrast import contrast
from attention_mapper_ros.reports.figures.courses import runs_apart
from attention_mapper_ros.reports.figures.intervals import differences
from attention_mapper_ros.reports.figures.places import map_differences
from attention_mapper_ros.reports.figures.style import colours_on_white
from attention_mapper_ros.reports.map_contrast import CELLS_READING
from attention_mapper_ros.reports.pair import Distance, Pair, pair
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.tables import comparison_table
from attention_mapper_ros.reports.words import counted, difference, group_words, listed, number

_NAMED = 2


def against(first: Run, second: Run, key: str) -> Chapter:
    """
    Return second against first.

    ``key``: what begins the names of its pictures.
    """
    paired = pair(first, second)
    if paired is None:
        return _side_by_side(first, second, key)
    return Chapter(
        title=f'{second.label} against {first.label}',
        facts=_facts(paired),
        answers=(Answer('What is different between them?', _in_words(paired)),),
        notes=_notes(paired),
        sections=tuple(_paired_sections(paired, key)),
    )


def _facts(paired: Pair) -> tuple[tuple[str, str], ...]:
    one, other = paired.first, paired.second
    return (
        *((name, text) for run in (one, other) for name, text in [(run.label, _explained(run))]),
        (
            'compared on',
            f'{counted(len(one.episodes), "episode")}, {counted(one.steps, "step")}, frame by '
            'frame',
        ),
    )


def _explained(run: Run) -> str:
    settings = run.result.settings
    policy = settings.get('policy', {})
    parts = [policy.get('family'), policy.get('identity'), settings.get('attention')]
    return ' · '.join(str(part) for part in parts if part)


def _notes(paired: Pair) -> tuple[str, ...]:
    one, other = paired.first, paired.second
    found = []
    if one.groups != other.groups:
        found.append(
            f'Their token groups differ ({", ".join(one.groups)} and {", ".join(other.groups)}): '
            'shares are not subtracted.'
        )
    if one.cameras != other.cameras:
        found.append('Their cameras or the cells of these differ: maps are not subtracted.')
    if not enough(len(one.episodes)):
        found.append(
            f'They have {counted(len(one.episodes), "episode")} in common: too few for '
            'confidence intervals.'
        )
    return tuple(found)


def _in_words(paired: Pair) -> str:
    parts = [_shares_in_words(paired.shares, paired.second.label)]
    cameras = [each for each in paired.distances if each.of != 'action']
    if cameras:
        moved = [f'{_distance(each, 3)} in camera {each.of}' for each in cameras]
        parts.append(
            f'On the same step their maps differ by {listed(moved)} (total variation distance: 0 '
            'is the same map, 1 has nothing in common).'
        )
    action = next((each for each in paired.distances if each.of == 'action'), None)
    if action is not None:
        if action.mean == 0:
            parts.append('They predict the same actions.')
        else:
            parts.append(
                f'Their predicted actions differ by {_distance(action, None)} on average, in the '
                "policy's units."
            )
    return ' '.join(part for part in parts if part)


def _distance(each: Distance, digits: int | None) -> str:
    def text(value: float) -> str:
        return f'{value:.3g}' if digits is None else f'{value:.{digits}f}'

    if each.low is None or each.high is None:
        return text(each.mean)
    return f'{text(each.mean)} (95 % interval {text(each.low)} to {text(each.high)})'


def _shares_in_words(found: Comparison | None, label: str) -> str:
    if found is None:
        return ''
    named = found.told(Unit.SHARE)[:_NAMED]
    if not named:
        return 'No share differs by as much as these episodes could show.'
    parts = [
        f'{each.quantity.what} gets {number(each.value, Unit.SHARE, 1)} instead of '
        f'{number(each.reference, Unit.SHARE, 1)} '
        f'{each.quantity.when or "over the whole episode"} ({difference(each)})'
        for each in named
    ]
    return f'With {label}, {listed(parts)}.'


def _paired_sections(paired: Pair, key: str) -> list[Section]:
    one, other = paired.first, paired.second
    pictures: list[Picture] = []
    tables: list[Table] = []
    if one.groups == other.groups:
        pictures.append(_courses(key, runs_apart(one, other)))
    if paired.shares is not None:
        axis = f'{other.label} minus {one.label}'
        pictures.append(_differences(key, paired.shares, other, axis))
        tables.append(comparison_table(paired.shares, other.label, one.label, f'{axis}.'))
    sections = [Section('Shares', (), tuple(pictures), tuple(tables), folded=True)]
    if paired.maps:
        drawn = picture(
            f'{key}maps',
            map_differences(
                one, other.episodes, one.episodes, (other.label, one.label), paired.maps
            ),
            f'Where {other.label} looks more, and where less, than {one.label}.',
            CELLS_READING,
        )
        sections.append(Section('Difference of the maps', (), (drawn,)))
    if paired.distances:
        sections.append(Section('How far apart on the same step', (), (), (_distances(paired),)))
    return [section for section in sections if section.pictures or section.tables]


def _side_by_side(first: Run, second: Run, key: str) -> Chapter:
    """Compare runs of different frames, as far as they have the same groups."""
    title = f'{second.label} beside {first.label}'
    facts = tuple(
        (run.label, f'{counted(len(run.episodes), "episode")}, {counted(run.steps, "step")}')
        for run in (first, second)
    )
    notes = ['They are not of the same frames: other episodes, whose differences count as well.']
    if first.groups != second.groups:
        notes.append(
            f'Their token groups differ ({", ".join(first.groups)} and '
            f'{", ".join(second.groups)}): shares are not subtracted.'
        )
        return Chapter(title, facts, (), tuple(notes), (_both(first, second),))
    pictures = [_courses(key, runs_apart(first, second))]
    tables: list[Table] = []
    answers: tuple[Answer, ...] = ()
    if enough(len(first.episodes), len(second.episodes)):
        found = contrast(second.episodes, first.episodes)
        axis = f'{second.label} minus {first.label}'
        pictures.append(_differences(key, found, second, axis))
        tables.append(comparison_table(found, second.label, first.label, f'{axis}.'))
        text = _shares_in_words(found, second.label)
        answers = (Answer('What is different between them?', text),)
    else:
        notes.append('One of them has too few episodes for confidence intervals.')
    section = Section('Shares', (), tuple(pictures), tuple(tables), folded=True)
    return Chapter(title, facts, answers, tuple(notes), (section,))


def _courses(key: str, figure: Figure) -> Picture:
    return picture(
        f'{key}shares_by_phase',
        figure,
        'The shares of both by phase of the episode.',
        'Bands hold the whole mean curve of a line at 95 %; there are none for fewer than three '
        'episodes.',
    )


def _differences(key: str, found: Comparison, run: Run, axis: str) -> Picture:
    sure = [each for each in found.of_unit(Unit.SHARE) if each.sure]
    return picture(
        f'{key}share_differences',
        differences(found.each, colours_on_white(run.groups), axis),
        f'{len(sure)} of {len(found.of_unit(Unit.SHARE))} differences of shares are sure.',
        'Filled and bold: the interval leaves out 0.',
    )


def _both(first: Run, second: Run) -> Section:
    """Return the mean shares of both as a table, group by group."""
    rows = []
    for group in dict.fromkeys((*first.groups, *second.groups)):
        means = [_mean_share(run, group) for run in (first, second)]
        cameras = [camera.name for run in (first, second) for camera in run.cameras]
        rows.append(row(group_words(group, cameras), *means))
    table = Table(('', first.label, second.label), tuple(rows), 'Mean shares over episodes.')
    return Section('Shares', (), (), (table,))


def _mean_share(run: Run, group: str) -> str:
    if group not in run.groups:
        return '–'
    place = run.groups.index(group)
    means = [float(each.shares[:, place].mean()) for each in run.episodes]
    return number(sum(means) / len(means), Unit.SHARE, 1)


def _distances(paired: Pair) -> Table:
    rows = []
    for each in paired.distances:
        action = each.of == 'action'
        what = 'predicted action, mean absolute difference' if action else f'map of {each.of}'
        low, high = ('–' if bound is None else f'{bound:.3g}' for bound in (each.low, each.high))
        rows.append(row(what, f'{each.mean:.3g}', f'{low} to {high}'))
    caption = (
        'Mean over the steps of an episode, then over episodes. Maps: total variation distance of '
        'each map taken as parts of its own sum, 0 to 1. All intervals hold together at 95 %.'
    )
    return Table(('', 'distance', '95 % interval'), tuple(rows), caption)
