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

"""Folders as `attention-mapper analyze` leaves them, written by its own writers, with a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.attention.summary import summarise
from attention_mapper_ros.recordings import map_store, results, table
from attention_mapper_ros.recordings.records import AnalysedCamera, EpisodeSummary, StepRecord

HEIGHT, WIDTH = 144, 192
ROWS, COLS = 5, 6
CELLS = CellGeometry(ROWS, COLS, 0.0, 0.0, 32.0, 32.0)
FEATURES = {'front': 'observation.images.front', 'wrist': 'observation.images.wrist'}
USUAL = {'latent': 0.02, 'joints': 0.18, 'front': 0.5, 'wrist': 0.3}

Shares = Callable[[float], Mapping[str, float]]
Spot = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """
    What an episode is made of.

    ``shares``: phase to the share of each group, before noise. ``spot``: phase to the cell (row,
    col) around which the attention of every camera lies. ``spread``: how far episodes differ by
    themselves, of a share. ``chunk``: how many actions are executed before the next forward's.
    ``drift``: how much the error of an action grows with its age. ``offset``: of all actions.
    """

    number: int
    steps: int = 30
    task: str = 'put the cube into the box'
    success: bool | None = None
    shares: Shares = lambda phase: USUAL
    spot: Spot = lambda phase: (2.0, 3.0)
    spread: float = 0.01
    chunk: int = 8
    drift: float = 0.0
    offset: float = 0.0
    recorded: bool = True
    video: bool = False


@dataclass(frozen=True)
class Robot:
    """Which groups and cameras there are."""

    groups: tuple[str, ...] = ('latent', 'joints', 'front', 'wrist')
    cells: CellGeometry = CELLS
    settings: Mapping[str, Any] = field(default_factory=dict)
    maps: bool = True

    @property
    def cameras(self) -> list[str]:
        return [group for group in self.groups if group in FEATURES]

    @property
    def layout(self) -> TokenLayout:
        groups, cameras, start = [], [], 0
        for name in self.groups:
            size = self.cells.rows * self.cells.cols if name in FEATURES else 1
            groups.append(TokenGroup(FEATURES.get(name, name), start, start + size))
            if name in FEATURES:
                cameras.append(CameraTokens(FEATURES[name], start, self.cells))
            start += size
        return TokenLayout(tuple(groups), tuple(cameras))


@pytest.fixture
def analysed(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a folder: its name, the plans, the robot."""
    return _writer(tmp_path)


@pytest.fixture(scope='module')
def analysed_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return the same for folders that all tests of a file read."""
    return _writer(tmp_path_factory.mktemp('analysed'))


def _writer(root: Path) -> Callable[..., Path]:
    def write(name: str, plans: Sequence[Plan], robot: Robot | None = None) -> Path:
        return write_folder(root / name, plans, robot or Robot())

    return write


@pytest.fixture(scope='session')
def plan() -> type[Plan]:
    return Plan


@pytest.fixture(scope='session')
def robot() -> type[Robot]:
    return Robot


@pytest.fixture(scope='session')
def usual() -> dict[str, float]:
    """Return the shares of a policy that does nothing of note."""
    return dict(USUAL)


def write_folder(folder: Path, plans: Sequence[Plan], robot: Robot) -> Path:
    folder.mkdir(parents=True)
    settings = {
        'format': results.FORMAT,
        'source': 'recorded/desk_arm',
        'fps': 10.0,
        'policy': {'path': 'act', 'family': 'act', 'identity': '8f3a1c', 'action_steps': 8},
        'method': 'rollout',
        'attention': 'rollout, last layer, mean of heads, queries 0-7',
        'cameras': {name: FEATURES[name] for name in robot.cameras},
        'groups': list(robot.groups),
        'versions': {'lerobot': '0.4.4'},
        **robot.settings,
    }
    results.write_json(folder / results.SETTINGS, settings)
    for plan in plans:
        _write_episode(folder, plan, robot)
    return folder


def _write_episode(folder: Path, plan: Plan, robot: Robot) -> None:
    random = np.random.default_rng([plan.number, 7])
    name = f'episode_{plan.number:06d}'
    target = folder / name
    target.mkdir()
    layout = robot.layout
    cameras = tuple(
        AnalysedCamera(camera, FEATURES[camera], HEIGHT, WIDTH, robot.cells)
        for camera in robot.cameras
    )
    names = {FEATURES.get(group, group): group for group in robot.groups}
    own = {group: random.normal(0, plan.spread) for group in robot.groups}
    rows = table.TableWriter(target / table.FILE, cameras, names)
    store = None
    for step in range(plan.steps):
        tokens = _tokens(plan, robot, own, (step + 0.5) / plan.steps, random)
        maps = fold(tokens, layout, 'rollout', 'last layer')
        if store is None and robot.maps:
            store = map_store.MapWriter(target / map_store.FOLDER, cameras, maps.scale)
        age = step % plan.chunk
        wanted = random.normal(0, 1, 2).astype(np.float32)
        now = wanted + np.float32(plan.offset) + random.normal(0, 0.05, 2).astype(np.float32)
        rows.write(
            StepRecord(
                episode=plan.number,
                step=step,
                time_s=step / 10.0,
                attention=summarise(tokens, layout),
                predicted=now,
                planned=now + np.float32(plan.drift * age),
                recorded=wanted if plan.recorded else None,
                chunk_position=age,
                attention_shift=0.02 * age + 0.01 * abs(random.normal()),
                latency_s=0.02,
            )
        )
        if store is not None:
            store.write(maps)
    rows.close()
    if store is not None:
        store.close()
    for camera in cameras:
        cv2.imwrite(str(target / results.mean_frame_name(camera.name)), _picture(camera.name))
    if plan.video:
        (target / results.VIDEO).write_bytes(b'a video would be here')
        (target / results.GIF).write_bytes(b'a GIF would be here')
    results.write_episode(
        target,
        EpisodeSummary(
            number=plan.number,
            name=name,
            task=plan.task,
            success=plan.success,
            steps=plan.steps,
            duration_s=(plan.steps - 1) / 10.0,
            cameras=cameras,
            groups=robot.groups,
            action_names=('pan', 'lift'),
            quantity='attention',
            one=1.0 / layout.size,
            skipped={},
            took_s=1.0,
        ),
    )


def _tokens(
    plan: Plan,
    robot: Robot,
    own: Mapping[str, float],
    phase: float,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return one attention distribution over all tokens, as a forward would give it."""
    planned = plan.shares(phase)
    shares = {
        group: max(planned[group] + own[group] + random.normal(0, plan.spread / 2), 1e-4)
        for group in robot.groups
    }
    total = sum(shares.values())
    row, col = plan.spot(phase)
    rows, cols = np.mgrid[: robot.cells.rows, : robot.cells.cols]
    blob = np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / 2) + 0.05
    blob = blob * np.exp(random.normal(0, 0.05, blob.shape))
    parts = [
        shares[group] / total * (blob / blob.sum()).reshape(-1)
        if group in FEATURES
        else np.array([shares[group] / total])
        for group in robot.groups
    ]
    return np.concatenate(parts).astype(np.float32)


def _picture(camera: str) -> NDArray[np.uint8]:
    """Return a desk with a cube on it."""
    ramp = np.linspace(90, 190, HEIGHT).astype(np.uint8)
    picture = np.repeat(np.repeat(ramp[:, None], WIDTH, 1)[:, :, None], 3, 2)
    picture[56:76, 86:106] = (40, 40, 200) if camera == 'front' else (60, 120, 60)
    return picture
