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
The first paragraph: what the policy looks at, when that changes, what failures differ in.

Every sentence is made from the numbers, and says only what their intervals allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attention_mapper_ros.reports.changes import Change, Changes
from attention_mapper_ros.reports.comparison import enough, Unit
from attention_mapper_ros.reports.failures import Failures, failures_in_words
from attention_mapper_ros.reports.looks import GroupShare, Looks
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.words import (
    counted,
    difference,
    group_words,
    listed,
    magnitude,
    number,
    place,
    size,
)

_NEGLIGIBLE = 0.01  # of all attention: groups below it are not listed in a sentence
_HARDLY = 0.02  # a change of two points and less is said to be hardly one
_AXES = {'x': ('width', ('left', 'right')), 'y': ('height', ('up', 'down'))}
_FINE = 0.1  # below this, whole per cents on both sides do not show a difference
_NAMED = 2  # changes in one sentence; the table has them all


@dataclass(frozen=True)
class Answer:
    """A question and what the episodes say to it, in plain words."""

    question: str
    text: str


def answers(
    run: Run, looked: Looks, changed: Changes | None, failed: Failures | None
) -> tuple[Answer, ...]:
    """Return the three answers."""
    return (
        Answer('What does it look at?', _looks(run, looked)),
        Answer('When does that change?', _changes(run, changed)),
        Answer('What is different in the failures?', failures_in_words(run, failed)),
    )


def _looks(run: Run, looked: Looks) -> str:
    cameras = [camera.name for camera in run.cameras]
    named = [share for share in looked.shares if share.mean >= _NEGLIGIBLE] or looked.shares
    digits = _digits(named)
    parts = [
        f'{number(share.mean, Unit.SHARE, digits)} {"lies " if share is named[0] else ""}on '
        f'{group_words(share.group, cameras)}{_bounds(share, share is named[0], digits)}'
        for share in named
    ]
    text = f'Of the {run.quantity}, {listed(parts)}.'
    for peak in looked.peaks:
        if looked.of(peak.camera).mean >= _NEGLIGIBLE:
            text += (
                f' Within camera {peak.camera} the peak is most often {place(*peak.at)}, at pixel '
                f'({peak.x:.0f}, {peak.y:.0f}): in {number(peak.share, Unit.SHARE)} of the steps.'
            )
    if not enough(len(run.episodes)):
        text += (
            f' {counted(len(run.episodes), "episode")} {_allow(len(run.episodes))} no confidence '
            'interval: three or more are needed.'
        )
    return text


def _bounds(share: GroupShare, first: bool, digits: int) -> str:
    if share.low is None or share.high is None:
        return ''
    low = number(share.low, Unit.SHARE, digits).removesuffix(' %')
    high = number(share.high, Unit.SHARE, digits)
    return f' ({"95 % interval " if first else ""}{low} to {high})'


def _digits(shares: Sequence[GroupShare]) -> int:
    """Return 1 where a whole per cent would be too coarse for an interval, else 0."""
    widths = [
        share.high - share.low
        for share in shares
        if share.low is not None and share.high is not None
    ]
    return int(bool(widths) and min(widths) < 0.03)


def _changes(run: Run, changed: Changes | None) -> str:
    if changed is None:
        if enough(len(run.episodes)):
            return 'Nothing can change in episodes of a single step.'
        return (
            f'{counted(len(run.episodes), "episode")} {_allow(len(run.episodes))} no statement: '
            'three or more are needed.'
        )
    shares = changed.greatest(Unit.SHARE)
    cameras = [camera.name for camera in run.cameras]
    if not shares:
        bound = max(change.found.bound for change in changed.of_unit(Unit.SHARE))
        text = (
            f'No share changes by as much as these {len(run.episodes)} episodes could show: from '
            'one fifth of the episode to the next, and from the first to the last, any change is '
            f'below {magnitude(bound, Unit.SHARE)}, at 95 % confidence.'
        )
    else:
        together = [change for change in shares if change.at == shares[0].at][:_NAMED]
        hardly = abs(shares[0].found.difference) < _HARDLY
        parts = [_moved(change, cameras) for change in together]
        text = f'{_moment(shares[0], hardly)}{listed(parts)}.'
    return text + _wanders(run, changed)


def _moment(change: Change, hardly: bool) -> str:
    if change.at is None:
        begins = 'Hardly, and gradually' if hardly else 'Gradually'
        return f'{begins}: from the first fifth of an episode to the last, '
    begins = 'Hardly; most' if hardly else 'Most'
    return (
        f'{begins} around {change.at} % of an episode: from the fifth before it to the fifth '
        'after, '
    )


def _moved(change: Change, cameras: list[str]) -> str:
    found = change.found
    verb = 'rises' if found.difference > 0 else 'falls'
    digits = 1 if abs(found.difference) < _FINE else 0
    start = number(found.reference, Unit.SHARE, digits)
    end = number(found.value, Unit.SHARE, digits)
    return (
        f'the share of {group_words(found.quantity.group, cameras)} {verb} from {start} to {end} '
        f'({difference(found)})'
    )


def _wanders(run: Run, changed: Changes) -> str:
    """Say how the centre of the attention moves within the picture, where it surely does."""
    places = [
        change
        for change in changed.greatest(Unit.PICTURE)
        if abs(change.found.difference) >= _HARDLY
    ]
    if not places:
        return ''
    change = places[0]
    found = change.found
    along, towards = _AXES[found.quantity.what]
    when = 'in the course of the episode' if change.at is None else f'around {change.at} %'
    text = size(found).replace(' of the picture', f" of the picture's {along}")
    return (
        f' Within camera {found.quantity.group} its centre moves {towards[found.difference > 0]} '
        f'{when} by {text}.'
    )


def _allow(episodes: int) -> str:
    return 'allows' if episodes == 1 else 'allow'
