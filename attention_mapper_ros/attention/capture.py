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
from dataclasses import dataclass

import torch
from torch import nn

ENCODER_SELF = 'encoder_self'
DECODER_SELF = 'decoder_self'
DECODER_CROSS = 'decoder_cross'
MODULES = (ENCODER_SELF, DECODER_SELF, DECODER_CROSS)


@dataclass(frozen=True)
class Place:
    """One attention of a model: which kind (one of ``MODULES``), and its layer from 0."""

    module: str
    layer: int


class Capture:
    """
    Keeps what is wanted of the weights of one forward.

    ``wanted``: what to keep of the weights at a place, (batch, head, query, token), cut out
    while they are there; the result stands in ``records`` afterwards. Every wanted place must
    be met exactly once, which ``check`` makes sure of. Serves one forward on one thread.
    """

    def __init__(self, wanted: Mapping[Place, Callable[[torch.Tensor], torch.Tensor]]) -> None:
        self._wanted = dict(wanted)
        self.records: dict[Place, torch.Tensor] = {}

    def wants(self, place: Place) -> bool:
        """Return whether the weights of this place have to be computed."""
        return place in self._wanted

    def weights(self, place: Place, weights: torch.Tensor) -> torch.Tensor:
        """Keep what is wanted of these weights and return those that the forward goes on with."""
        if place in self.records:
            raise RuntimeError(f'{place} was computed twice in one forward')
        self.records[place] = self._wanted[place](weights)
        return weights

    def check(self) -> None:
        """Raise RuntimeError if the forward passed a wanted place by."""
        if missing := [place for place in self._wanted if place not in self.records]:
            raise RuntimeError(f'the forward computed no attention at {missing[0]}')


def compiled_module(model: nn.Module) -> str | None:
    """Return the name of the first torch.compile'd module in the model, None without one."""
    for name, module in model.named_modules():
        # torch.compile() wraps a module and keeps it as _orig_mod, nn.Module.compile() marks it.
        if hasattr(module, '_orig_mod') or module._compiled_call_impl is not None:
            return name or type(module).__name__
    return None
