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
What is kept of the attention weights of one forward.

A forward names each of its attentions by a ``Place`` and asks the capture whether somebody
wants it. What nobody wants need not be computed: scaled-dot-product attention never makes
the weights. What is wanted is cut down at once, on the device where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import nn

from attention_mapper_ros.attention.places import Place

# Cuts weights, (batch, head, query, token), down to what is kept. A forward may hand the
# queries over in blocks; what is kept of them is joined along the last dimension but one.
Keep: TypeAlias = Callable[[torch.Tensor], torch.Tensor]


class Capture:
    """
    Keeps what is wanted of the weights of one forward, for one or several who want it.

    Serves one forward on one thread.
    """

    def __init__(self, *wanted: Mapping[Place, Keep]) -> None:
        """Take what each of them wants kept, by place."""
        self._wanted = wanted
        self._blocks: list[dict[Place, list[torch.Tensor]]] = [
            {place: [] for place in places} for places in wanted
        ]

    def wants(self, place: Place) -> bool:
        """Return whether anybody wants the weights of this place."""
        return any(place in places for places in self._wanted)

    def put(self, place: Place, weights: torch.Tensor) -> None:
        """Keep what is wanted of a block of queries, (batch, head, query, token) float32."""
        for places, blocks in zip(self._wanted, self._blocks, strict=True):
            if keep := places.get(place):
                blocks[place].append(keep(weights))

    def records(self, index: int = 0) -> dict[Place, torch.Tensor]:
        """
        Return what was kept for the index-th who wanted something.

        Raises RuntimeError if the forward passed a wanted place by.
        """
        for place, blocks in self._blocks[index].items():
            if not blocks:
                raise RuntimeError(f'the forward computed no attention at {place}')
        return {
            place: blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=-2)
            for place, blocks in self._blocks[index].items()
        }


def compiled_module(model: nn.Module) -> str | None:
    """Return the name of the first torch.compile'd module in the model, None without one."""
    for name, module in model.named_modules():
        # torch.compile() wraps a module and keeps it as _orig_mod, nn.Module.compile() marks it.
        if hasattr(module, '_orig_mod') or module._compiled_call_impl is not None:
            return name or type(module).__name__
    return None
