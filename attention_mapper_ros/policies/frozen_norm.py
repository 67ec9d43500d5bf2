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
Fold frozen batch normalisation into the convolutions before it.

A frozen normalisation is one multiplication and one addition per channel, which the weights
and the bias of the convolution can do as well, without a pass over memory of their own.
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.ops.misc import FrozenBatchNorm2d


def with_folded_norms(backbone: nn.Module) -> nn.Module:
    """
    Return a copy of the backbone without ``FrozenBatchNorm2d``, channels last in memory.

    A normalisation is folded into the convolution registered right before it beside it, as
    torchvision's ResNets have them; one without such a convolution stays what it is.
    """
    folded = copy.deepcopy(backbone)
    for parent in list(folded.modules()):
        _fold_children(parent)
    return convert_conv2d_weight_memory_format(folded, torch.channels_last)


def _fold_children(parent: nn.Module) -> None:
    convolution: nn.Conv2d | None = None
    for name, child in list(parent.named_children()):
        if isinstance(child, FrozenBatchNorm2d) and convolution is not None:
            _fold(convolution, child)
            setattr(parent, name, nn.Identity())
        convolution = child if isinstance(child, nn.Conv2d) else None


def _fold(convolution: nn.Conv2d, norm: FrozenBatchNorm2d) -> None:
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    convolution.weight, convolution.bias = weight, bias
