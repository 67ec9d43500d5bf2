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
The vision backbone of ACT, folded and ordered for one tick.

torchvision's ResNet up to its last stage, computed as it is but for the order of things that
do not mind: frozen norms are folded into convolutions, the largest map is pooled before it is
rectified, and pictures go together only where that pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn

from attention_mapper_ros.policies.frozen_norm import with_folded_norms

# The stages up to here make maps of tens of megabytes per picture: on a CPU two pictures at once
# leave the range that the allocator keeps, and every tick pays for fresh pages. From here on,
# maps are small and a larger batch fills the cores better.
_PICTURE_BY_PICTURE = ('conv1', 'bn1', 'maxpool', 'relu', 'layer1', 'layer2')
_BATCHED = ('layer3', 'layer4')


class ActBackbone(nn.Module):
    """Picture features of a LeRobot ``ACT``: a folded copy of its backbone."""

    def __init__(self, backbone: nn.Module) -> None:
        """Take torchvision's ``IntermediateLayerGetter`` of a ResNet, as ``ACT`` makes it."""
        super().__init__()
        self.stages = with_folded_norms(backbone)

    def forward(self, images: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """
        Return the features of each camera, (batch, row, col, channel).

        ``images``: (batch, 3, row, col) of each camera. Those of one size go through together.
        """
        grids: dict[int, torch.Tensor] = {}
        for indices in _alike(images):
            joined = torch.cat([images[index] for index in indices])
            features = self._features(joined).permute(0, 2, 3, 1)
            parts = torch.split(features, len(images[indices[0]]))
            grids.update(zip(indices, parts, strict=True))
        return [grids[index] for index in range(len(images))]

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        """Return the last stage, (picture, channel, row, col)."""
        pictures = [images] if images.is_cuda else torch.split(images, 1)
        early = [self._run(_PICTURE_BY_PICTURE, picture) for picture in pictures]
        return self._run(_BATCHED, early[0] if len(early) == 1 else torch.cat(early))

    def _run(self, names: Iterable[str], features: torch.Tensor) -> torch.Tensor:
        for name in names:
            features = getattr(self.stages, name)(features)
        return features


def _alike(images: Sequence[torch.Tensor]) -> list[list[int]]:
    """Return the indices of images of the same size, together."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        groups.setdefault(tuple(image.shape[-2:]), []).append(index)
    return list(groups.values())
