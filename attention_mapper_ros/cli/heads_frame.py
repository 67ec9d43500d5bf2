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

"""The one frame of `attention-mapper heads`: from a dataset, the simulation or picture files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.policies.adapter import (
    ImageFeature,
    Observation,
    PolicyAdapter,
    PolicySpec,
)
from attention_mapper_ros.recordings.lerobot_dataset import LeRobotRecording
from attention_mapper_ros.rendering.palette import CAMERA_PREFIX, short_name


@dataclass(frozen=True)
class Source:
    """Where the frame comes from, in words, and how it is had once the policy is there."""

    what: str
    read: Callable[[PolicyAdapter], Observation]


def source(options: argparse.Namespace) -> Source:
    """Find the frame and refuse, before a policy is loaded, what is not there."""
    if options.images:
        return _of_files(options)
    return _of_simulation(options) if options.sim else _of_dataset(options)


def _of_dataset(options: argparse.Namespace) -> Source:
    episode, frame = options.episode or 0, options.frame or 0
    recording = LeRobotRecording.open(options.dataset)
    length = recording.chosen([episode])[episode]
    if frame >= length:
        raise ValueError(
            f'episode {episode} of {options.dataset} has no frame {frame}: choose 0 to '
            f'{length - 1}'
        )

    def read(adapter: PolicyAdapter) -> Observation:
        (found,) = recording.frames([(episode, frame)], adapter.spec)
        return found.observation

    name = Path(options.dataset).name
    return Source(f'{name}, episode {episode}, frame {frame}', read)


def _of_simulation(options: argparse.Namespace) -> Source:
    # Imported here: other frames need no MuJoCo.
    from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM
    from attention_mapper_ros.sim.views import policy_view_at

    seed = EVALUATION_SEEDS_FROM + (options.seed or 0)  # no training has seen it
    frame = options.frame or 0
    return Source(
        f'simulated arm, seed {seed}, frame {frame}',
        lambda adapter: policy_view_at(adapter, seed, frame).observation,
    )


def _of_files(options: argparse.Namespace) -> Source:
    pictures = dict(_picture(argument) for argument in options.images)
    if len(pictures) != len(options.images):
        raise ValueError('--images names a camera twice: give one picture of each')
    state = _numbers('state', options.state)
    environment = _numbers('environment', options.environment)

    def read(adapter: PolicyAdapter) -> Observation:
        spec = adapter.spec
        _check_count('state', state, spec.state_size)
        _check_count('environment', environment, spec.environment_size)
        return Observation(
            images=_features(pictures, spec),
            state=state,
            environment=environment if spec.environment_size else None,
        )

    return Source('pictures', read)


def _picture(argument: str) -> tuple[str, NDArray[np.uint8]]:
    """Read ``front=front.png``: the camera's name and (row, col, RGB)."""
    camera, equals, name = argument.partition('=')
    if not (camera and equals and name):
        raise ValueError(f'--images {argument!r}: write CAMERA=FILE, front=front.png')
    try:
        encoded = np.frombuffer(Path(name).read_bytes(), np.uint8)
    except OSError as error:
        raise ValueError(
            f'--images {camera}: {name} cannot be read ({error.strerror}): name a picture file'
        ) from error
    # None for what is no picture; an empty buffer is an error of OpenCV's.
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    if decoded is None:
        raise ValueError(f'--images {camera}: {name} is no picture; PNG and JPEG are read')
    return camera, np.ascontiguousarray(decoded[:, :, ::-1], np.uint8)


def _numbers(name: str, text: str | None) -> NDArray[np.float32]:
    try:
        numbers = [float(part) for part in text.split(',')] if text else []
    except ValueError as error:
        raise ValueError(f'--{name} {text!r}: write numbers with commas, 0.1,0,-1.5') from error
    if not np.isfinite(numbers).all():
        raise ValueError(f'--{name} {text!r}: the numbers must be finite')
    return np.array(numbers, np.float32)


def _check_count(name: str, given: NDArray[np.float32], wanted: int) -> None:
    if len(given) == wanted:
        return
    remedy = f'give --{name} with {wanted} numbers' if wanted else f'leave --{name} out'
    raise ValueError(
        f'--{name} has {len(given)} numbers, the policy wants {wanted or "none"}: {remedy}'
    )


def _features(
    pictures: dict[str, NDArray[np.uint8]], spec: PolicySpec
) -> dict[str, NDArray[np.uint8]]:
    """Return the pictures under the policy's names; ValueError where one does not fit."""
    wanted = [image.name for image in spec.images]
    given = {_feature(camera, wanted): picture for camera, picture in pictures.items()}
    if missing := [name for name in wanted if name not in given]:
        name = short_name(missing[0])
        raise ValueError(f'no picture of camera {name}: add {name}=FILE to --images')
    for image in spec.images:
        _check_size(image, given[image.name])
    return given


def _feature(camera: str, wanted: Sequence[str]) -> str:
    for name in (camera, CAMERA_PREFIX + camera):
        if name in wanted:
            return name
    cameras = ', '.join(map(short_name, wanted)) or 'none'
    raise ValueError(f'--images {camera}: the policy has no such camera, its cameras: {cameras}')


def _check_size(image: ImageFeature, picture: NDArray[np.uint8]) -> None:
    height, width = picture.shape[:2]
    if (height, width) != (image.height, image.width):
        raise ValueError(
            f'the picture of {short_name(image.name)} is {width}x{height}, the policy wants '
            f'{image.width}x{image.height}: resize it as the training did'
        )
