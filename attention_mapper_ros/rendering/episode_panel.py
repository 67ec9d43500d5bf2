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
One picture of a video of an episode: all cameras side by side, the actions below them.

Takes finished overlays and plain arrays. Every picture of an episode has one size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.action_traces import ActionTraces
from attention_mapper_ros.rendering.palette import GROUND
from attention_mapper_ros.rendering.strip import text_size
from attention_mapper_ros.rendering.title import draw_title, title_height
from attention_mapper_ros.rendering.video import set_side_by_side, side_by_side_size

WINDOW = 100  # steps on the time axis: ten seconds at 10 Hz
_NARROWEST = 480  # pixels of the whole picture: a line of the title has room


class EpisodePanel:
    """
    Composes the pictures of one episode; one instance per episode, owned by one thread.

    ``cameras``: names in the order of the overlays. ``action_names``: one per number of the
    action, empty where they are unknown. ``action_range``: (action, 2), least and most of each
    number over the whole recording, or None; then the scales widen as the episode goes on.
    ``episode``: what the title calls it. ``length``: its steps, None where unknown; a time axis of
    at most ``window`` steps shows the whole of a short one. ``task``, ``success``: for the title.
    Raises ValueError for a range that does not fit the names, and for an empty time axis.
    """

    def __init__(
        self,
        cameras: Sequence[str],
        action_names: Sequence[str] = (),
        action_range: NDArray[np.float32] | None = None,
        episode: str = 'episode',
        length: int | None = None,
        task: str = '',
        success: bool | None = None,
        window: int = WINDOW,
    ) -> None:
        if not cameras:
            raise ValueError('the panel has no camera; name at least one')
        if window < 2:
            raise ValueError(f'window is {window} steps, a trace needs 2 or more')
        _check_range(action_range, action_names)
        self._cameras = tuple(cameras)
        self._names = tuple(action_names)
        self._range = action_range
        self._episode = episode if success is None else f'{episode} ({_OUTCOMES[success]})'
        self._length = length
        self._task = task
        self._window = min(window, length) if length else window
        self._sizes: tuple[tuple[int, ...], ...] = ()
        self._size = 0  # height of a line of text
        self._traces: ActionTraces | None = None

    def compose(
        self,
        overlays: Sequence[NDArray[np.uint8]],
        index: int,
        time_s: float,
        predicted: NDArray[np.float32],
        recorded: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """
        Return a new (row, col, RGB) uint8 picture of the next step, even in height and width.

        ``overlays``: one (row, col, RGB) uint8 per camera, in their order; sizes may differ
        between cameras, not between steps. ``index``, ``time_s``: of the step, from 0.
        ``predicted``: (action,) what the policy would do now; ``recorded``: what was done, None
        where that is unknown. Raises ValueError for what does not fit the panel or its first step.
        """
        sizes = tuple(overlay.shape for overlay in overlays)
        if self._traces is None:
            self._begin(sizes, predicted)
        if sizes != self._sizes:
            raise ValueError(
                f'the overlays have the shapes {sizes}, those of the first step had '
                f'{self._sizes}: a video has pictures of one size'
            )
        assert self._traces is not None
        self._traces.add(predicted, recorded)
        cameras_height, cameras_width = side_by_side_size(sizes)
        top = title_height(self._size)
        below = top + cameras_height
        height = below + self._traces.height
        out = np.empty((height + height % 2, _width(cameras_width), 3), np.uint8)
        draw_title(out[:top], self._title(index, time_s), self._size)
        set_side_by_side(out[top:below], overlays)
        self._traces.paint(out[below:height])
        out[height:] = GROUND
        return out

    def _begin(self, sizes: tuple[tuple[int, ...], ...], predicted: NDArray[np.float32]) -> None:
        if len(sizes) != len(self._cameras):
            raise ValueError(
                f'{len(sizes)} overlays given, the panel has the cameras '
                f'{", ".join(self._cameras)}: give one of each'
            )
        names = self._names or tuple(f'action {number}' for number in range(predicted.size))
        _check_range(self._range, names)
        self._sizes = sizes
        self._size = text_size(max(shape[1] for shape in sizes))
        width = _width(side_by_side_size(sizes)[1])
        whole = self._window == self._length
        axis = 'the whole episode' if whole else f'the last {self._window} steps'
        self._traces = ActionTraces(width, self._size, names, self._range, self._window, axis)

    def _title(self, index: int, time_s: float) -> str:
        last = f' of {self._length - 1}' if self._length else ''
        parts = [self._episode, f'step {index}{last}', f'{time_s:.1f} s', self._task]
        return ' · '.join(part for part in parts if part)


_OUTCOMES = {True: 'succeeded', False: 'failed'}


def _width(cameras: int) -> int:
    width = max(cameras, _NARROWEST)
    return width + width % 2


def _check_range(action_range: NDArray[np.float32] | None, names: Sequence[str]) -> None:
    if action_range is None or (not names and action_range.ndim == 2):
        return
    if action_range.shape != (len(names), 2) or not np.isfinite(action_range).all():
        raise ValueError(
            f'the range of the actions has shape {action_range.shape}, expected '
            f'({len(names)}, 2) finite numbers, least and most of each'
        )
