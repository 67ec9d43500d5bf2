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

"""Which of a policy's attention weights are wanted, and how they are named in labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF, MODULES

# One index, several, or how to reduce over all of them. Negative indices count from the last.
Pick: TypeAlias = int | tuple[int, ...] | Literal['mean', 'max']

_DIMENSIONS = ('layer', 'head', 'query')


@dataclass(frozen=True)
class Selection:
    """
    Layers, heads and queries of one kind of attention.

    An index or a list keeps those apart, ``mean`` and ``max`` reduce over the dimension; a map
    is the mean over whatever was kept apart. ``mean`` and ``max`` over queries run over the
    first ``queries_executed`` ones, those of the actions that the schedule will execute (of
    the encoder's self-attention: over all tokens). ``module`` is one of ``capture.MODULES``.
    """

    layers: Pick = -1
    heads: Pick = 'mean'
    queries: Pick = 'mean'
    module: str = DECODER_CROSS
    queries_executed: int = 1

    def check(self, layers: int, heads: int, queries: int) -> None:
        """Raise ValueError, naming the valid range, if an attention of this size lacks a pick."""
        if self.module not in MODULES:
            raise ValueError(
                f'attention module {self.module!r} is unknown: choose {", ".join(MODULES)}'
            )
        sizes = (layers, heads, queries)
        for name, pick, size in zip(_DIMENSIONS, self._picks(), sizes, strict=True):
            _check_pick(name, pick, size, self.module)
        if self.module != ENCODER_SELF and not 1 <= self.queries_executed <= queries:
            raise ValueError(
                f'{self.queries_executed} executed queries do not fit this policy, whose chunk '
                f'has {queries} actions: choose 1 to {queries}'
            )

    def _picks(self) -> tuple[Pick, Pick, Pick]:
        return self.layers, self.heads, self.queries

    def __str__(self) -> str:
        """Describe the selection in the words of a picture's label."""
        words = [_words('layer', self.layers), _words('head', self.heads), self.queries_in_words()]
        if self.module != DECODER_CROSS:
            words.insert(0, self.module.replace('_', ' '))
        return ', '.join(words)

    def queries_in_words(self) -> str:
        """Describe the queries alone, for what shows every layer and head."""
        if not isinstance(self.queries, str):
            return _words('query', self.queries)
        if self.module == ENCODER_SELF:
            return f'{self.queries} of tokens'
        last = self.queries_executed - 1
        queries = f'queries 0-{last}' if last else 'query 0'
        return queries if self.queries == 'mean' or not last else f'{self.queries} of {queries}'


def parse_pick(value: int | str | Sequence[int], name: str) -> Pick:
    """
    Return the pick that a parameter or a command line says.

    ``mean``, ``max``, ``last``, an index, or several: ``3``, ``'3'``, ``'0,2'``, ``[0, 2]``.
    Raises ValueError, with ``name``, for anything else.
    """
    if isinstance(value, str):
        word = value.strip()
        words: dict[str, Pick] = {'mean': 'mean', 'max': 'max', 'last': -1}
        if word in words:
            return words[word]
        parts: Sequence[int | str] = word.split(',')
    elif isinstance(value, int):
        parts = (value,)
    else:
        parts = value
    try:
        indices = tuple(_index(part) for part in parts)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'{name} is {value!r}: give an index, several (0,2), mean, max or last'
        ) from error
    if not indices or len(set(indices)) != len(indices):
        raise ValueError(f'{name} is {value!r}: give at least one index, and each only once')
    return indices[0] if len(indices) == 1 else indices


def indices(pick: Pick, size: int) -> tuple[int, ...]:
    """Return the indices that a pick covers, counted from 0; all of them for mean and max."""
    if isinstance(pick, str):
        return tuple(range(size))
    return tuple(index % size for index in ((pick,) if isinstance(pick, int) else pick))


def _index(part: int | str) -> int:
    if isinstance(part, bool | float):
        raise TypeError(f'{part!r} is no index')
    return int(part)


def _check_pick(name: str, pick: Pick, size: int, module: str) -> None:
    if isinstance(pick, str):
        if pick not in {'mean', 'max'}:
            raise ValueError(f'attention {name} {pick!r} is unknown: choose an index, mean or max')
        return
    for index in (pick,) if isinstance(pick, int) else pick:
        if not -size <= index < size:
            raise ValueError(
                f'attention {name} {index} is outside this policy '
                f'({module.replace("_", " ")} has {size}): choose {-size} to {size - 1}, or mean '
                'or max over them'
            )
    kept = indices(pick, size)
    if not kept or len(set(kept)) != len(kept):
        raise ValueError(
            f'attention {name} {pick} must name at least one index, and each only once '
            f'({-size} is the same as 0)'
        )


def _words(name: str, pick: Pick) -> str:
    plural = 'queries' if name == 'query' else f'{name}s'
    if isinstance(pick, str):
        return f'{pick} of {plural}'
    if isinstance(pick, int):
        return f'last {name}' if pick == -1 else f'{name} {pick}'
    return f'{plural} {"+".join(str(index) for index in pick)}'
