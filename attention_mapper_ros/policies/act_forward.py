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
The forward of LeRobot's ACT, arranged for a tick and with its attention open.

It computes what ``ACT.forward`` in ``lerobot/policies/act/modeling_act.py`` (0.4.4 to 0.6)
computes, from the same modules and weights. What differs is where the time goes: the frozen
norms are folded, weights of attention are made only where a capture wants them, and what does
not depend on the observation is computed once. Shapes are batch first.
"""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from attention_mapper_ros.attention.capture import Capture
from attention_mapper_ros.attention.places import DECODER_CROSS, DECODER_SELF, ENCODER_SELF, Place
from attention_mapper_ros.policies.act_backbone import ActBackbone

# Weights of all heads for so many queries at a time stay in a processor's cache: at 1202 tokens
# that makes the encoder's attention 2.5 times as fast as in one piece.
_QUERY_BLOCK = 256
# From here on a 1x1 convolution is faster than the product; below, setting it up costs more.
_MANY_TOKENS, _LARGE_WEIGHT = 256, 2**20


class ActForward(nn.Module):
    """
    ACT for inference, made of the modules of a LeRobot ``ACT``.

    The transformer's modules are shared with the model that it is made from, the backbone is a
    folded copy. No parameter asks for gradients; ``attention.gradient`` differentiates with
    respect to attention weights.
    """

    def __init__(self, model: nn.Module, config: Any) -> None:
        """Take LeRobot's ``ACT`` in evaluation mode, and its ``ACTConfig``."""
        super().__init__()
        source: Any = model
        self.encoder, self.decoder = source.encoder, source.decoder
        self.action_head = source.action_head
        self.decoder_pos_embed = source.decoder_pos_embed
        self.latent_projection = source.encoder_latent_input_proj
        self.position_1d = source.encoder_1d_feature_pos_embed
        self.state_projection = self.environment_projection = None
        if config.robot_state_feature:
            self.state_projection = source.encoder_robot_state_input_proj
        if config.env_state_feature:
            self.environment_projection = source.encoder_env_state_input_proj
        self.backbone = self.image_projection = None
        if config.image_features:
            self.backbone = ActBackbone(source.backbone)
            self.image_projection = source.encoder_img_feat_input_proj
            self._image_positions = source.encoder_cam_feat_pos_embed
        self._positions: dict[tuple[tuple[int, int], ...], torch.Tensor] = {}
        self._mixed_queries: torch.Tensor | None = None
        self._latent_size: int = config.latent_dim
        self.requires_grad_(False)
        self.eval()

    @property
    def encoder_layers(self) -> int:
        """Number of layers of the encoder."""
        return len(self.encoder.layers)

    @property
    def decoder_layers(self) -> int:
        """Number of layers of the decoder."""
        return len(self.decoder.layers)

    def layers(self, module: str) -> int:
        """Return how many layers have this attention, one of ``attention.capture.MODULES``."""
        return self.encoder_layers if module == ENCODER_SELF else self.decoder_layers

    @property
    def grid_sizes(self) -> list[tuple[tuple[int, int], ...]]:
        """The (rows, cols) of every camera, for each kind of input met so far."""
        return list(self._positions)

    def forget_constants(self) -> None:
        """Compute the constants anew at the next forward, after weights were changed."""
        self._positions.clear()
        self._mixed_queries = None

    def forward(
        self,
        images: Sequence[torch.Tensor],
        state: torch.Tensor,
        environment: torch.Tensor | None,
        capture: Capture | None = None,
    ) -> torch.Tensor:
        """
        Return the normalised actions (batch, chunk, action), float32.

        ``images``: (batch, 3, row, col) of each camera, ``state``: (batch, state),
        ``environment``: (batch, environment), all normalised as LeRobot's pre-processor does.
        """
        with torch.no_grad():
            grids = self.image_grids(images)
            tokens, positions = self.tokens(grids, state, environment)
        return self.actions(tokens, positions, capture)

    def image_grids(self, images: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return the backbone's features of each camera, (batch, row, col, channel)."""
        if self.backbone is None:
            return []
        dtype = self.latent_projection.weight.dtype
        grids: list[torch.Tensor] = self.backbone([image.to(dtype) for image in images])
        return grids

    def tokens(
        self,
        grids: Sequence[torch.Tensor],
        state: torch.Tensor,
        environment: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the encoder's input (batch, token, dim) and its positions (1, token, dim)."""
        latent = state.new_zeros(
            (len(state), self._latent_size), dtype=self.latent_projection.weight.dtype
        )
        parts = [self.latent_projection(latent)[:, None]]  # (batch, 1, dim)
        for projection, values in (
            (self.state_projection, state),
            (self.environment_projection, environment),
        ):
            if projection is not None and values is not None:
                parts.append(projection(values.to(latent.dtype))[:, None])
        # (batch, row * col, dim) of each camera
        parts.extend(self._project(grid).flatten(1, 2) for grid in grids)
        return torch.cat(parts, dim=1), self._position_tokens(grids)

    def actions(
        self,
        tokens: torch.Tensor,
        positions: torch.Tensor,
        capture: Capture | None = None,
        masked: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """
        Run the transformer on its input tokens.

        ``masked``: (batch, token) bool, True where no attention may look, neither the encoder's
        nor the cross-attention. Returns normalised actions (batch, chunk, action), float32.
        """
        visible = None if masked is None else ~masked[:, None, None]  # (batch, 1, 1, token)
        encoded = tokens
        for index, layer in enumerate(self.encoder.layers):
            place = Place(ENCODER_SELF, index)
            encoded = _encoder_layer(layer, encoded, positions, place, capture, visible)
        encoded = self.encoder.norm(encoded)
        queries = self.decoder_pos_embed.weight[None]  # (1, chunk, dim)
        keys = encoded + positions
        decoded = self._first_queries(len(tokens), capture)
        for index, layer in enumerate(self.decoder.layers):
            if index:
                place = Place(DECODER_SELF, index)
                decoded = _decoder_self_attention(layer, decoded, queries, place, capture)
            normed = layer.norm2(decoded) if layer.pre_norm else decoded
            seen = _attention(
                layer.multihead_attn,
                (normed + queries).expand(len(tokens), -1, -1),
                keys,
                encoded,
                Place(DECODER_CROSS, index),
                capture,
                visible,
                explicit=True,
            )
            decoded = _decoder_feed_forward(layer, decoded + seen)
        actions: torch.Tensor = self.action_head(self.decoder.norm(decoded))
        return actions.to(_wide(actions.dtype))

    def _first_queries(self, batch: int, capture: Capture | None) -> torch.Tensor:
        """
        Return the queries as the first layer's self-attention leaves them, (batch, chunk, dim).

        Zeros and learned positions go in, so they are alike in every observation: (1, chunk,
        dim), computed once, unless somebody wants the weights of that attention.
        """
        place, queries = Place(DECODER_SELF, 0), self.decoder_pos_embed.weight[None]
        layer = self.decoder.layers[0]
        if capture is not None and capture.wants(place):
            nothing = torch.zeros_like(queries).expand(batch, -1, -1)
            return _decoder_self_attention(layer, nothing, queries, place, capture)
        if self._mixed_queries is None:
            nothing = torch.zeros_like(queries)
            self._mixed_queries = _decoder_self_attention(layer, nothing, queries, place, None)
        return self._mixed_queries

    def _project(self, grid: torch.Tensor) -> torch.Tensor:
        """Apply the 1x1 convolution to (batch, row, col, channel), as what it is: a product."""
        assert self.image_projection is not None
        weight, bias = self.image_projection.weight, self.image_projection.bias
        return _linear(grid, weight.flatten(1), bias)

    def _position_tokens(self, grids: Sequence[torch.Tensor]) -> torch.Tensor:
        sizes = tuple((grid.shape[1], grid.shape[2]) for grid in grids)
        if sizes not in self._positions:
            parts = [self.position_1d.weight]
            for grid in grids:
                # LeRobot's module reads the shape and the type alone: (batch, 1, row, col).
                place = self._image_positions(grid[..., :1].permute(0, 3, 1, 2).float())
                parts.append(place[0].flatten(1).T.to(self.position_1d.weight.dtype))
            self._positions[sizes] = torch.cat(parts)[None].contiguous()
        return self._positions[sizes]


def _encoder_layer(
    layer: Any,
    tokens: torch.Tensor,
    positions: torch.Tensor,
    place: Place,
    capture: Capture | None,
    visible: torch.Tensor | None,
) -> torch.Tensor:
    normed = layer.norm1(tokens) if layer.pre_norm else tokens
    looking = normed + positions
    tokens = tokens + _attention(
        layer.self_attn, looking, looking, normed, place, capture, visible
    )
    if layer.pre_norm:
        return tokens + _feed_forward(layer, layer.norm2(tokens))
    tokens = layer.norm1(tokens)
    fed: torch.Tensor = layer.norm2(tokens + _feed_forward(layer, tokens))
    return fed


def _decoder_self_attention(
    layer: Any,
    decoded: torch.Tensor,
    queries: torch.Tensor,
    place: Place,
    capture: Capture | None,
) -> torch.Tensor:
    normed = layer.norm1(decoded) if layer.pre_norm else decoded
    looking = normed + queries
    mixed = decoded + _attention(layer.self_attn, looking, looking, normed, place, capture)
    return mixed if layer.pre_norm else layer.norm1(mixed)


def _decoder_feed_forward(layer: Any, decoded: torch.Tensor) -> torch.Tensor:
    if layer.pre_norm:
        return decoded + _feed_forward(layer, layer.norm3(decoded))
    decoded = layer.norm2(decoded)
    fed: torch.Tensor = layer.norm3(decoded + _feed_forward(layer, decoded))
    return fed


def _feed_forward(layer: Any, tokens: torch.Tensor) -> torch.Tensor:
    hidden = _linear(tokens, layer.linear1.weight, layer.linear1.bias)
    # In place, which its derivative does not mind: this is the largest temporary of all.
    relu = layer.activation is functional.relu
    hidden = hidden.relu_() if relu else layer.activation(hidden)
    return _linear(hidden, layer.linear2.weight, layer.linear2.bias)


def _attention(
    module: nn.MultiheadAttention,
    looking: torch.Tensor,
    looked_at: torch.Tensor,
    values: torch.Tensor,
    place: Place,
    capture: Capture | None,
    visible: torch.Tensor | None = None,
    explicit: bool = False,
) -> torch.Tensor:
    """
    Run one multi-head attention, (batch, query, dim).

    ``explicit`` computes the weights even when nobody wants them, so that a capture changes
    not one bit of the result.
    """
    weight, bias, dim = module.in_proj_weight, module.in_proj_bias, module.embed_dim
    query = _heads(_linear(looking, weight[:dim], bias[:dim]), module)
    key = _heads(_linear(looked_at, weight[dim:-dim], bias[dim:-dim]), module)
    value = _heads(_linear(values, weight[-dim:], bias[-dim:]), module)
    if explicit or (capture is not None and capture.wants(place)):
        seen = _with_weights(query, key, value, place, capture, visible)
    else:
        seen = functional.scaled_dot_product_attention(query, key, value, visible)
    joined = seen.transpose(1, 2).flatten(2)  # (batch, query, dim)
    return _linear(joined, module.out_proj.weight, module.out_proj.bias)


def _with_weights(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    place: Place,
    capture: Capture | None,
    visible: torch.Tensor | None,
) -> torch.Tensor:
    """Return (batch, head, query, channel) by way of the weights, in float32, for a capture."""
    keys = key.transpose(-1, -2) / math.sqrt(key.shape[-1])
    block = query.shape[2] if torch.is_grad_enabled() else _QUERY_BLOCK
    seen = []
    for part in torch.split(query, block, dim=2):
        scores = part @ keys  # (batch, head, query, token)
        if visible is not None:
            scores = scores.masked_fill(~visible, -math.inf)
        weights = torch.softmax(scores, dim=-1, dtype=_wide(scores.dtype))
        if capture is not None:
            capture.put(place, weights)
        seen.append(weights.to(value.dtype) @ value)
    return seen[0] if len(seen) == 1 else torch.cat(seen, dim=2)


def _wide(dtype: torch.dtype) -> torch.dtype:
    """Return the type for what leaves the model: half precision ends here."""
    return torch.float32 if dtype == torch.bfloat16 else dtype


def _heads(tokens: torch.Tensor, module: nn.MultiheadAttention) -> torch.Tensor:
    """Cut (batch, token, dim) into (batch, head, token, channel)."""
    batch, token, _ = tokens.shape
    return tokens.view(batch, token, module.num_heads, -1).transpose(1, 2)


def _linear(tokens: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """
    Apply a linear layer to (batch, token, dim).

    A large one over many tokens, on a CPU, as the 1x1 convolution that it is: oneDNN does that
    up to a third faster than MKL does the product, on what lies in memory as it stands.
    """
    many = tokens[..., 0].numel() >= _MANY_TOKENS and weight.numel() >= _LARGE_WEIGHT
    if tokens.device.type != 'cpu' or not many:
        return functional.linear(tokens, weight, bias)
    pixels = tokens.reshape(1, 1, -1, tokens.shape[-1]).permute(0, 3, 1, 2)
    product = functional.conv2d(pixels, weight[:, :, None, None], bias)
    return product.permute(0, 2, 3, 1).reshape(*tokens.shape[:-1], -1)
