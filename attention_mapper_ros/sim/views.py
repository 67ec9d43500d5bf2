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
What a policy sees of the simulated arm while it drives it, with the truth of every pixel.

Every view is a moment of an episode of its own, in closed loop, at another time of the episode.
Seeds are those that no training has seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter, PolicySpec
from attention_mapper_ros.sim.expert import EPISODE_STEPS
from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM
from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    DeskArm,
    DISTRACTORS,
    JOINT_NAMES,
    POLICY_HEIGHT,
    policy_view,
    POLICY_WIDTH,
    TARGET,
)

# What a pixel shows; the numbers are those of `View.classes`, nothing of them is 0.
CLASSES: Mapping[str, tuple[str, ...]] = {
    'target': (TARGET,),
    'gripper': ('hand', 'jaw'),
    'distractor': DISTRACTORS,
}


@dataclass(frozen=True)
class View:
    """
    One moment of an episode.

    ``classes``: feature to (288, 384) uint8, for every pixel of the camera 0 or 1 plus the place
    in CLASSES of what it shows; the policy sees the same picture in half its size.
    """

    seed: int
    tick: int
    observation: Observation
    classes: Mapping[str, npt.NDArray[np.uint8]]


def check_policy(spec: PolicySpec) -> None:
    """Raise ValueError, saying what differs, for a policy that cannot drive the desk arm."""
    wanted = {feature(camera): (POLICY_HEIGHT, POLICY_WIDTH) for camera in CAMERAS}
    given = {image.name: (image.height, image.width) for image in spec.images}
    joints = len(JOINT_NAMES)
    sizes = (spec.state_size, spec.environment_size, spec.action_size)
    if given == wanted and sizes == (joints, 0, joints):
        return
    raise ValueError(
        f'the policy does not fit the simulated arm: it wants the pictures {_in_words(given)}, '
        f'{spec.state_size} joints and {spec.environment_size} numbers of environment and gives '
        f'{spec.action_size} actions; the arm has {_in_words(wanted)}, {joints} joints and takes '
        f'{joints} actions: name a policy trained on it, or frames of a dataset'
    )


def feature(camera: str) -> str:
    """Return the policy's name for a camera of the arm."""
    return f'observation.images.{camera}'


def policy_views(adapter: PolicyAdapter, count: int, seed: int = 0) -> Iterator[View]:
    """
    Yield one view of each of `count` episodes that the policy plays.

    The moments divide the time in which the cube is reached, 3.2 s, evenly, in random order.
    Joint positions are float32, as the live node hands them over. Raises ValueError for a policy
    that does not fit the arm.
    """
    check_policy(adapter.spec)
    ticks = np.arange(count) * EPISODE_STEPS // count
    np.random.default_rng(seed).shuffle(ticks)
    arm = DeskArm()
    try:
        for number, tick in enumerate(ticks):
            episode_seed = EVALUATION_SEEDS_FROM + seed + number
            yield _view_at(arm, adapter, episode_seed, int(tick))
    finally:
        arm.close()


def policy_view_at(adapter: PolicyAdapter, seed: int, tick: int) -> View:
    """
    Play the episode of this seed up to a tick and return the view there.

    Raises ValueError for a policy that does not fit the arm.
    """
    check_policy(adapter.spec)
    arm = DeskArm()
    try:
        return _view_at(arm, adapter, seed, tick)
    finally:
        arm.close()


def observe(arm: DeskArm) -> Observation:
    """Return what the policy sees now."""
    return Observation(
        images={feature(camera): policy_view(arm.render(camera)) for camera in CAMERAS},
        state=arm.positions().astype(np.float32),
    )


def classes(arm: DeskArm) -> dict[str, npt.NDArray[np.uint8]]:
    """Return what every pixel of every camera shows now, as in `View`."""
    numbers = np.zeros(arm.model.nbody + 1, np.uint8)  # the last is body -1, nothing
    for number, bodies in enumerate(CLASSES.values(), start=1):
        numbers[[arm.body_id(body) for body in bodies]] = number
    return {feature(camera): numbers[arm.segmentation(camera)] for camera in CAMERAS}


def _view_at(arm: DeskArm, adapter: PolicyAdapter, seed: int, until: int) -> View:
    """Play an episode up to the tick `until`, chunk by chunk as LeRobot does."""
    arm.reset(seed)
    steps = adapter.spec.action_steps
    for tick in range(until):
        if tick % steps == 0:
            chunk = adapter.infer(observe(arm), None).actions  # (chunk, action)
        arm.step(chunk[tick % steps], 1 / CONTROL_HZ)
    return View(seed, until, observe(arm), classes(arm))


def _in_words(sizes: Mapping[str, tuple[int, int]]) -> str:
    each = (f'{name} {width}x{height}' for name, (height, width) in sizes.items())
    return ' and '.join(each) or 'none'
