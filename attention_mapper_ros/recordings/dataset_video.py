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
Frames of a LeRobot video file (v3), one after the other.

A v3 file holds the videos of many episodes end to end. LeRobot's own dataset seeks the key frame
before every single frame and decodes from there; read in order, every frame is decoded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.recordings.dataset_rows import REMEDY
from attention_mapper_ros.recordings.recording import EpisodeError


class EpisodeVideo:
    """
    The video of one camera of one episode, read forwards. Belongs to one thread.

    ``from_s``: where the episode begins in the file; ``size``: (height, width) of its pictures.
    Raises EpisodeError, naming the file, for one that cannot be opened.
    """

    def __init__(self, path: Path, from_s: float, fps: float, size: tuple[int, int]) -> None:
        self._path, self._from_s, self._size = path, from_s, size
        self._tolerance_s = 0.5 / fps
        self._frame: Any = None
        try:
            self._container = av.open(str(path))
            stream = self._container.streams.video[0]
            stream.thread_type = 'AUTO'
            if from_s > 0:
                assert stream.time_base is not None  # every stream of a file has one
                self._container.seek(int(from_s / stream.time_base), stream=stream)
            self._frames: Iterator[Any] = self._container.decode(stream)
        except (av.error.FFmpegError, IndexError, OSError) as error:
            raise EpisodeError(f'{path} cannot be opened ({error}): {REMEDY}') from error

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frame_at(self, time_s: float) -> NDArray[np.uint8]:
        """
        Return the frame within half a frame of a time, (row, col, RGB) uint8.

        ``time_s``: since the episode's start, later than that of the frame before. Raises
        EpisodeError, naming file and time, where there is none, or none that can be decoded.
        """
        wanted_s = self._from_s + time_s
        try:
            while self._frame is None or self._frame.time < wanted_s - self._tolerance_s:
                self._frame = next(self._frames)
        except StopIteration:
            raise EpisodeError(f'{self._path} ends before {wanted_s:.3f} s: {REMEDY}') from None
        except (av.error.FFmpegError, OSError) as error:
            raise EpisodeError(
                f'{self._path} cannot be decoded at {wanted_s:.3f} s ({error}): {REMEDY}'
            ) from error
        if self._frame.time > wanted_s + self._tolerance_s:
            raise EpisodeError(
                f'{self._path} has no frame at {wanted_s:.3f} s, the next one is at '
                f'{self._frame.time:.3f} s: {REMEDY}'
            )
        pixels: NDArray[np.uint8] = self._frame.to_ndarray(format='rgb24')
        if pixels.shape[:2] != self._size:
            raise EpisodeError(
                f'{self._path} is {pixels.shape[1]}x{pixels.shape[0]} pixels, the description of '
                f'the dataset says {self._size[1]}x{self._size[0]}: {REMEDY}'
            )
        return pixels
