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
Deletion and insertion: how much of the action hangs on the cells that a method calls relevant.

Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models"
(BMVC 2018), carried over to policies: the change of the executed actions takes the place of a
class's probability, and both curves use blur, where theirs delete with one constant colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.action_change import (
    action_change,
    Predict,
    predict_in_batches,
    Progress,
)
from attention_mapper_ros.attention.infill import Images, Infill
from attention_mapper_ros.attention.layout import TokenLayout

DEFAULT_STEPS = 10


@dataclass(frozen=True)
class Curves:
    """
    The two curves of one order of cells on one frame. All arrays are (step + 1,) float64.

    ``fractions``: part of all cells that was treated, from 0 to 1. ``deletion``: change of the
    executed actions once so many of the most relevant cells are blurred; the better the order,
    the larger and earlier. ``insertion``: distance that remains to the original's actions once
    so many of them have been put back into the blurred picture; the better, the smaller. Both
    in the units of the robot. Deletion ends, and insertion starts, at ``full_change``.
    """

    fractions: NDArray[np.float64]
    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def full_change(self) -> float:
        """Change of the executed actions when everything is blurred, in robot units."""
        return float(self.deletion[-1])

    @property
    def deletion_area(self) -> float:
        """Area under the deletion curve in robot units, higher is better."""
        return _area(self.deletion, self.fractions)

    @property
    def insertion_area(self) -> float:
        """Area under the insertion curve in robot units, lower is better."""
        return _area(self.insertion, self.fractions)

    @property
    def relative_deletion_area(self) -> float | None:
        """Deletion area over ``full_change``; None when blurring everything changes nothing."""
        return self.deletion_area / self.full_change if self.full_change else None

    @property
    def relative_insertion_area(self) -> float | None:
        """Insertion area over ``full_change``; None when blurring everything changes nothing."""
        return self.insertion_area / self.full_change if self.full_change else None


def curves(
    predict: Predict,
    images: Images,
    layout: TokenLayout,
    order: NDArray[np.intp],
    steps: int = DEFAULT_STEPS,
    batch: int = 16,
    infill: Infill | None = None,
    progress: Progress | None = None,
) -> Curves:
    """
    Return the deletion and insertion curve of one order of cells.

    ``order``: (cell,) every cell once, most relevant first. Runs the policy on
    ``2 * steps`` pictures. See ``curves_of_orders`` for the rest.
    """
    orders = {'order': order}
    every = curves_of_orders(predict, images, layout, orders, steps, batch, infill, progress)
    return every['order']


def curves_of_orders(
    predict: Predict,
    images: Images,
    layout: TokenLayout,
    orders: Mapping[str, NDArray[np.intp]],
    steps: int = DEFAULT_STEPS,
    batch: int = 16,
    infill: Infill | None = None,
    progress: Progress | None = None,
) -> dict[str, Curves]:
    """
    Return the curves of several orders on the same frame, batched together.

    The original and the wholly blurred picture are common to all and predicted once, so that
    the policy runs on ``2 + 2 * (steps - 1) * len(orders)`` pictures, ``batch`` at a time.
    ``steps``: how often cells are treated, in equal parts (rounded to cells). ``infill`` is
    made for these images when none is given.

    Raises ValueError for an order that is not a permutation of the cells, for more steps than
    cells, and for what ``Infill`` and ``predict_in_batches`` refuse.
    """
    infill = infill or Infill.of_images(layout, images)
    if not 1 <= steps <= infill.cells:
        raise ValueError(f'{steps} steps over {infill.cells} cells: choose 1 to {infill.cells}')
    for name, order in orders.items():
        if not np.array_equal(np.sort(order), np.arange(infill.cells)):
            raise ValueError(
                f'order {name!r} does not name each of the {infill.cells} cells once: give a '
                'permutation of their numbers'
            )
    counts = np.rint(np.linspace(0, infill.cells, steps + 1)).astype(np.intp)  # (step + 1,)
    masks = np.stack(list(_masks(orders, counts, infill.cells)))  # (picture, cell)
    blurred = infill.blurred(images)
    pictures = (infill.with_cells(images, blurred, mask) for mask in masks)
    actions = predict_in_batches(predict, pictures, batch, progress)
    changes = action_change(actions[1:], actions[0])
    between = changes[1:].reshape(len(orders), 2, steps - 1)  # (order, curve, step - 1)
    fractions = counts / infill.cells
    return {
        name: Curves(
            fractions,
            deletion=np.array([0.0, *deletion, changes[0]]),
            insertion=np.array([changes[0], *insertion, 0.0]),
        )
        for name, (deletion, insertion) in zip(orders, between, strict=True)
    }


def _masks(
    orders: Mapping[str, NDArray[np.intp]], counts: NDArray[np.intp], cells: int
) -> Iterator[NDArray[np.bool_]]:
    """Yield which cells are blurred: none, all, then each order's deletion and insertion."""
    yield np.zeros(cells, np.bool_)
    yield np.ones(cells, np.bool_)
    for order in orders.values():
        rank = np.empty(cells, np.intp)  # (cell,) the place of each cell in the order
        rank[order] = np.arange(cells)
        yield from (rank < count for count in counts[1:-1])
        yield from (rank >= count for count in counts[1:-1])


def _area(heights: NDArray[np.float64], fractions: NDArray[np.float64]) -> float:
    """Return the area by the trapezoid rule."""
    return float(((heights[1:] + heights[:-1]) / 2 * np.diff(fractions)).sum())
