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
The simulated desk arm: one table, one red target cube among distractors, two cameras.

Radians, metres and RGB everywhere; no ROS. Nothing here knows a policy.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from pathlib import Path

import cv2
import mujoco
import numpy as np
import numpy.typing as npt

from attention_mapper_ros.sim.rendering import OffscreenRenderer

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]

JOINT_NAMES = (
    'shoulder_pan',
    'shoulder_lift',
    'elbow_flex',
    'wrist_flex',
    'wrist_roll',
    'gripper',
)
CAMERAS = ('front', 'wrist')
TARGET = 'target'
DISTRACTORS = ('distractor_blue', 'distractor_green')
CUBES = (TARGET, *DISTRACTORS)

IMAGE_HEIGHT, IMAGE_WIDTH = 288, 384  # what the cameras deliver, pixels
POLICY_HEIGHT, POLICY_WIDTH = 144, 192  # what the policy sees of it, pixels
CONTROL_HZ = 10.0  # one action is the joint target of the next 0.1 s

HOME_RAD = np.array([0.0, -0.15, 0.20, 1.45, 0.0, 0.35])
HOME_SPREAD_RAD = np.array([0.15, 0.08, 0.08, 0.08, 0.10, 0.10])  # of the start pose

CUBE_HALF_M = 0.02
CUBE_RADIUS_M = (0.150, 0.250)  # distance from the arm's axis, within its comfortable reach
CUBE_BEARING_RAD = 0.75  # to either side
CUBE_YAW_RAD = 0.40  # the open jaws pass a cube turned by up to this
CUBE_SPACING_M = 0.085  # between centres: room for a jaw between two cubes
_PLACING_TRIES = 1000


@dataclass(frozen=True)
class CameraInfo:
    """Pinhole intrinsics, pixels; pixel centres lie on whole numbers, as in ROS."""

    height: int
    width: int
    fx: float
    fy: float
    cx: float
    cy: float


class DeskArm:
    """
    The arm, its table and its cameras.

    Belongs to one thread: rendering makes its GL context on the first call.
    """

    joint_names = JOINT_NAMES
    cameras = CAMERAS

    def __init__(self, seed: int = 0) -> None:
        self.model = load_model()
        self.data = mujoco.MjData(self.model)
        self._renderer: OffscreenRenderer | None = None
        joints = [self.model.joint(name) for name in JOINT_NAMES]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._qvel = np.array([joint.dofadr[0] for joint in joints])
        self._actuators = np.array([self.model.actuator(name).id for name in JOINT_NAMES])
        self._tip = self.model.site('gripper_tip').id
        self._timestep_s = float(self.model.opt.timestep)
        self.reset(seed)

    # -- episodes

    def reset(self, seed: int) -> None:
        """Begin a new episode: arm near home, cubes at new places, all decided by `seed`."""
        rng = np.random.default_rng(seed)
        mujoco.mj_resetData(self.model, self.data)
        self.place_arm(_start_pose(rng))
        self._place_cubes(rng)
        mujoco.mj_forward(self.model, self.data)

    def start_pose(self, seed: int) -> Floats:
        """Return where the arm stands after `reset(seed)`, radians, (6,)."""
        return self._within_limits(_start_pose(np.random.default_rng(seed)))

    def place_arm(self, positions_rad: npt.ArrayLike) -> None:
        """Put the arm at `positions_rad` (6,) at rest, without physics."""
        positions = self._within_limits(np.asarray(positions_rad, dtype=np.float64))
        self.data.qpos[self._qpos] = positions
        self.data.qvel[self._qvel] = 0.0
        self.data.ctrl[self._actuators] = positions
        mujoco.mj_forward(self.model, self.data)

    def place_cubes(self, seed: int) -> None:
        """Move the cubes to new places, leave the arm as it is."""
        self._place_cubes(np.random.default_rng(seed))
        mujoco.mj_forward(self.model, self.data)

    def _place_cubes(self, rng: np.random.Generator) -> None:
        for name, (x, y, yaw) in zip(CUBES, _cube_places(rng), strict=True):
            joint = self.model.joint(name)
            adr, dof = joint.qposadr[0], joint.dofadr[0]
            half = yaw / 2
            self.data.qpos[adr : adr + 7] = (
                x, y, CUBE_HALF_M, math.cos(half), 0.0, 0.0, math.sin(half),
            )  # fmt: skip
            self.data.qvel[dof : dof + 6] = 0.0

    # -- time

    def step(self, targets_rad: npt.ArrayLike, duration_s: float) -> None:
        """Advance physics by `duration_s` with the servos driving to `targets_rad` (6,)."""
        targets = np.asarray(targets_rad, dtype=np.float64)
        if targets.shape != (len(JOINT_NAMES),) or not np.isfinite(targets).all():
            raise ValueError(
                f'joint targets must be {len(JOINT_NAMES)} finite numbers in radians, '
                f'in the order {", ".join(JOINT_NAMES)}; got {targets!r}'
            )
        self.data.ctrl[self._actuators] = self._within_limits(targets)
        steps = max(1, round(duration_s / self._timestep_s))
        mujoco.mj_step(self.model, self.data, nstep=steps)

    @property
    def time_s(self) -> float:
        """Simulated time since the last reset."""
        return float(self.data.time)

    # -- what sensors tell

    def positions(self) -> Floats:
        """Joint positions, radians, (6,)."""
        return np.array(self.data.qpos[self._qpos])

    def velocities(self) -> Floats:
        """Joint velocities, radians per second, (6,)."""
        return np.array(self.data.qvel[self._qvel])

    @property
    def limits_rad(self) -> Floats:
        """Lower and upper limit of every joint, radians, (6, 2)."""
        return np.array([self.model.joint(name).range for name in JOINT_NAMES])

    def render(self, camera: str) -> Image:
        """Return what a camera sees, (288, 384, 3) RGB."""
        return self._offscreen().color(self.data, self._camera_id(camera))

    def camera_info(self, camera: str) -> CameraInfo:
        """Return the intrinsics of a camera at the size that `render` delivers."""
        fovy_rad = math.radians(float(self.model.cam_fovy[self._camera_id(camera)]))
        focal = IMAGE_HEIGHT / 2 / math.tan(fovy_rad / 2)
        return CameraInfo(
            height=IMAGE_HEIGHT,
            width=IMAGE_WIDTH,
            fx=focal,
            fy=focal,
            cx=(IMAGE_WIDTH - 1) / 2,
            cy=(IMAGE_HEIGHT - 1) / 2,
        )

    # -- the truth, for experts, tests and scores

    def target_position_m(self) -> Floats:
        """Centre of the red cube, metres, (3,)."""
        return np.array(self.data.body(TARGET).xpos)

    def tip_position_m(self) -> Floats:
        """Point between the jaws, metres, (3,)."""
        return np.array(self.data.site_xpos[self._tip])

    def gripper_to_target_m(self) -> float:
        """Distance from the point between the jaws to the centre of the red cube."""
        return float(np.linalg.norm(self.tip_position_m() - self.target_position_m()))

    def body_pixel(self, body: str, camera: str) -> tuple[float, float] | None:
        """Return (col, row) of a body's centre in a camera's image, None where it is outside."""
        camera_id = self._camera_id(camera)
        rotation = self.data.cam_xmat[camera_id].reshape(3, 3)
        seen = rotation.T @ (self.data.body(body).xpos - self.data.cam_xpos[camera_id])
        depth_m = -seen[2]  # GL cameras look along -z, y is up
        if depth_m <= 0:
            return None
        info = self.camera_info(camera)
        col = info.cx + info.fx * seen[0] / depth_m
        row = info.cy - info.fy * seen[1] / depth_m
        if not (-0.5 <= col < info.width - 0.5 and -0.5 <= row < info.height - 0.5):
            return None
        return float(col), float(row)

    def target_pixel(self, camera: str) -> tuple[float, float] | None:
        """Return (col, row) of the red cube's centre in a camera's image, None where outside."""
        return self.body_pixel(TARGET, camera)

    def segmentation(self, camera: str) -> npt.NDArray[np.int32]:
        """Return the body id drawn in every pixel, (288, 384); 0 is the world, -1 nothing."""
        geoms = self._offscreen().geoms(self.data, self._camera_id(camera))
        bodies: npt.NDArray[np.int32] = np.append(self.model.geom_bodyid, -1).astype(np.int32)
        return bodies[geoms]  # geom -1 picks the appended -1

    def body_id(self, name: str) -> int:
        """Return the number of a body in `segmentation`."""
        return int(self.model.body(name).id)

    # -- life

    def close(self) -> None:
        """Give the GL resources back."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _offscreen(self) -> OffscreenRenderer:
        if self._renderer is None:
            self._renderer = OffscreenRenderer(self.model, IMAGE_HEIGHT, IMAGE_WIDTH)
        return self._renderer

    def _camera_id(self, camera: str) -> int:
        if camera not in CAMERAS:
            raise ValueError(f'the desk arm has no camera {camera!r}; use {" or ".join(CAMERAS)}')
        return int(self.model.camera(camera).id)

    def _within_limits(self, positions_rad: Floats) -> Floats:
        limits = self.limits_rad
        return np.clip(positions_rad, limits[:, 0], limits[:, 1])


def policy_view(image: Image) -> Image:
    """Shrink a camera image to the size that the policy is trained on, (144, 192, 3)."""
    return np.asarray(
        cv2.resize(image, (POLICY_WIDTH, POLICY_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
    )


def load_model() -> mujoco.MjModel:
    """Load desk_arm.xml with its generated wood."""
    xml = Path(__file__).with_name('desk_arm.xml').read_text(encoding='utf-8')
    return mujoco.MjModel.from_xml_string(xml, {'wood.png': _wood_png()})


def _start_pose(rng: np.random.Generator) -> Floats:
    spread = rng.uniform(-1.0, 1.0, len(JOINT_NAMES)) * HOME_SPREAD_RAD
    return np.asarray(HOME_RAD + spread)


def _cube_places(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Draw x, y and yaw of every cube, no two closer than CUBE_SPACING_M."""
    for _ in range(_PLACING_TRIES):
        radius = np.sqrt(rng.uniform(CUBE_RADIUS_M[0] ** 2, CUBE_RADIUS_M[1] ** 2, len(CUBES)))
        bearing = rng.uniform(-CUBE_BEARING_RAD, CUBE_BEARING_RAD, len(CUBES))
        yaw = rng.uniform(-CUBE_YAW_RAD, CUBE_YAW_RAD, len(CUBES))
        spots = np.stack([radius * np.cos(bearing), radius * np.sin(bearing)], axis=1)
        gaps = np.linalg.norm(spots[:, None] - spots[None], axis=2)
        if gaps[np.triu_indices(len(CUBES), 1)].min() >= CUBE_SPACING_M:
            return [(float(x), float(y), float(a)) for (x, y), a in zip(spots, yaw, strict=True)]
    raise RuntimeError(f'no room for {len(CUBES)} cubes {CUBE_SPACING_M} m apart')


def _wood_png(size: int = 512) -> bytes:
    """Draw planks with a soft grain; always the same ones."""
    rng = np.random.default_rng(7)
    planks = 6
    rows, cols = np.mgrid[0:size, 0:size] / size
    plank = (rows * planks).astype(int)
    shift = rng.uniform(0, 10, planks)[plank]
    waviness = 0.06 * np.sin(2 * np.pi * (cols * 1.3 + shift)) + 0.02 * np.sin(17 * cols + shift)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * ((rows * planks + waviness) * 5 + shift))
    fibre = cv2.GaussianBlur(rng.standard_normal((size, size)), (0, 0), sigmaX=14, sigmaY=0.8)
    tone = rng.uniform(-0.05, 0.05, planks)[plank] - 0.05 * rings + 0.35 * fibre
    seam = np.minimum((rows * planks) % 1.0, 1 - (rows * planks) % 1.0) < 0.012
    rgb = np.array([0.70, 0.53, 0.37]) * (1.06 + tone)[..., None]
    rgb[seam] *= 0.72
    pixels = (np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    done, png = cv2.imencode('.png', pixels[..., ::-1])
    if not done:
        raise RuntimeError('OpenCV cannot encode PNG; reinstall opencv-python-headless')
    return bytes(png.tobytes())
