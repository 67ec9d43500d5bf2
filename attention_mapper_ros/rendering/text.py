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
Small antialiased text on pictures, without font files.

OpenCV's stroke fonts look ragged at the sizes of a picture's label, so every glyph is drawn
large and reduced, once, and kept. Characters beyond ASCII that labels use are drawn here.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_OVERSAMPLING = 8
_CAP_HEIGHT = 21.0  # height of a capital letter of the font at scale 1, pixels
_CAPITAL = 0.7  # height of a capital letter as part of a line's size
_BASELINE = 0.76  # from a line's top, as part of its size
_SQUEEZE = 0.86  # the stroke font is wide for captions
# What stays of a pixel under ink of every opacity, (256, 1, 3).
_LEFT_OF_GROUND = np.repeat(255 - np.arange(256, dtype=np.uint8), 3).reshape(-1, 1, 3)
_STROKE = {False: 0.085, True: 0.135}  # as part of a line's size


def text_width(text: str, size: int, bold: bool = False) -> int:
    """Width in pixels of a line of ``text`` that is ``size`` pixels high."""
    return sum(_glyph(char, size, bold).shape[1] for char in text)


def fitted(text: str, size: int, width: int, bold: bool = False) -> str:
    """Return ``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    if text_width(text, size, bold) <= width:
        return text
    while text and text_width(text + '…', size, bold) > width:
        text = text[:-1].rstrip()
    return text + '…' if text else ''


def draw_text(
    picture: NDArray[np.uint8],
    text: str,
    x: int,
    y: int,
    size: int,
    colour: tuple[int, int, int],
    bold: bool = False,
) -> None:
    """
    Draw one line into ``picture`` (row, col, RGB), in place, its box's top left at (x, y).

    What lies outside the picture is cut off.
    """
    if not text:
        return
    mask = np.concatenate([_glyph(char, size, bold) for char in text], axis=1)
    top, left = max(y, 0), max(x, 0)
    bottom = min(y + mask.shape[0], picture.shape[0])
    right = min(x + mask.shape[1], picture.shape[1])
    if top >= bottom or left >= right:
        return
    opacity = mask[top - y : bottom - y, left - x : right - x]
    region = picture[top:bottom, left:right]
    under = cv2.multiply(region, cv2.applyColorMap(opacity, _LEFT_OF_GROUND), scale=1.0 / 255.0)
    region[:] = cv2.add(under, cv2.applyColorMap(opacity, _ink(colour)))


@lru_cache(maxsize=64)
def _ink(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return what a colour adds to a pixel at every opacity, (256, 1, 3)."""
    opacity = np.arange(256).reshape(-1, 1, 1)
    return np.asarray(np.round(opacity * np.array(colour) / 255.0), np.uint8)


@lru_cache(maxsize=2048)
def _glyph(char: str, size: int, bold: bool) -> NDArray[np.uint8]:
    """Opacity of one character, (size, advance)."""
    big = size * _OVERSAMPLING
    scale = big * _CAPITAL / _CAP_HEIGHT
    stroke = max(1, round(big * _STROKE[bold]))
    baseline = round(big * _BASELINE)
    advance = _advance(char, big, scale)
    canvas = np.zeros((big, advance), np.uint8)
    if char == '·':
        cv2.circle(canvas, (advance // 2, round(big * 0.5)), round(stroke * 0.8), 255, -1)
    elif char == '×':
        arm, middle = round(big * 0.17), (advance // 2, round(big * 0.56))
        for sign in (1, -1):
            start = (middle[0] - arm, middle[1] - sign * arm)
            end = (middle[0] + arm, middle[1] + sign * arm)
            cv2.line(canvas, start, end, 255, stroke, cv2.LINE_AA)
    elif char == '…':
        for part in (1, 3, 5):
            centre = (advance * part // 6, baseline - stroke // 2)
            cv2.circle(canvas, centre, round(stroke * 0.65), 255, -1)
    elif char != ' ':
        shown = char if char.isascii() else '?'
        ink = round(big * 0.05)
        cv2.putText(canvas, shown, (ink, baseline), _FONT, scale, 255, stroke, cv2.LINE_AA)
    width = max(1, round(_SQUEEZE * advance / _OVERSAMPLING))
    mask = cv2.resize(canvas, (width, size), interpolation=cv2.INTER_AREA)
    result: NDArray[np.uint8] = np.asarray(mask, np.uint8)
    result.setflags(write=False)
    return result


def _advance(char: str, big: int, scale: float) -> int:
    """Width of a character in the large drawing, with the gap to the next."""
    if char == ' ':
        return round(big * 0.3)
    if char == '·':
        return round(big * 0.3)
    if char == '×':
        return round(big * 0.55)
    if char == '…':
        return round(big * 0.75)
    shown = char if char.isascii() else '?'
    (width, _), _ = cv2.getTextSize(shown, _FONT, scale, 1)
    return int(width + big * 0.06)
