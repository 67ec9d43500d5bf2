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
What a request for attention asks of ACT's forward, and what comes out of it.

The methods themselves are in ``attention/``; here they meet the model's layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from attention_mapper_ros.attention.capture import Capture, Keep
from attention_mapper_ros.attention.gradient import action_scalar, gradient, gradient_places
from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF, Place
from attention_mapper_ros.attention.raw import raw, raw_places
from attention_mapper_ros.attention.reduction import as_distribution, pick_queries
from attention_mapper_ros.attention.request import AttentionRequest, GRADIENT, RAW
from attention_mapper_ros.attention.rollout import rollout, rollout_places
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.act_input import ActInput


@dataclass(frozen=True)
class ActOutcome:
    """
    One forward of a batch, on the device.

    ``actions``: (batch, chunk, action), normalised. ``attention``: (batch, token), summing to
    1, without regard to a baseline; ``head_weights``: module to (batch, layer, head, token).
    Both None where not asked for.
    """

    actions: torch.Tensor
    attention: torch.Tensor | None = None
    head_weights: Mapping[str, torch.Tensor] | None = None


def run(
    forward: ActForward,
    inputs: ActInput,
    request: AttentionRequest | None,
    on_actions: Callable[[torch.Tensor], None] | None = None,
) -> ActOutcome:
    """
    Run the model, and the requested method on what it attended to.

    ``on_actions`` gets the actions as soon as they are there, before the method goes to work.
    """
    if request is None:
        with torch.no_grad():
            actions = forward(inputs.images, inputs.state, inputs.environment)
        if on_actions is not None:
            on_actions(actions)
        return ActOutcome(actions)
    capture = Capture(_places(forward, request), _head_places(forward, request))
    with torch.set_grad_enabled(request.method == GRADIENT):
        actions = forward(inputs.images, inputs.state, inputs.environment, capture)
        if on_actions is not None:
            on_actions(actions.detach())
        attention = _method(forward, request, capture.records(0), actions)
    with torch.no_grad():
        return ActOutcome(
            actions.detach(),
            as_distribution(attention),
            _head_weights(forward, request, capture.records(1)),
        )


def _places(forward: ActForward, request: AttentionRequest) -> dict[Place, Keep]:
    selection, depth = request.selection, (forward.encoder_layers, forward.decoder_layers)
    if request.method == RAW:
        return raw_places(selection, forward.layers(selection.module))
    places = gradient_places if request.method == GRADIENT else rollout_places
    return places(selection, *depth)


def _method(
    forward: ActForward,
    request: AttentionRequest,
    records: Mapping[Place, torch.Tensor],
    actions: torch.Tensor,
) -> torch.Tensor:
    """Return (batch, ..., token), not yet one distribution."""
    selection, depth = request.selection, (forward.encoder_layers, forward.decoder_layers)
    if request.method == RAW:
        return raw(records, selection, forward.layers(selection.module))
    if request.method == GRADIENT:
        scalar = action_scalar(actions, selection, request.target)
        return gradient(records, scalar, selection, *depth)
    return rollout(records, selection, *depth)


def _head_places(forward: ActForward, request: AttentionRequest) -> dict[Place, Keep]:
    """Return what ``Inference.head_weights`` is made of, nothing unless asked for."""
    if not request.head_weights:
        return {}
    keeps: dict[str, Keep] = {
        # Summed at once: all of it would be (head, token, token) of every layer.
        ENCODER_SELF: lambda weights: weights.detach().sum(dim=2, keepdim=True),
        DECODER_CROSS: lambda weights: weights.detach(),
    }
    return {
        Place(module, layer): keep
        for module, keep in keeps.items()
        for layer in range(forward.layers(module))
    }


def _head_weights(
    forward: ActForward, request: AttentionRequest, records: Mapping[Place, torch.Tensor]
) -> dict[str, torch.Tensor] | None:
    """Return (batch, layer, head, token) of the encoder and of the cross-attention."""
    if not request.head_weights:
        return None
    selection = request.selection
    if selection.module != DECODER_CROSS:  # its queries are not actions
        selection = Selection(queries_executed=selection.queries_executed)
    encoder, cross = (
        torch.stack([records[Place(module, i)] for i in range(forward.layers(module))], dim=1)
        for module in (ENCODER_SELF, DECODER_CROSS)
    )  # (batch, layer, head, block, token) and (batch, layer, head, query, token)
    looked = pick_queries(cross, selection).mean(dim=-2)
    return {
        ENCODER_SELF: encoder.sum(dim=-2) / encoder.shape[-1],
        DECODER_CROSS: looked / looked.sum(dim=-1, keepdim=True),
    }
