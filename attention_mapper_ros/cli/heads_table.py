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

"""What `attention-mapper heads` says of the heads: a table, and which look at which camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attention_mapper_ros.attention.heads import HeadStatistics
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.rendering.palette import percent, short_name

MOSTLY = 0.5  # of its attention: such a head looks at the cameras
CLEARLY = 1.2  # times as much per token as to the next camera: it looks at that one
ELSEWHERE, ALL_ALIKE = '-', 'all alike'


def table(heads: Sequence[HeadStatistics], layout: TokenLayout) -> str:
    """Return a line per head, right under a line of captions."""
    groups = [short_name(group) for group in heads[0].shares]
    rows = [['attention', 'layer', 'head', 'entropy', *groups, 'distance', 'camera']]
    rows += [
        [
            head.module,
            str(head.layer),
            str(head.head),
            f'{head.entropy:.2f}',
            *(percent(share) for share in head.shares.values()),
            f'{head.distance:.2f}',
            short_name(looks_at(head, layout)),
        ]
        for head in heads
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return '\n'.join(
        '  '.join(
            cell.ljust(width) if index in (0, last) else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


EXPLANATION = f"""\
entropy: 0 is one single token, 1 is all tokens alike; then the share of every kind of token
distance: to the mean head of the layer, 0 is the same, 1 is nothing in common
camera: gets {CLEARLY} times as much per token as any other; {ELSEWHERE} where all together get \
less than half"""


def sentences(heads: Sequence[HeadStatistics], layout: TokenLayout) -> str:
    """Say which heads look at which camera, as layer.head, and how many at none."""
    cameras = [camera.feature for camera in layout.cameras]
    found = [looks_at(head, layout) for head in heads]
    lines = []
    for camera in cameras:
        names = _by_module(heads, found, camera) or 'none'
        lines.append(f'Heads (layer.head) that look at {short_name(camera)}: {names}.')
    if ALL_ALIKE in found:
        names = _by_module(heads, found, ALL_ALIKE)
        lines.append(f'Heads that look at all cameras alike: {names}.')
    elsewhere = [head for head, at in zip(heads, found, strict=True) if at == ELSEWHERE]
    if elsewhere:
        lines.append(
            f'{len(elsewhere)} of {len(heads)} heads look at something else: '
            f'{", ".join(_by_group(elsewhere))}.'
        )
    return '\n'.join(lines)


def looks_at(head: HeadStatistics, layout: TokenLayout) -> str:
    """Return the camera that a head looks at, ALL_ALIKE, or ELSEWHERE."""
    if sum(head.shares[camera.feature] for camera in layout.cameras) < MOSTLY:
        return ELSEWHERE
    per_token = {
        camera.feature: head.shares[camera.feature] / (camera.stop - camera.start)
        for camera in layout.cameras
    }
    first, *others = sorted(per_token, key=per_token.__getitem__, reverse=True)
    if others and per_token[first] < CLEARLY * per_token[others[0]]:
        return ALL_ALIKE
    return first


def _by_module(heads: Sequence[HeadStatistics], found: Sequence[str], where: str) -> str:
    """Name the heads that look there: encoder_self 0.1, 2.3; decoder_cross 0.0."""
    looking = [head for head, at in zip(heads, found, strict=True) if at == where]
    parts = []
    for module in dict.fromkeys(head.module for head in looking):
        names = [f'{head.layer}.{head.head}' for head in looking if head.module == module]
        parts.append(f'{module} {", ".join(names)}')
    return '; '.join(parts)


def _by_group(heads: Sequence[HeadStatistics]) -> Iterator[str]:
    """Count the heads by the group to which each gives most."""
    greatest = [max(head.shares, key=head.shares.__getitem__) for head in heads]
    for group in sorted(set(greatest), key=greatest.count, reverse=True):
        yield f'{short_name(group)} {greatest.count(group)}'
