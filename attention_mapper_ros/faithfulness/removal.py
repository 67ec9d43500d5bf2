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
Deletion and insertion for every order of the cells, on every frame.

Deletion is good when the action changes early, insertion when it comes back early. An order that
knows nothing has the same area under both, so their difference is what an order knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.curves import Curves, curves_of_orders
from attention_mapper_ros.attention.infill import Infill
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.orders import centre_order, order_of, random_order
from attention_mapper_ros.faithfulness.sample import Sample, Score, Track, untracked
from attention_mapper_ros.policies.adapter import PolicyAdapter

RANDOM, CENTRE = 'random', 'centre'
REFERENCES = (RANDOM, CENTRE)
# Random orders of each frame, averaged: one alone would be most of the interval's width.
_RANDOM_ORDERS = 3


@dataclass(frozen=True)
class Removal:
    """
    What the action does when cells go and come.

    ``curves``: order of the cells to the curves of every frame; an order is an explanation's
    name, ``random`` (the mean of three) or ``centre``.
    """

    curves: Mapping[str, tuple[Curves, ...]]

    @property
    def full_change(self) -> float:
        """Mean change of the action when all pictures are blurred: the unit of ``scores``."""
        return float(np.mean([each.full_change for each in self.curves[RANDOM]]))

    def areas(self, order: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the areas under deletion and insertion, (frame,), in units of the action."""
        each = self.curves[order]
        return (
            np.array([c.deletion_area for c in each]),
            np.array([c.insertion_area for c in each]),
        )

    def scores(self, order: str) -> NDArray[np.float64]:
        """
        Return deletion minus insertion area over ``full_change``, (frame,).

        Its mean is about 0 for an order that knows nothing and about 1 for the best, more where
        a part blurred moves the action further than the whole. The divisor is the same for all
        frames: divided by its own, a frame in which the pictures hardly matter to the action
        would count as much as any other, and its noise most of all.
        """
        deletion, insertion = self.areas(order)
        return (deletion - insertion) / (self.full_change or 1.0)


def remove(
    adapter: PolicyAdapter,
    samples: Sequence[Sample],
    maps: Sequence[Mapping[str, AttentionMaps]],
    score: Score,
    steps: int,
    seed: int = 0,
    track: Track = untracked,
) -> Removal:
    """
    Blur the cells and bring them back in ``steps`` parts, in every order.

    ``maps``: those of every sample, by name. Raises ValueError for more steps than cells.
    """
    layout = adapter.layout
    rng = np.random.default_rng(seed)
    infill = Infill.of_images(layout, samples[0].observation.images)
    collected: dict[str, list[Curves]] = {}
    for number, sample in enumerate(track(samples, 'deletion and insertion')):
        images = sample.observation.images
        sizes = {name: (image.shape[0], image.shape[1]) for name, image in images.items()}
        orders = _orders(layout, sizes, maps[number], rng)
        predict = score.predict(adapter, sample.observation)
        found = curves_of_orders(predict, images, layout, orders, steps, score.batch, infill)
        drawn = [found.pop(_numbered(draw)) for draw in range(_RANDOM_ORDERS)]
        for name, each in {**found, RANDOM: _mean(drawn)}.items():
            collected.setdefault(name, []).append(each)
    return Removal({name: tuple(each) for name, each in collected.items()})


def _orders(
    layout: TokenLayout,
    sizes: Mapping[str, tuple[int, int]],
    maps: Mapping[str, AttentionMaps],
    rng: np.random.Generator,
) -> dict[str, NDArray[np.intp]]:
    return {
        **{name: order_of(each, rng) for name, each in maps.items()},
        CENTRE: centre_order(layout, sizes, rng),
        **{_numbered(draw): random_order(layout, rng) for draw in range(_RANDOM_ORDERS)},
    }


def _numbered(draw: int) -> str:
    return f'{RANDOM} {draw}'


def _mean(each: Sequence[Curves]) -> Curves:
    return Curves(
        each[0].fractions,
        np.mean([c.deletion for c in each], axis=0),
        np.mean([c.insertion for c in each], axis=0),
    )
