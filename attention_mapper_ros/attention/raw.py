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

"""The method ``raw``: the selected weights as the model computed them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from attention_mapper_ros.attention.capture import Keep
from attention_mapper_ros.attention.places import Place
from attention_mapper_ros.attention.reduction import pick, pick_queries
from attention_mapper_ros.attention.selection import indices, Selection


def raw_places(selection: Selection, layers: int) -> dict[Place, Keep]:
    """Return what to keep in a model with so many layers of the selected attention."""

    def keep(weights: torch.Tensor) -> torch.Tensor:
        return pick(weights, 1, selection.heads)  # (batch, head', query, token)

    return {Place(selection.module, layer): keep for layer in indices(selection.layers, layers)}


def raw(records: Mapping[Place, torch.Tensor], selection: Selection, layers: int) -> torch.Tensor:
    """
    Return (batch, layer', head', query', token): what the selection kept or reduced.

    ``records``: of each selected layer (batch, head', query, token), as ``raw_places`` keeps
    them. Reduced are heads, then queries, then layers; ``max`` leaves rows that sum to more
    than 1.
    """
    places = [Place(selection.module, layer) for layer in indices(selection.layers, layers)]
    weights = torch.stack(
        [pick_queries(records[place], selection) for place in places], dim=1
    )  # (batch, layer, head', query', token)
    return pick(weights, 1, selection.layers) if isinstance(selection.layers, str) else weights
