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
What can go wrong on a desk, so that a policy fails for what it sees.

Each kind changes the scene, the light or a camera, and nothing of the arm. Which kind, and from
which tick, the seed of the episode decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_mapper_ros.sim.scene import CAMERAS, CUBES, DeskArm, Image, policy_view

DARK = 'the light goes down'
COVERED = 'a camera is covered'
TWO_RED = 'the blue cube is red as well'
MOVED = 'the cubes are moved'
# First and last tick at which each begins. The first forward decides about the first eight ticks,
# in which a good policy comes near the cube: what begins after them cannot be too late.
BEGINS = {DARK: (0, 1), COVERED: (0, 4), TWO_RED: (0, 0), MOVED: (5, 10)}
LIGHT_LEFT = 0.1  # of every lamp
PICTURE_LEFT = 0.06  # of a picture through a cloth
CLEAR_M = 0.07  # cubes are put down no nearer to the gripper
_PLACING_TRIES = 100


@dataclass(frozen=True)
class Disturbance:
    """
    What goes wrong in one episode, from a tick on.

    ``kind``: one of BEGINS. ``camera``: the one that is covered. ``seed``: where cubes go.
    """

    kind: str
    begins: int
    camera: str = CAMERAS[0]
    seed: int = 0

    def __str__(self) -> str:
        what = f'the {self.camera} camera is covered' if self.kind == COVERED else self.kind
        return f'{what} from tick {self.begins} on'


def drawn(seed: int, chance: float) -> Disturbance | None:
    """Return what goes wrong in the episode of this seed, None where nothing does."""
    rng = np.random.default_rng([seed, 4])
    if rng.random() >= chance:
        return None
    kind = tuple(BEGINS)[rng.integers(len(BEGINS))]
    first, last = BEGINS[kind]
    begins = int(rng.integers(first, last + 1))
    camera = CAMERAS[rng.integers(len(CAMERAS))]
    return Disturbance(kind, begins, camera, int(rng.integers(1 << 31)))


class DisturbedDesk:
    """
    The cameras of a desk arm, and what goes wrong around it. Belongs to the thread of the arm.

    Call ``begin`` after every reset of the arm, it puts right what went wrong before; then in
    every tick ``happen``, and look through ``see``.
    """

    def __init__(self, arm: DeskArm) -> None:
        self._arm = arm
        self._disturbance: Disturbance | None = None
        self._covered: str | None = None
        model = arm.model
        self._lamps = (
            model.light_diffuse,
            model.light_specular,
            model.vis.headlight.ambient,
            model.vis.headlight.diffuse,
        )
        self._light = [lamp.copy() for lamp in self._lamps]
        self._blue = int(model.geom('distractor_blue').matid.item())

    def begin(self, disturbance: Disturbance | None) -> None:
        """Begin an episode in which everything is well until the disturbance begins."""
        self._disturbance, self._covered = disturbance, None
        for lamp, light in zip(self._lamps, self._light, strict=True):
            lamp[:] = light
        self._arm.model.geom('distractor_blue').matid = self._blue

    def happen(self, tick: int) -> None:
        """Let happen what happens at this tick."""
        if self._disturbance is None or tick != self._disturbance.begins:
            return
        kind, model = self._disturbance.kind, self._arm.model
        if kind == DARK:
            for lamp in self._lamps:
                lamp[:] *= LIGHT_LEFT
        elif kind == COVERED:
            self._covered = self._disturbance.camera
        elif kind == TWO_RED:
            model.geom('distractor_blue').matid = model.geom('target').matid
        elif kind == MOVED:
            _move_cubes(self._arm, self._disturbance.seed)

    def see(self) -> dict[str, Image]:
        """Return what a policy sees now, camera to (144, 192, 3) RGB."""
        images = {camera: policy_view(self._arm.render(camera)) for camera in CAMERAS}
        if self._covered is not None:
            dim = np.round(images[self._covered] * PICTURE_LEFT).astype(np.uint8)
            images[self._covered] = dim
        return images


def _move_cubes(arm: DeskArm, seed: int) -> None:
    """Put the cubes at new places, clear of the gripper."""
    for attempt in range(_PLACING_TRIES):
        arm.place_cubes(seed + attempt)
        ways_m = [arm.data.body(cube).xpos - arm.tip_position_m() for cube in CUBES]
        if min(float(np.linalg.norm(way_m)) for way_m in ways_m) >= CLEAR_M:
            return
    raise RuntimeError(f'no room for the cubes {CLEAR_M} m from the gripper')
