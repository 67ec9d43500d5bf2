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
A real LeRobot ACT policy whose weights are set by hand, so that what it looks at is known.

It sees how red each cell of the front camera is, and its actions tell where the red is; no
other colour, no other camera and no joint changes them. Methods that say what a policy looks
at must find the red square, other tests may use it for the same reason::

    adapter = load_policy(make_planted_checkpoint(tmp_path / 'policy'), 'cpu')
    adapter.infer(scene((64, 96)), request)

How the answer is planted:

- The backbone's first convolution measures red minus the mean of green and blue, the first
  block of each later stage smooths and halves, every other block passes on what it gets. A
  cell is the redness around its centre, about one stride wide on either side.
- The wrist camera's normalisation makes all its pixels negative, in which there is no red.
  It also tells the cells of the two cameras apart, for which ACT itself has nothing.
- Only attention can bring position into an action: values carry none. Each head reads the red
  cells with a softmax that leans to one side of the picture (right, left, down, up), not so
  sharp that it saturates, so that it reads the more red the farther the square lies there.
- Norms change next to nothing, since each token carries a constant that dwarfs the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from attention_mapper_ros.policies.adapter import Observation

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
# Front: 3x5 cells, wrist: one. No larger than needed, since occlusion takes a forward a cell.
SIZES = {FRONT: (96, 160), WRIST: (32, 32)}
STRIDE = 32
RED, GREEN, BLUE = (230, 20, 20), (20, 230, 20), (20, 20, 230)
# Its centre (x, y) in pixels, and its colour.
Square: TypeAlias = tuple[tuple[int, int], tuple[int, int, int]]
JOINTS = 4
CHUNK = 3

_DIM, _HEADS = 32, 4
_HEAD_DIM = _DIM // _HEADS
_DEGREES = 90.0
_SQUARE = 40  # pixels: a little larger than a cell

# A feature is written as +f and -f into these channels: the norms' mean stays zero. The
# position embedding, which keys carry as well, is nearly constant there.
_RED, _OTHER, _CARRIER = (8, 24), (9, 25), (10, 26)
_MESSAGES = ((11, 27), (12, 28), (13, 29), (14, 30))  # one per head
_CARRIED = 20.0
# Channels of the position embedding: sin(y / 10) and sin(x / 10) rise all over the picture,
# the cosines fall from the top left corner on.
_SIN_Y, _SIN_X = 4, 20
_COS_Y, _COS_X = 3, 19

_RED_LOGIT = 8.0
_LEAN_LOGIT = 5.0  # times sin(x / 10), which runs from 0.1 to 0.59
_OTHER_LOGIT = -30.0
_CORNER_LOGIT = 40.0


def make_planted_checkpoint(folder: Path, detour: bool = False) -> Path:
    """
    Save the policy with its processors in ``folder`` and return the folder.

    Cameras of ``SIZES``, six joints in, four joints out (degrees), chunks of three equal
    actions, two encoder layers and one decoder layer of four heads.

    Without ``detour`` the cross-attention itself looks at the red cells; the encoder's
    attention is uniform and changes nothing. With it, the first encoder layer brings what the
    red cells say to every other token, and the cross-attention looks at the top left cell of
    the front camera, wherever the square is: weights of the cross-attention alone mislead.
    """
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors

    config = _config()
    policy = ACTPolicy(config)
    with torch.no_grad():
        _plant(policy.model, detour)
    policy.save_pretrained(folder)
    for pipeline in make_pre_post_processors(config, dataset_stats=_statistics(config)):
        pipeline.save_pretrained(folder)
    return folder


def scene(
    *squares: Square, wrist: Sequence[Square] = (), joints: float = 0.0, seed: int = 0
) -> Observation:
    """Return grey noise with ``squares`` on the front picture and ``wrist`` on the other's."""
    random = np.random.default_rng(seed)
    images = {
        name: np.repeat(random.integers(60, 120, (*shape, 1), np.uint8), 3, axis=2)
        for name, shape in SIZES.items()
    }
    for name, drawn in ((FRONT, squares), (WRIST, wrist)):
        for (x, y), colour in drawn:
            left, top = x - _SQUARE // 2, y - _SQUARE // 2
            images[name][max(top, 0) : top + _SQUARE, max(left, 0) : left + _SQUARE] = colour
    return Observation(images, np.full(6, joints, np.float32))


def _config() -> Any:
    from lerobot.configs.types import FeatureType, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig

    inputs = {name: PolicyFeature(FeatureType.VISUAL, (3, *size)) for name, size in SIZES.items()}
    inputs['observation.state'] = PolicyFeature(FeatureType.STATE, (6,))
    return ACTConfig(
        input_features=inputs,
        output_features={'action': PolicyFeature(FeatureType.ACTION, (JOINTS,))},
        chunk_size=CHUNK,
        n_action_steps=CHUNK,
        device='cpu',
        pretrained_backbone_weights=None,
        dim_model=_DIM,
        n_heads=_HEADS,
        dim_feedforward=16,
        n_encoder_layers=2,
        use_vae=False,
        push_to_hub=False,
    )


def _statistics(config: Any) -> dict[str, dict[str, torch.Tensor]]:
    """Nothing is changed by them but the wrist camera: 0 to 1 becomes -2 to -1."""
    statistics = {}
    for name, feature in {**config.input_features, **config.output_features}.items():
        shape = (3, 1, 1) if name in SIZES else tuple(feature.shape)
        mean = 2.0 if name == WRIST else 0.0
        statistics[name] = {'mean': torch.full(shape, mean), 'std': torch.ones(shape)}
    return statistics


def _plant(model: Any, detour: bool) -> None:
    for parameter in model.parameters():
        parameter.zero_()
    _plant_backbone(model.backbone)
    projection = model.encoder_img_feat_input_proj
    for channel, feature in enumerate((_RED, _OTHER)):
        _write(projection.weight[:, channel, 0, 0], feature)
    _write(projection.bias, _CARRIER, _CARRIED)
    for projection in (model.encoder_latent_input_proj, model.encoder_robot_state_input_proj):
        _write(projection.bias, _OTHER)
        _write(projection.bias, _CARRIER, _CARRIED)
    for norm in (module for module in model.modules() if isinstance(module, nn.LayerNorm)):
        # The deviation of a token that carries nothing but the constant.
        norm.weight.fill_(_CARRIED * (2 / _DIM) ** 0.5)
    decoder = model.decoder.layers[0]
    _write(decoder.norm1.bias, _CARRIER, _CARRIED)
    if detour:
        _read_red(model.encoder.layers[0].self_attn)
        _read_corner(decoder.multihead_attn)
    else:
        _read_red(decoder.multihead_attn)
    for joint, message in enumerate(_MESSAGES):
        _write(model.action_head.weight[joint], message, _DEGREES / 2)


def _plant_backbone(backbone: nn.Module) -> None:
    """Make channel 0 of the feature map redness, channel 1 how far pixels are below zero."""
    backbone.conv1.weight[0] = torch.tensor([1.0, -0.5, -0.5])[:, None, None] / 49
    backbone.conv1.weight[1] = -torch.ones(3, 1, 1) / (3 * 49)
    tent = torch.tensor([0.25, 0.5, 0.25])
    for stage in (backbone.layer2, backbone.layer3, backbone.layer4):
        for channel in range(2):
            stage[0].conv1.weight[channel, channel] = tent[:, None] * tent
            stage[0].conv2.weight[channel, channel, 1, 1] = 1.0


def _read_red(attention: nn.MultiheadAttention) -> None:
    """Let head h bring the redness of red cells into message h, leaning right, left, down, up."""
    leans = ((_SIN_X, 1), (_SIN_X, -1), (_SIN_Y, 1), (_SIN_Y, -1))
    for (query, key, value), (channel, sign) in zip(_heads(attention), leans, strict=True):
        attention.in_proj_bias[query] = _HEAD_DIM**0.5  # undone by the softmax's scale
        _write(attention.in_proj_weight[key], _RED, _RED_LOGIT / 2)
        _write(attention.in_proj_weight[key], _OTHER, _OTHER_LOGIT / 2)
        attention.in_proj_weight[key, channel] = sign * _LEAN_LOGIT
        _write(attention.in_proj_weight[value], _RED, 0.5)
    _write_messages(attention)


def _read_corner(attention: nn.MultiheadAttention) -> None:
    """Let head h bring message h of the front camera's top left cell, whatever is there."""
    for (query, key, value), message in zip(_heads(attention), _MESSAGES, strict=True):
        attention.in_proj_bias[query] = _HEAD_DIM**0.5
        attention.in_proj_weight[key, [_COS_X, _COS_Y]] = _CORNER_LOGIT
        _write(attention.in_proj_weight[key], _OTHER, _OTHER_LOGIT / 2)
        _write(attention.in_proj_weight[value], message, 0.5)
    _write_messages(attention)


def _heads(attention: nn.MultiheadAttention) -> Iterator[tuple[int, int, int]]:
    """Yield each head's first query, key and value row of the input projection."""
    for head in range(_HEADS):
        first = head * _HEAD_DIM
        yield first, _DIM + first, 2 * _DIM + first


def _write_messages(attention: nn.MultiheadAttention) -> None:
    for head, message in enumerate(_MESSAGES):
        _write(attention.out_proj.weight[:, head * _HEAD_DIM], message)


def _write(vector: torch.Tensor, feature: tuple[int, int], value: float = 1.0) -> None:
    """Set a feature's two channels to ``value`` and ``-value``; a weight so set reads it."""
    plus, minus = feature
    vector[plus] = value
    vector[minus] = -value
