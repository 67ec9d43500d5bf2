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

"""What pictures share: ground, ink, a colour and a name per token group, written shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Colour = tuple[int, int, int]

GROUND: Colour = (16, 18, 24)
INK: Colour = (240, 242, 246)
DIM: Colour = (150, 156, 168)

# Okabe and Ito's palette, told apart with any colour vision.
CAMERA_COLOURS: tuple[Colour, ...] = (
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
)
GROUP_COLOURS: Mapping[str, Colour] = {
    'joints': (230, 159, 0),
    'environment': (213, 94, 0),
    'language': (122, 130, 240),
    'latent': (128, 134, 146),
}
# Traces of actions: the bright one is the policy's, the quiet one what really happened.
PREDICTED: Colour = (240, 228, 66)
RECORDED: Colour = (136, 148, 172)
# Outlines of regions, one per identity: cool and light, what the warm colour maps are not.
REGION_COLOURS: tuple[Colour, ...] = (
    (110, 214, 255),
    (120, 240, 160),
    (240, 242, 246),
    (190, 176, 255),
)
CAMERA_PREFIX = 'observation.images.'


def short_name(group: str) -> str:
    """Name of a token group for people: a camera without its feature prefix."""
    return group.removeprefix(CAMERA_PREFIX)


def group_colours(groups: Sequence[str]) -> dict[str, Colour]:
    """Colour of each token group; cameras take theirs in order."""
    colours: dict[str, Colour] = {}
    cameras = 0
    for group in groups:
        if group in GROUP_COLOURS:
            colours[group] = GROUP_COLOURS[group]
        else:
            colours[group] = CAMERA_COLOURS[cameras % len(CAMERA_COLOURS)]
            cameras += 1
    return colours


def percent(share: float) -> str:
    """Write a share as a whole percentage, keeping a trace apart from nothing."""
    if 0 < share < 0.005:
        return '<1 %'
    return f'{100 * share:.0f} %'
