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

"""What `attention-mapper faithfulness` found, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attention_mapper_ros.attention.confidence import Interval
from attention_mapper_ros.faithfulness.summary import Aim, PointingSummary, Summary

_CAMERA = 'observation.images.'


def tables(summary: Summary, unit: str) -> str:
    """Return all tables; ``unit`` is that of the action."""
    parts = [
        f'Deletion and insertion: areas in {unit}, 95 % intervals over episodes',
        _table(
            ('order of the cells', 'deletion', 'insertion', 'score', 'score minus random'),
            [
                (
                    standing.order,
                    _number(standing.deletion),
                    _number(standing.insertion),
                    _interval(standing.score),
                    _interval(standing.gain),
                )
                for standing in summary.standings
            ],
        ),
    ]
    if len(summary.stages) > 1:
        parts += [
            'Weight randomisation: rank correlation with the trained map, by what is drawn anew',
            _randomisation(summary),
        ]
    if summary.pointing:
        parts += [
            'Peaks: how often they lie on an object, in its very cell / within one cell',
            _pointing(summary.pointing),
        ]
    parts += [
        f'Tokens masked: change of the action in {unit}',
        _table(
            ('masked', 'change'),
            [(short(name), _interval(change)) for name, change in summary.knock_out.items()],
        ),
    ]
    return '\n\n'.join(parts)


def short(name: str) -> str:
    """Return a name without LeRobot's prefix of cameras."""
    return name.removeprefix(_CAMERA)


def _randomisation(summary: Summary) -> str:
    names = list(summary.correlation)
    rows = [
        (stage, *(_number(summary.correlation[name][place]) for name in names))
        for place, stage in enumerate(summary.stages)
    ]
    return _table(('', *names), rows)


def _pointing(pointing: Sequence[PointingSummary]) -> str:
    blocks = []
    for camera in dict.fromkeys(each.camera for each in pointing):
        of_camera = [each for each in pointing if each.camera == camera]
        classes = list(of_camera[0].classes)
        heading = (
            f'{short(camera)} ({of_camera[0].frames_with_target} frames; the target is not to be '
            f'seen in {of_camera[0].frames_without_target} others)'
        )
        rows = [
            (each.explanation, *(_hits(each.classes[name]) for name in classes))
            for each in of_camera
        ]
        rows.append(('a random cell', *(_chance(of_camera[0].classes[name]) for name in classes)))
        blocks.append(_table((heading, *classes), rows))
    return '\n\n'.join(blocks)


def _hits(aim: Aim) -> str:
    return f'{_share(aim.in_cell)} / {_share(aim.within_one_cell)}'


def _chance(aim: Aim) -> str:
    parts = (aim.chance_in_cell, aim.chance_within_one_cell)
    return ' / '.join('-' if part is None else f'{part:.0%}' for part in parts)


def _share(interval: Interval | None) -> str:
    return '-' if interval is None else f'{interval.mean:.0%}'


def _number(interval: Interval | None) -> str:
    return '-' if interval is None else f'{interval.mean:.3f}'


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return '-'
    return f'{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[col]) for row in (heads, *rows)) for col in range(len(heads))]
    return '\n'.join(_lines(heads, rows, widths))


def _lines(
    heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> Iterator[str]:
    """Yield the lines of a table: the first column to the left, numbers to the right."""
    for row in (heads, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [f'{first[0]:<{first[1]}}', *(f'{cell:>{width}}' for cell, width in others)]
        yield '  ' + '  '.join(cells).rstrip()
