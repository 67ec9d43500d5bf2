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

"""Cell centres computed from a backbone's layers, against the centroid of measured gradients."""

import copy

import pytest
import torch
from torch import nn
import torchvision
from torchvision.models._utils import IntermediateLayerGetter

from attention_mapper_ros.attention.geometry import cell_geometry


def act_backbone(name: str, dilated: bool = False) -> nn.Module:
    """Return a backbone as LeRobot's ACT builds it."""
    torch.manual_seed(0)
    resnet = getattr(torchvision.models, name)(
        replace_stride_with_dilation=[False, False, dilated],
        weights=None,
        norm_layer=torchvision.ops.misc.FrozenBatchNorm2d,
    )
    return IntermediateLayerGetter(resnet, return_layers={'layer4': 'feature_map'}).eval()


def linearised(backbone: nn.Module) -> nn.Module:
    """
    Keep the wiring and every kernel, stride, padding and dilation, with one channel and ones.

    On a positive image nothing but sums is left, so that the gradient of a cell weighs each
    pixel by the number of paths to it: symmetric about the true centre of its field.
    """
    linear = copy.deepcopy(backbone)
    for name, module in list(linear.named_modules()):
        new: nn.Module | None = None
        if isinstance(module, nn.Conv2d):
            channels = 3 if name == 'conv1' else 1
            new = nn.Conv2d(
                channels,
                1,
                module.kernel_size,
                module.stride,
                module.padding,
                module.dilation,
                bias=False,
            )
            new.weight.data.fill_(1 / new.weight.numel())
        elif isinstance(module, nn.MaxPool2d):
            new = nn.AvgPool2d(module.kernel_size, module.stride, module.padding)
        elif isinstance(module, torchvision.ops.misc.FrozenBatchNorm2d):
            new = nn.Identity()
        if new is not None:
            parent, _, child = name.rpartition('.')
            setattr(linear.get_submodule(parent), child, new)
    return linear


def centroid(backbone: nn.Module, image: torch.Tensor, row: int, col: int) -> tuple[float, float]:
    """Return the pixel (x, y) at the centre of |gradient| of one cell."""
    image = image.requires_grad_()
    backbone(image)['feature_map'][0, :, row, col].sum().backward()
    weight = image.grad[0].abs().sum(dim=0).double()  # (row, col)
    y, x = (torch.arange(size, dtype=torch.float64) for size in weight.shape)
    total = weight.sum()
    return float(weight.sum(0) @ x / total), float(weight.sum(1) @ y / total)


@pytest.mark.parametrize(
    ('name', 'dilated', 'height', 'width'),
    [
        ('resnet18', False, 640, 801),
        ('resnet18', False, 515, 590),
        ('resnet34', False, 1151, 1024),
        ('resnet50', False, 640, 671),
        ('resnet50', True, 1100, 997),
    ],
)
def test_centre_of_a_cell_is_the_centroid_of_its_gradient(name, dilated, height, width):
    backbone = act_backbone(name, dilated)
    geometry = cell_geometry(backbone, height, width)
    row, col = geometry.rows // 2, geometry.cols // 2
    measured = centroid(linearised(backbone), torch.ones(1, 3, height, width), row, col)
    assert measured == pytest.approx(geometry.centre(row, col), abs=0.01)


def test_real_gradients_of_resnet18_lie_around_the_centre_and_not_half_a_cell_beside_it():
    backbone = act_backbone('resnet18')
    geometry = cell_geometry(backbone, 480, 640)
    image = torch.rand(1, 3, 480, 640, generator=torch.Generator().manual_seed(0))
    x, y = centroid(backbone, image, 7, 10)
    centre_x, centre_y = geometry.centre(7, 10)
    assert (centre_x, centre_y) == (320.0, 224.0)
    # Stretching the grid over the image would say (336, 240).
    assert abs(x - centre_x) < 4
    assert abs(y - centre_y) < 4


@pytest.mark.parametrize(
    ('name', 'dilated'), [('resnet18', False), ('resnet50', False), ('resnet50', True)]
)
@pytest.mark.parametrize('height', [65, 96, 97, 127, 240])
def test_grid_is_the_one_that_the_backbone_returns(name, dilated, height):
    backbone, width = act_backbone(name, dilated), height + 33
    with torch.no_grad():
        shape = linearised(backbone)(torch.ones(1, 3, height, width))['feature_map'].shape[-2:]
    geometry = cell_geometry(backbone, height, width)
    assert (geometry.rows, geometry.cols) == tuple(shape)
    assert geometry.stride_x == geometry.stride_y == (16 if dilated else 32)


def test_padding_that_is_not_symmetric_about_the_kernel_moves_the_first_cell():
    geometry = cell_geometry(nn.Conv2d(1, 1, 4, stride=2, padding=0), 10, 12)
    assert (geometry.rows, geometry.cols) == (4, 5)
    assert geometry.centre(0, 0) == (1.5, 1.5)
    assert geometry.centre(1, 1) == (3.5, 3.5)


def test_layers_whose_cells_cannot_be_placed_are_refused():
    with pytest.raises(ValueError, match='cannot place'):
        cell_geometry(nn.Conv2d(1, 1, 3, padding='same'), 10, 10)
    with pytest.raises(ValueError, match='too small'):
        cell_geometry(nn.Conv2d(1, 1, 5), 4, 10)
