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

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """
    One layer, head and set of queries of the decoder's cross-attention.

    ``layer``: index, negative counts from the last. ``head``: index, or None for the mean
    over heads. ``query``: index into the action chunk, or None for the mean over
    ``queries_executed``, the first queries of the chunk: those of the actions that the
    schedule will execute.
    """

    layer: int = -1
    head: int | None = None
    query: int | None = None
    queries_executed: int = 1

    @property
    def queries(self) -> tuple[int, int]:
        """The selected queries, first and stop (exclusive)."""
        if self.query is None:
            return 0, self.queries_executed
        return self.query, self.query + 1

    def check(self, layers: int, heads: int, queries: int) -> None:
        """Raise ValueError, naming the valid range, if a model of this size lacks the weights."""
        if not -layers <= self.layer < layers:
            raise ValueError(
                f'attention layer {self.layer} is outside this policy (decoder layers: {layers}): '
                f'choose {-layers} to {layers - 1}'
            )
        if self.head is not None and not 0 <= self.head < heads:
            raise ValueError(
                f'attention head {self.head} is outside this policy (heads: {heads}): '
                f'choose 0 to {heads - 1}, or none for the mean over heads'
            )
        if self.query is not None and not 0 <= self.query < queries:
            raise ValueError(
                f'attention query {self.query} is outside this policy, whose chunk has {queries} '
                f'actions: choose 0 to {queries - 1}, or none for the mean over the executed ones'
            )
        if not 1 <= self.queries_executed <= queries:
            raise ValueError(
                f'{self.queries_executed} executed queries do not fit this policy, whose chunk '
                f'has {queries} actions: choose 1 to {queries}'
            )

    def __str__(self) -> str:
        """Describe the selection in the words of a picture's label."""
        head = 'mean of heads' if self.head is None else f'head {self.head}'
        first, stop = self.queries
        query = f'query {first}' if stop - first == 1 else f'queries {first}-{stop - 1}'
        layer = 'last layer' if self.layer == -1 else f'layer {self.layer}'
        return f'{layer}, {head}, {query}'
