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
Where the cells of a convolutional backbone lie in its input image.

Receptive field arithmetic after Araujo, Norris and Sim, "Computing Receptive Fields of
Convolutional Neural Networks" (Distill, 2019), equations for the effective stride and for the
position of the first cell's field.
"""

from __future__ import annotations

from typing import TypeAlias

from torch import nn

from attention_mapper_ros.attention.layout import CellGeometry

# Layers whose output cells are windows on their input.
Window: TypeAlias = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d

# torchvision's name of the shortcut in a residual block; it runs beside the block's main path.
_SHORTCUT = 'downsample'


def cell_geometry(backbone: nn.Module, height: int, width: int) -> CellGeometry:
    """
    Return the grid that the backbone makes of an image of this size, in pixels of that image.

    The backbone is a torchvision ResNet up to any of its stages, or any other chain of
    convolutions and poolings in the order in which they are registered. The centre of a cell
    is the centre of its whole receptive field, also where that reaches over the border into
    the padding; the field is far wider than a cell (435 pixels for ResNet-18's last stage).
    Raises ValueError when the image is too small for the backbone.
    """
    rows, cols = height, width
    origin_x = origin_y = 0.0
    stride_x = stride_y = 1.0
    for window in _main_path(backbone):
        (kernel_y, kernel_x), (step_y, step_x) = _pair(window.kernel_size), _pair(window.stride)
        (pad_y, pad_x), (dilation_y, dilation_x) = _pair(window.padding), _dilation(window)
        reach_y, reach_x = dilation_y * (kernel_y - 1), dilation_x * (kernel_x - 1)
        # The first output cell is centred half a reach behind the start of the padding.
        origin_y += (reach_y / 2 - pad_y) * stride_y
        origin_x += (reach_x / 2 - pad_x) * stride_x
        stride_y *= step_y
        stride_x *= step_x
        rows = (rows + 2 * pad_y - reach_y - 1) // step_y + 1
        cols = (cols + 2 * pad_x - reach_x - 1) // step_x + 1
    if rows < 1 or cols < 1:
        raise ValueError(f'an image of {height}x{width} pixels is too small for the backbone')
    return CellGeometry(rows, cols, origin_x, origin_y, stride_x, stride_y)


def _main_path(backbone: nn.Module) -> list[Window]:
    """Return the backbone's windows in order, without the shortcuts of residual blocks."""
    windows: list[Window] = []
    for name, module in backbone.named_modules():
        if _SHORTCUT in name.split('.'):
            continue
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            if getattr(module, 'ceil_mode', False) or isinstance(module.padding, str):
                raise ValueError(f'cannot place the cells of layer {name}: {module}')
            windows.append(module)
    return windows


def _dilation(window: Window) -> tuple[int, int]:
    return (1, 1) if isinstance(window, nn.AvgPool2d) else _pair(window.dilation)


def _pair(value: int | tuple[int, ...] | str) -> tuple[int, int]:
    if isinstance(value, tuple):
        return value[0], value[1]
    return int(value), int(value)
