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

    def __str__(self) -> str:
        """Describe the selection in the words of a picture's label."""
        head = 'mean of heads' if self.head is None else f'head {self.head}'
        if self.query is not None:
            query = f'query {self.query}'
        elif self.queries_executed == 1:
            query = 'query 0'
        else:
            query = f'queries 0-{self.queries_executed - 1}'
        return f'layer {self.layer}, {head}, {query}'
