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
Overlays written to a video file that browsers play.

H.264 in MP4 where the installed PyAV has an encoder for it, MPEG-4 Part 2 otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
import logging
import os
from pathlib import Path
from types import TracebackType

import av
import av.container
import av.video.stream
import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.palette import GROUND

_log = logging.getLogger(__name__)

# In order of preference, with the options of each. The preset costs a third of the default's
# time; 20 and 3 are the qualities at which the strip's small text stays clean.
_CODECS: tuple[tuple[str, dict[str, str]], ...] = (
    ('libx264', {'preset': 'veryfast', 'crf': '20'}),
    ('mpeg4', {'qscale': '3'}),
)


def side_by_side(frames: Sequence[NDArray[np.uint8]], gap: int = 8) -> NDArray[np.uint8]:
    """
    Set (row, col, RGB) uint8 pictures beside each other, upper edges aligned, in a new array.

    ``gap``: pixels between two of them. Lower ones are filled up with the strip's ground.
    """
    height, width = side_by_side_size([frame.shape for frame in frames], gap)
    out = np.empty((height, width, 3), np.uint8)
    set_side_by_side(out, frames, gap)
    return out


def side_by_side_size(shapes: Sequence[tuple[int, ...]], gap: int = 8) -> tuple[int, int]:
    """Return (height, width) of pictures of these shapes beside each other."""
    if not shapes:
        raise ValueError('there are no pictures to set side by side')
    width = sum(shape[1] for shape in shapes) + gap * (len(shapes) - 1)
    return max(shape[0] for shape in shapes), width


def set_side_by_side(
    out: NDArray[np.uint8], frames: Sequence[NDArray[np.uint8]], gap: int = 8
) -> None:
    """Like ``side_by_side``, into ``out``, which may be greater: the rest becomes ground."""
    x = 0
    for frame in frames:
        height, stop = frame.shape[0], x + frame.shape[1]
        out[:height, x:stop] = frame
        out[height:, x:stop] = GROUND
        x = min(stop + gap, out.shape[1])
        out[:, stop:x] = GROUND
    out[:, x:] = GROUND


class VideoWriter:
    """
    Writes (row, col, RGB) uint8 pictures at a constant rate to an MP4 file.

    The first picture decides the size; odd sizes get one more row or column, H.264 wants even
    ones. Until ``close`` the file is called ``<name>.part``, so that what carries the final
    name is complete; left by an exception, a ``with`` block keeps the ``.part``. Belongs to
    one thread.
    """

    def __init__(self, path: str | os.PathLike[str], fps: float) -> None:
        if not 0 < fps <= 1000:
            raise ValueError(f'fps is {fps}, it must lie above 0 and not above 1000')
        self.path = Path(path)
        self.codec, self._options = _available_codec()
        self.frames_written = 0
        self._rate = Fraction(fps).limit_denominator(1000)
        self._part = self.path.with_name(self.path.name + '.part')
        self._container: av.container.OutputContainer | None = None
        self._stream: av.video.stream.VideoStream | None = None
        self._size = (0, 0)  # (height, width) of the pictures

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Being interrupted is how a live recording ends, not a failure of it.
        if kind is not None and issubclass(kind, Exception):
            self._finish()
            _log.warning('%s is left as %s: its writing ended early', self.path, self._part)
        else:
            self.close()

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Append one picture."""
        if self._stream is None:
            self._open(picture)
        if picture.shape != (*self._size, 3) or picture.dtype != np.uint8:
            raise ValueError(
                f'picture has shape {picture.shape} and type {picture.dtype}, '
                f'this video takes ({self._size[0]}, {self._size[1]}, 3) uint8'
            )
        assert self._stream is not None
        assert self._container is not None
        down, right = self._size[0] % 2, self._size[1] % 2
        if down or right:
            even = cv2.copyMakeBorder(picture, 0, down, 0, right, cv2.BORDER_REPLICATE)
            picture = np.asarray(even, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format='rgb24')
        frame.pts = self.frames_written
        self._container.mux(self._stream.encode(frame))
        self.frames_written += 1

    def close(self) -> None:
        """Complete the file and give it its name; without pictures there is no file."""
        if self._finish():
            self._part.replace(self.path)

    def abort(self) -> None:
        """Give the file up after an error: without its index it is of no use, and is removed."""
        container, self._container, self._stream = self._container, None, None
        if container is None:
            return
        if self._part.exists():  # an encoder may have kept everything until now
            # Room on a full disk: a container that cannot be closed complains when collected.
            os.truncate(self._part, 0)
        with suppress(OSError):
            container.close()
        self._part.unlink(missing_ok=True)

    def _open(self, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[:2]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The index goes first, so that a browser can start before it has the whole file.
        self._container = av.open(
            str(self._part), 'w', format='mp4', options={'movflags': 'faststart'}
        )
        stream = self._container.add_stream(
            self.codec, rate=self._rate, options=dict(self._options)
        )
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.height, stream.width = height + height % 2, width + width % 2
        stream.pix_fmt = 'yuv420p'
        stream.time_base = 1 / self._rate
        self._stream = stream
        self._size = (height, width)

    def _finish(self) -> bool:
        """Flush and close what is open; return whether there was something."""
        container, stream = self._container, self._stream
        self._container = self._stream = None
        if container is None or stream is None:
            return False
        container.mux(stream.encode(None))
        container.close()
        return True


def _available_codec() -> tuple[str, dict[str, str]]:
    for name, options in _CODECS:
        if name in av.codecs_available:
            if name != _CODECS[0][0]:
                _log.warning(
                    'PyAV has no H.264 encoder (libx264): writing %s, which VLC plays and most '
                    'browsers do not; install the wheel: pip install --force-reinstall av',
                    name,
                )
            return name, options
    raise RuntimeError('PyAV has no video encoder; install it from its wheel: pip install av')
