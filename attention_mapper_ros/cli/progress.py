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

"""How far a long computation is: a bar on a terminal, plain lines elsewhere. On standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import sys
import time
from typing import TypeVar

Item = TypeVar('Item')

_LINE_EVERY_S = 30.0


def track(items: Sequence[Item], title: str) -> Iterator[Item]:
    """Yield the items and show, after each, how many are done."""
    if sys.stderr.isatty():
        yield from _with_bar(items, title)
    else:
        yield from _with_lines(items, title)


def _with_bar(items: Sequence[Item], title: str) -> Iterator[Item]:
    from tqdm import tqdm  # comes with LeRobot

    yield from tqdm(items, desc=title, file=sys.stderr, dynamic_ncols=True, leave=False)


def _with_lines(items: Sequence[Item], title: str) -> Iterator[Item]:
    """Yield the items; say now and then, and at the end, how far it is."""
    began = said = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if done == len(items) or now - said >= _LINE_EVERY_S:
            said = now
            print(f'{title}: {done} of {len(items)}, {now - began:.0f} s', file=sys.stderr)
