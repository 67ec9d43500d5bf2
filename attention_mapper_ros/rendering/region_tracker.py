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
Which region of a frame is which region of the frame before.

Association by intersection over union alone, the best pair first, as in Bochinski, Eiselein and
Sikora, "High-Speed Tracking-by-Detection Without Using Image Information" (AVSS 2017); the
threshold and the patience with what is gone for a while are those of SORT (Bewley et al., "Simple
Online and Realtime Tracking", ICIP 2016), whose motion model regions on a grid of cells, which
leap, do not obey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attention_mapper_ros.rendering.legend import Box

LEAST_OVERLAP = 0.3  # of intersection over union, SORT's own
LONGEST_GAP = 5  # frames; half a second at 10 Hz


@dataclass
class _Track:
    identity: int
    box: Box
    missed: int = 0  # frames since it was seen


class RegionTracker:
    """
    Gives every region of a frame an identity, 1, 2, 3, that it keeps from frame to frame.

    Pairs of an old and a new box are taken in the order of their overlap, down to
    ``least_overlap``; of equal ones the lower identity, then the earlier box. One that is gone
    for up to ``longest_gap`` frames gets its identity back where it was last seen. Identities
    are never used twice. The same boxes always get the same ones. One instance per camera and
    episode.
    """

    def __init__(
        self, least_overlap: float = LEAST_OVERLAP, longest_gap: int = LONGEST_GAP
    ) -> None:
        self._least_overlap = least_overlap
        self._longest_gap = longest_gap
        self._tracks: list[_Track] = []
        self._given = 0

    def update(self, boxes: Sequence[Box]) -> tuple[int, ...]:
        """Take the boxes of the next frame; return one identity for each, in their order."""
        for track in self._tracks:
            track.missed += 1
        identities: dict[int, int] = {}  # place in boxes to identity
        taken: set[int] = set()
        for _, identity, place in sorted(self._overlaps(boxes)):
            if identity not in taken and place not in identities:
                identities[place] = identity
                taken.add(identity)
        by_identity = {track.identity: track for track in self._tracks}
        for place, box in enumerate(boxes):
            if place not in identities:
                self._given += 1
                identities[place] = self._given
                self._tracks.append(_Track(self._given, box))
            else:
                track = by_identity[identities[place]]
                track.box, track.missed = box, 0
        self._tracks = [track for track in self._tracks if track.missed <= self._longest_gap]
        return tuple(identities[place] for place in range(len(boxes)))

    def _overlaps(self, boxes: Sequence[Box]) -> list[tuple[float, int, int]]:
        """Return what can be one region: (minus overlap, identity, place in boxes)."""
        pairs = [
            (-overlap(track.box, box), track.identity, place)
            for track in self._tracks
            for place, box in enumerate(boxes)
        ]
        return [pair for pair in pairs if -pair[0] >= self._least_overlap]


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over the union of two boxes, 0 to 1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(width, 0) * max(height, 0)
    either = one.width * one.height + other.width * other.height - both
    return both / either if either > 0 else 0.0
