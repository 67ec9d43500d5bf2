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

"""The third question, what is different in the failures: measured, and said in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.reports.comparison import Compared, Comparison, enough, Unit
from attention_mapper_ros.reports.contrast import contrast
from attention_mapper_ros.reports.map_contrast import map_contrasts, MapContrast
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.words import (
    counted,
    difference,
    listed,
    magnitude,
    number,
    place,
    size,
)

_FINE = 0.1  # below this, whole per cents on both sides do not show a difference
_NAMED = 2  # differences in one sentence; the table has them all
_FAMILIES = 2  # shares and the like, and cells of maps: one question, whose intervals all hold


@dataclass(frozen=True)
class Failures:
    """
    Failed minus successful episodes, of at least one each.

    ``numbers``: shares, entropy, length; None for fewer than three of either. ``maps``: of each
    camera, empty where none were kept. All intervals of both hold together.
    """

    numbers: Comparison | None
    maps: tuple[MapContrast, ...]

    @property
    def sure_cells(self) -> tuple[MapContrast, ...]:
        """The cameras in whose maps some cell is sure."""
        return tuple(each for each in self.maps if each.sure.any())


def failures(run: Run) -> Failures | None:
    """Compare failed with successful episodes; None where the recording tells of only one."""
    failed, succeeded = run.with_outcome(False), run.with_outcome(True)
    if not failed or not succeeded:
        return None
    known = enough(len(failed), len(succeeded))
    return Failures(
        contrast(failed, succeeded, _FAMILIES) if known else None,
        tuple(map_contrasts(failed, succeeded, families=_FAMILIES)),
    )


def failures_in_words(run: Run, found: Failures | None) -> str:
    """Say what is different in the failures, as far as their intervals allow."""
    failed, succeeded = len(run.with_outcome(False)), len(run.with_outcome(True))
    unknown = len(run.episodes) - failed - succeeded
    if not failed + succeeded:
        return 'The recording does not say which episodes failed.'
    if found is None or found.numbers is None:
        text = _too_few(failed, succeeded)
    else:
        text = _differences(run, found, found.numbers)
    if unknown:
        text += f' Of {counted(unknown, "episode")} the recording does not say how it ended.'
    return text


def _too_few(failed: int, succeeded: int) -> str:
    if not failed or not succeeded:
        total = failed + succeeded
        outcome = 'succeeded' if succeeded else 'failed'
        each = 'The only episode' if total == 1 else f'All {total} episodes'
        return f'{each} {outcome}: there is nothing to compare.'
    return (
        f'{failed} failed and {succeeded} succeeded: too few for a confidence interval, which '
        'takes three of each.'
    )


def _differences(run: Run, found: Failures, numbers: Comparison) -> str:
    failed, succeeded = numbers.episodes
    groups = f'the {failed} failures and the {succeeded} successes'
    shares = numbers.of_unit(Unit.SHARE)
    sure = [each for each in numbers.sure if each.quantity.unit is Unit.SHARE]
    entropies = [each for each in numbers.of_unit(Unit.ENTROPY) if each.sure]
    lengths = [each for each in numbers.of_unit(Unit.STEPS) if each.sure]
    if sure:
        named = enumerate(numbers.told(Unit.SHARE)[:_NAMED])
        parts = [_differs(each, first=not at) for at, each in named]
        text = f'Between {groups} there is a difference. In failures {listed(parts)}.'
    else:
        bound = max(each.bound for each in shares if not each.quantity.when)
        nothing = not (found.sure_cells or entropies)
        begins = f'Nothing in what it looks at that {groups} can show: no' if nothing else 'No'
        text = (
            f'{begins} share over the whole episode differs by more than '
            f'{magnitude(bound, Unit.SHARE)}, at 95 % confidence.'
        )
    text += _cells(run, found)
    if entropies and not sure:
        spread = 'more spread out' if entropies[0].difference > 0 else 'more concentrated'
        text += f' In failures it is {spread}: entropy {difference(entropies[0])}.'
    if lengths:
        more = 'longer' if lengths[0].difference > 0 else 'shorter'
        text += f' Failures are {size(lengths[0], f" {more}")}'
        text += ', so their phases are other times.' if sure else '.'
    return text


def _cells(run: Run, found: Failures) -> str:
    """Say at which cell failures differ most, where a map surely does."""
    if not found.sure_cells:
        return ''
    most = max(found.sure_cells, key=lambda each: float(np.abs(_kept(each)).max()))
    row, col = np.unravel_index(int(np.abs(_kept(most)).argmax()), most.sure.shape)
    camera = most.camera
    x, y = camera.cells.centre(int(row), int(col))
    at = place((x + 0.5) / camera.width, (y + 0.5) / camera.height)
    assert most.low is not None and most.high is not None  # it has sure cells
    bounds = sorted((abs(float(most.low[row, col])), abs(float(most.high[row, col]))))
    value = float(most.difference[row, col])
    return (
        f' Within camera {camera.name} they look {"more" if value > 0 else "less"} {at}, most at '
        f'pixel ({x:.0f}, {y:.0f}): {abs(value):.2f} times uniform {run.quantity} '
        f'{"above" if value > 0 else "below"} successes (95 % interval {bounds[0]:.2f} to '
        f'{bounds[1]:.2f}).'
    )


def _kept(found: MapContrast) -> NDArray[np.float64]:
    """Return the differences that are sure, 0 elsewhere, (row, col)."""
    return np.where(found.sure, found.difference, 0.0)


def _differs(each: Compared, first: bool) -> str:
    digits = 1 if abs(each.difference) < _FINE else 0
    gets = 'gets ' if first else ''
    when = each.quantity.when or 'over the whole episode'
    return (
        f'{each.quantity.what} {gets}{number(each.value, Unit.SHARE, digits)} instead of '
        f'{number(each.reference, Unit.SHARE, digits)} {when} ({difference(each)})'
    )
