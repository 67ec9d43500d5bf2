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

"""Numbers and names as people write them: shares, points, intervals, lists, places."""

from __future__ import annotations

from collections.abc import Sequence

from attention_mapper_ros.reports.comparison import Compared, Unit

_GROUPS = {
    'joints': 'the joint state',
    'latent': 'the latent token',
    'language': 'the instruction',
    'environment': 'the environment state',
}
_MINUS = '−'
_DIGITS = {Unit.ENTROPY: 3, Unit.DISTANCE: 3}
_NOTHING = 1e-6  # what rounding leaves


def group_words(group: str, cameras: Sequence[str]) -> str:
    """Name a token group within a sentence."""
    return f'camera {group}' if group in cameras else _GROUPS.get(group, group)


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does: ``a, b and c``."""
    if len(parts) < 2:
        return ''.join(parts)
    return f'{", ".join(parts[:-1])} and {parts[-1]}'


def counted(number: int, one: str, many: str = '') -> str:
    """Return ``1 episode``, ``2 episodes``."""
    return f'{number} {one if number == 1 else many or one + "s"}'


def number(value: float, unit: Unit, digits: int | None = None) -> str:
    """Write a value with its unit: ``62 %``, ``0.71``, ``41 steps``."""
    if unit in (Unit.SHARE, Unit.PICTURE):
        return f'{_plain(100 * value, 0 if digits is None else digits)} %'
    if unit is Unit.STEPS:
        return f'{_plain(value, 0 if digits is None else digits)} steps'
    if unit is Unit.ACTION:
        return f'{value:.3g}'.replace('-', _MINUS)
    return _plain(value, 2 if digits is None else digits)


def difference(found: Compared) -> str:
    """Write a difference with its interval: ``−21.0 points, 95 % interval −25.2 to −16.8``."""
    low, high = (_signed(bound, found.quantity.unit) for bound in (found.low, found.high))
    return f'{bare_difference(found)}, 95 % interval {low} to {high}'


def size(found: Compared, more: str = '') -> str:
    """
    Write how large a sure difference is, for a sentence that names its direction.

    ``9.0 steps longer (95 % interval 6.1 to 12.0)``, with ``more`` for the words after the unit.
    """
    unit = found.quantity.unit
    inner, outer = sorted((abs(found.low), abs(found.high)))
    return (
        f'{magnitude(abs(found.difference), unit)}{more} '
        f'(95 % interval {_bare(inner, unit)} to {_bare(outer, unit)})'
    )


def bare_difference(found: Compared) -> str:
    """Write a difference with its sign and unit, ``+3.2 points``."""
    unit = found.quantity.unit
    return f'{_signed(found.difference, unit)}{_suffix(unit)}'


def interval(found: Compared) -> str:
    """Write the bounds of a difference in brackets, ``[−25.2, −16.8]``."""
    low, high = (_signed(bound, found.quantity.unit) for bound in (found.low, found.high))
    return f'[{low}, {high}]'


def magnitude(value: float, unit: Unit) -> str:
    """Write how large a difference is, without a sign: ``4.2 points``."""
    return f'{_bare(value, unit)}{_suffix(unit)}'


def place(x: float, y: float) -> str:
    """Say where in a picture a point lies; x and y are parts of its width and height."""
    row = 'upper' if y < 1 / 3 else 'lower' if y > 2 / 3 else ''
    col = 'left' if x < 1 / 3 else 'right' if x > 2 / 3 else ''
    if not row and not col:
        return 'in the middle'
    if row and col:
        return f'in the {row} {col}'
    return f'at the {col}, half way up' if col else f'in the {row} middle'


def _signed(value: float, unit: Unit) -> str:
    """Write a difference in its unit, without naming that."""
    text = _bare(abs(value), unit)
    if float(text) == 0:
        return text
    return f'{_MINUS}{text}' if value < 0 else f'+{text}'


def _bare(value: float, unit: Unit) -> str:
    """Write a number that is not negative; a trace is kept apart from nothing."""
    if unit is Unit.ACTION:
        return f'{value:.2g}'
    scaled = 100 * value if unit in (Unit.SHARE, Unit.PICTURE) else value
    text = f'{scaled:.{_DIGITS.get(unit, 1)}f}'
    return text if float(text) > 0 or scaled < _NOTHING else f'{scaled:.1g}'


def _suffix(unit: Unit) -> str:
    return {
        Unit.SHARE: ' points',
        Unit.PICTURE: ' % of the picture',
        Unit.STEPS: ' steps',
    }.get(unit, '')


def _plain(value: float, digits: int) -> str:
    text = f'{abs(value):.{digits}f}'
    return text if value >= 0 or float(text) == 0 else f'{_MINUS}{text}'
