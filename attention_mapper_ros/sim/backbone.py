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
Teaches a ResNet-18 to see the cubes before the policy is trained.

ACT's trainer starts from a backbone that was trained on photographs and leaves its batch norms
frozen. Where those weights cannot be had, a short training of our own does: say per cell which
cube is there, and where in the cell. The truth comes from segmentation rendering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
import torchvision

from attention_mapper_ros.sim.expert import EPISODE_STEPS, Expert
from attention_mapper_ros.sim.recording import WANDERING_RAD
from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    CUBES,
    DeskArm,
    HOME_RAD,
    IMAGE_HEIGHT,
    JOINT_NAMES,
    POLICY_HEIGHT,
    policy_view,
    POLICY_WIDTH,
)

STRIDE = 32  # of ResNet's last map, pixels
GRID_ROWS, GRID_COLS = -(-POLICY_HEIGHT // STRIDE), -(-POLICY_WIDTH // STRIDE)  # 5 x 6
BATCH = 16  # pictures
PEAK_RATE = 1.5e-3
WEIGHT_DECAY = 1e-3
OFFSET_WEIGHT = 2.0  # of the place in the cell against the presence
VISIBLE_PIXELS = 30  # of 288x384; fewer are not worth naming
SCENE_SEEDS_FROM = 600_000  # to 959_999: neither recording's seeds nor evaluation's
_SCENES_APART, _SEEDS_APART = 1200, 300
_SETTLING_BATCHES = 12  # of 64 pictures, to average the batch norms over

# As LeRobot's trainer normalises camera pictures (ImageNet statistics).
PICTURE_MEAN = (0.485, 0.456, 0.406)
PICTURE_STD = (0.229, 0.224, 0.225)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures and what is in their cells."""

    pictures: npt.NDArray[np.uint8]  # (picture, row_px, col_px, 3)
    presence: Floats  # (picture, cube, row, col) 0 or 1
    offsets: Floats  # (picture, cube, 2, row, col) of the cube's middle from the cell's, in cells


def render_pictures(scenes: int, seed: int = 0) -> LabelledPictures:
    """Draw `scenes` random scenes with both cameras, label every cell."""
    arm = DeskArm(seed)
    rng = np.random.default_rng([seed, 2])
    first_seed = SCENE_SEEDS_FROM + seed % _SEEDS_APART * _SCENES_APART
    pictures, presence, offsets = [], [], []
    try:
        for scene in range(scenes):
            _random_scene(arm, rng, first_seed + scene)
            for camera in CAMERAS:
                pictures.append(policy_view(arm.render(camera)))
                there, place = label_cells(_cube_masks(arm, camera))
                presence.append(there)
                offsets.append(place)
    finally:
        arm.close()
    return LabelledPictures(np.stack(pictures), np.stack(presence), np.stack(offsets))


def label_cells(masks: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """
    Say which cells hold which cube, from masks (cube, row_px, col_px) at camera size.

    A cell's middle lies on policy pixel (32 row, 32 col). A cube is in every cell whose middle is
    within one cell of the middle of its visible part; the offset says where it is from there.
    """
    presence = np.zeros((len(masks), GRID_ROWS, GRID_COLS), np.float32)
    offsets = np.zeros((len(masks), 2, GRID_ROWS, GRID_COLS), np.float32)
    camera_px = STRIDE * IMAGE_HEIGHT / POLICY_HEIGHT  # one cell in camera pixels
    rows, cols = np.mgrid[0:GRID_ROWS, 0:GRID_COLS]
    for cube, mask in enumerate(masks):
        if mask.sum() < VISIBLE_PIXELS:
            continue
        row_px, col_px = (index.mean() for index in np.nonzero(mask))
        down, right = row_px / camera_px - rows, col_px / camera_px - cols
        inside = (np.abs(down) <= 0.75) & (np.abs(right) <= 0.75)
        presence[cube] = inside
        offsets[cube, 0] = np.where(inside, down, 0.0)
        offsets[cube, 1] = np.where(inside, right, 0.0)
    return presence, offsets


def train_backbone(
    data: LabelledPictures,
    steps: int,
    seed: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> nn.Module:
    """Train ResNet-18 from random weights; return it with settled batch norms, in eval mode."""
    torch.manual_seed(seed)
    net = SeeingNet()
    optimizer = torch.optim.AdamW(net.parameters(), PEAK_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=steps, pct_start=0.15
    )
    rng = np.random.default_rng([seed, 3])
    net.train()
    for step in range(1, steps + 1):
        chosen = rng.choice(len(data.pictures), min(BATCH, len(data.pictures)), replace=False)
        loss, found = _loss(net, data, chosen)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 25 == 0 or step == steps:
            report(f'backbone step {step}/{steps} loss {loss.item():.4f} cells right {found:.3f}')
    _settle_batch_norms(net, data, rng)
    return net.backbone.eval()


class SeeingNet(nn.Module):
    """ResNet-18 up to its last map, and a 1x1 head that names the cubes of each cell."""

    def __init__(self) -> None:
        super().__init__()
        resnet = torchvision.models.resnet18(weights=None)
        self.backbone = nn.Sequential()
        for name, module in list(resnet.named_children())[:-2]:  # without pooling and classes
            self.backbone.add_module(name, module)
        self.head = nn.Conv2d(512, 3 * len(CUBES), 1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(picture, 3, px, px) to presence (picture, cube, row, col) and offsets (.., 2, ..)."""
        cells = self.head(self.backbone(pictures)).float()
        presence, offsets = cells[:, : len(CUBES)], cells[:, len(CUBES) :]
        return presence, offsets.unflatten(1, (len(CUBES), 2))


def normalised(pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(picture, row_px, col_px, 3) uint8 to what the backbone expects, (picture, 3, px, px)."""
    scaled = torch.from_numpy(pictures).float() / 255
    scaled = (scaled - torch.tensor(PICTURE_MEAN)) / torch.tensor(PICTURE_STD)
    return scaled.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def _loss(
    net: SeeingNet, data: LabelledPictures, chosen: npt.NDArray[np.int64]
) -> tuple[torch.Tensor, float]:
    """Loss of a batch, and the share of its filled cells that are named right."""
    there = torch.from_numpy(data.presence[chosen])
    place = torch.from_numpy(data.offsets[chosen])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        presence, offsets = net(normalised(data.pictures[chosen]))
    naming = nn.functional.binary_cross_entropy_with_logits(
        presence, there, pos_weight=torch.tensor(4.0)
    )
    missed = (offsets - place).abs() * there[:, :, None]
    placing = missed.sum() / (2 * there.sum()).clamp(min=1)
    found = ((presence > 0) & (there > 0)).sum() / there.sum().clamp(min=1)
    return naming + OFFSET_WEIGHT * placing, float(found)


def _settle_batch_norms(net: SeeingNet, data: LabelledPictures, rng: np.random.Generator) -> None:
    """Replace the running averages, which lag behind the weights, by those of many pictures."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # plain average of all batches
    batch = min(4 * BATCH, len(data.pictures))
    with torch.no_grad():
        for _ in range(min(_SETTLING_BATCHES, -(-len(data.pictures) // batch))):
            chosen = rng.choice(len(data.pictures), batch, replace=False)
            net(normalised(data.pictures[chosen]))


def _random_scene(arm: DeskArm, rng: np.random.Generator, seed: int) -> None:
    """Half the scenes as the expert meets them on its way, half with the arm anywhere."""
    arm.reset(seed)
    if rng.random() < 0.5:
        arm.place_arm(HOME_RAD + rng.uniform(-1, 1, len(JOINT_NAMES)) * WANDERING_RAD)
        return
    expert = Expert(arm)
    for _ in range(rng.integers(0, EPISODE_STEPS)):
        arm.step(expert.action(), 1 / CONTROL_HZ)


def _cube_masks(arm: DeskArm, camera: str) -> npt.NDArray[np.bool_]:
    """Pixels of every cube, (cube, row_px, col_px) at camera size."""
    bodies = arm.segmentation(camera)
    return np.stack([bodies == arm.body_id(cube) for cube in CUBES])
