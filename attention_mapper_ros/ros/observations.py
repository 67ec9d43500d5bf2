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

"""Camera messages to the frames and the observation of one forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.policies.adapter import Observation
from attention_mapper_ros.ros.images import (
    check_compressed,
    check_image,
    decode_compressed,
    decode_image,
    Frame,
)


@dataclass(frozen=True)
class Place:
    """Where the camera's whole picture lies in the policy's, in whole pixels of that one."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class CameraInput:
    """
    How the messages of one camera become the policy's image ``feature``.

    ``height``, ``width``: what the policy wants. ``resize``: what becomes of other sizes.
    ``none`` refuses them, ``stretch`` resizes them by pixel area to exactly that size,
    ``letterbox`` by the same factor along both sides, centred, with black beside or above it.
    """

    camera: str
    feature: str
    height: int
    width: int
    compressed: bool
    resize: str

    def check(self, message: Any) -> None:
        """Refuse a message that can never be decoded; as cheap as reading its description."""
        if self.compressed:
            self._check_size(*check_compressed(message))
            return
        check_image(message)
        self._check_size(message.height, message.width)

    def frame(self, message: Any) -> Frame:
        """Return the picture of a checked message, (height, width, 3) uint8 RGB."""
        return decode_compressed(message) if self.compressed else decode_image(message)

    def image(self, frame: Frame) -> Frame:
        """Return the picture at the policy's size."""
        size = (self.height, self.width)
        if frame.shape[:2] == size:
            return frame
        place = self.place(*frame.shape[:2])
        resized: Frame = cv2.resize(
            frame, (place.width, place.height), interpolation=cv2.INTER_AREA
        )
        if (place.height, place.width) == size:
            return resized
        picture = np.zeros((*size, 3), np.uint8)
        bottom, right = place.top + place.height, place.left + place.width
        picture[place.top : bottom, place.left : right] = resized
        return picture

    def place(self, height: int, width: int) -> Place:
        """
        Return where a picture of this size comes to lie in the policy's.

        Padding that cannot be the same on both sides is one pixel wider on the right or below.
        """
        if self.resize != 'letterbox':
            return Place(0, 0, self.width, self.height)
        factor = min(self.height / height, self.width / width)
        rows, cols = max(1, round(height * factor)), max(1, round(width * factor))
        return Place((self.width - cols) // 2, (self.height - rows) // 2, cols, rows)

    def _check_size(self, height: int, width: int) -> None:
        if self.resize != 'none' or (height, width) == (self.height, self.width):
            return
        raise ValueError(
            f'image is {width} x {height} pixels, the policy wants {self.width} x {self.height} '
            f'for {self.feature}: set the camera to that size, or cameras.{self.camera}.resize '
            'to stretch or letterbox'
        )


class ObservationBuilder:
    """Decodes and resizes the messages of one observation. Stateless, for any thread."""

    def __init__(self, cameras: Mapping[str, CameraInput]) -> None:
        self.cameras = dict(cameras)

    def frames(self, messages: Mapping[str, Any]) -> dict[str, Frame]:
        """Return each camera's own picture; ValueError, naming the camera, for a bad one."""
        return {camera: self._frame(camera, messages[camera]) for camera in self.cameras}

    def observation(self, frames: Mapping[str, Frame], state: NDArray[np.float32]) -> Observation:
        """Return what the policy sees of these frames, with this state."""
        images = {
            camera_input.feature: camera_input.image(frames[camera])
            for camera, camera_input in self.cameras.items()
        }
        return Observation(images=images, state=state)

    def _frame(self, camera: str, message: Any) -> Frame:
        try:
            return self.cameras[camera].frame(message)
        except ValueError as error:
            raise ValueError(f'camera {camera}: {error}') from error
