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
The actions of the last steps as small traces, one plot per joint.

Two traces each: what the policy would do, and what was recorded. Scales are fixed where the range
of the actions is known, so that two episodes can be compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.action_page import ActionPage, in_words, WIDEST_NUMBER
from attention_mapper_ros.rendering.legend import Box
from attention_mapper_ros.rendering.palette import Colour, PREDICTED, RECORDED
from attention_mapper_ros.rendering.text import draw_text, text_width

_HEADROOM = 0.16  # of half the range, above and below it
_SHIFT = 4  # fractional bits of the points that OpenCV draws
_FLATTEST = 1e-6  # least half range of a joint: one that never moves is a line in the middle


class ActionTraces:
    """
    The traces of one episode, for one width and one set of joints.

    ``size``: height of a line of text, pixels. ``limits``: (action, 2), least and most of each;
    without them a scale widens to what the episode has brought so far. ``steps``: how many the
    time axis shows, called ``axis`` in words. It fills from the left and then moves on, so that
    the newest step is at its right end; memory does not grow beyond it.
    """

    def __init__(
        self,
        width: int,
        size: int,
        names: Sequence[str],
        limits: NDArray[np.float32] | None,
        steps: int,
        axis: str,
    ) -> None:
        self._names = tuple(names)
        self._page = ActionPage(width, size, self._names, axis)
        self._page.draw_key(self._page.still, 0)
        self._steps = max(steps, 2)
        self._fixed = limits is not None
        self._any_recorded = False
        self._low: NDArray[np.float64] = np.full(len(self._names), np.inf)
        self._high: NDArray[np.float64] = np.full(len(self._names), -np.inf)
        if limits is not None:
            self._low, self._high = limits[:, 0].astype(float), limits[:, 1].astype(float)
            self._write_limits(self._page.still)
        self._predicted: deque[NDArray[np.float32]] = deque(maxlen=self._steps)
        self._recorded: deque[NDArray[np.float32]] = deque(maxlen=self._steps)

    @property
    def height(self) -> int:
        """Height in pixels of what ``paint`` draws."""
        return self._page.height

    def plot(self, action: int) -> Box:
        """Where the plot of a joint lies: the oldest step at its left, the most at its top."""
        return self._page.plots[action]

    def add(self, predicted: NDArray[np.float32], recorded: NDArray[np.float32] | None) -> None:
        """Take the actions of the next step, (action,) each; ``recorded`` None where unknown."""
        self._any_recorded |= recorded is not None
        if recorded is None:
            recorded = np.full(len(self._names), np.nan, np.float32)
        for values in (predicted, recorded):
            if values.shape != (len(self._names),):
                raise ValueError(
                    f'an action has shape {values.shape}, the panel was made for '
                    f'{len(self._names)} joints: {", ".join(self._names)}'
                )
            if not self._fixed:
                self._low, self._high = np.fmin(self._low, values), np.fmax(self._high, values)
        self._predicted.append(predicted)
        self._recorded.append(recorded)

    def paint(self, out: NDArray[np.uint8]) -> None:
        """Draw the traces over ``out``, (``height``, width, RGB), in place."""
        np.copyto(out, self._page.still)
        if self._any_recorded:
            self._page.draw_key(out, 1)
        if not self._fixed:
            self._write_limits(out)
        size = self._page.size
        # The quiet one first: where both agree, the bright one lies on it.
        for kept, colour, thickness in (
            (self._recorded, RECORDED, max(3, round(size / 4))),
            (self._predicted, PREDICTED, max(1, round(size / 11))),
        ):
            values = np.stack(kept).T  # (action, step)
            for action, plot in enumerate(self._page.plots):
                rows = self._rows(plot, action, values[action])
                self._draw_trace(out, plot, rows, colour, thickness)
        for action, plot in enumerate(self._page.plots):
            self._write_numbers(out, plot, action)

    def _rows(self, plot: Box, action: int, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the pixel rows of values; those beyond the range lie on the plot's edge."""
        if not np.isfinite(values).any():
            return np.full(len(values), np.nan)
        low, high = self._low[action], self._high[action]
        middle, half = (low + high) / 2, max((high - low) / 2, _FLATTEST) * (1 + _HEADROOM)
        share = np.clip((values - (middle - half)) / (2 * half), 0.0, 1.0)
        return np.asarray(plot.y + (plot.height - 1) * (1.0 - share))

    def _draw_trace(
        self,
        out: NDArray[np.uint8],
        plot: Box,
        rows: NDArray[np.float64],
        colour: Colour,
        thickness: int,
    ) -> None:
        """Draw one line per run of known values, so that the unknown is a gap, and its end."""
        radius = thickness // 2 + 2
        length = plot.width - 1 - radius  # the end stays inside the plot
        x = plot.x + length * np.arange(len(rows)) / (self._steps - 1)
        known = np.isfinite(rows)
        points = np.stack([x, np.where(known, rows, 0.0)], axis=1)  # (step, 2)
        points = np.round(points * (1 << _SHIFT)).astype(np.int32)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
        runs = [points[start:stop] for start, stop in edges.reshape(-1, 2)]
        if runs:
            cv2.polylines(out, runs, False, colour, thickness, cv2.LINE_AA, _SHIFT)
        if known[-1]:
            now = (int(points[-1, 0]), int(points[-1, 1]))
            cv2.circle(out, now, radius << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)

    def _write_numbers(self, out: NDArray[np.uint8], plot: Box, action: int) -> None:
        """Write the newest numbers over a plot, each with the room of the widest."""
        size, y = self._page.size, self._page.numbers_y(plot)
        room = text_width(WIDEST_NUMBER, size) + size // 2
        right = plot.x + plot.width
        for values, colour in ((self._recorded[-1], RECORDED), (self._predicted[-1], PREDICTED)):
            if np.isfinite(values[action]):
                text = in_words(float(values[action]))
                draw_text(out, text, right - text_width(text, size), y, size, colour)
            if self._any_recorded:
                right -= room

    def _write_limits(self, out: NDArray[np.uint8]) -> None:
        for action, plot in enumerate(self._page.plots):
            if np.isfinite(self._low[action]):
                low, high = float(self._low[action]), float(self._high[action])
                self._page.write_limits(out, plot, low, high)
