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
What drawing one overlay costs, on one core, next to the usual ways.

Every round draws once in each way, in random order, so that a busy machine and cold caches
slow all of them alike. Processor time is counted, not the time in which other programs had
the core; the figures are medians. Goal: 2 ms for 640x480 with legend and share bar. A head grid
of 40 tiles with two cameras of 192x144 each is measured as well; goal: 50 ms.

    python benchmarks/bench_overlay.py [--rounds N] [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
import os
import random
import time

# Before numpy: one core means one core.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
os.environ.setdefault('MKL_NUM_THREADS', '1')

from bench_report import options, say, write_figures
import cv2
import numpy as np

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.rendering.head_grid import CameraFrame, HeadGridAnnotator
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle

SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))  # width, height
STRIDE = 32  # pixels per cell of a ResNet's last layer
FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
SHARES = {'latent': 0.01, 'joints': 0.18, FRONT: 0.55, WRIST: 0.26}
FULL = 'overlay, legend and share bar'


def ways(width: int, height: int) -> dict[str, Callable[[int], object]]:
    """Return each way of drawing, as a function of the tick."""
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    rows, cols = -(-height // STRIDE), -(-width // STRIDE)
    geometry = CellGeometry(rows, cols, 0.0, 0.0, STRIDE, STRIDE)
    grid = rng.gamma(2.0, 0.5, (rows, cols)).astype(np.float32)
    full = OverlayAnnotator(OverlayStyle(scale=1))
    bare = OverlayAnnotator(OverlayStyle(scale=1, strip='none'))

    def draw(annotator: OverlayAnnotator, tick: int) -> object:
        label = (
            f'tick {tick} · age {tick % 90} ms\nrollout, last layer, mean of heads, queries 0-15'
        )
        return annotator.annotate(frame, grid, geometry, SHARES, FRONT, label)

    def stretch_with_opencv(_: int) -> object:
        # Per-frame scale, wrong places, no legend: what most tools do.
        scaled = (grid - grid.min()) / (grid.max() - grid.min())
        levels = cv2.resize((scaled * 255).astype(np.uint8), (width, height))
        colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
        return cv2.addWeighted(frame, 0.5, cv2.cvtColor(colours, cv2.COLOR_BGR2RGB), 0.5, 0)

    found: dict[str, Callable[[int], object]] = {
        FULL: lambda tick: draw(full, tick),
        'overlay alone': lambda tick: draw(bare, tick),
        'stretch, applyColorMap': stretch_with_opencv,
    }
    try:
        from matplotlib import colormaps
    except ImportError:
        return found
    inferno = colormaps['inferno']

    def stretch_with_matplotlib(_: int) -> object:
        scaled = (grid - grid.min()) / (grid.max() - grid.min())
        colours = inferno(cv2.resize(scaled, (width, height)))[:, :, :3]
        return (0.5 * frame + 0.5 * 255 * colours).astype(np.uint8)

    found['stretch, matplotlib'] = stretch_with_matplotlib
    return found


def head_grid() -> Callable[[int], object]:
    """Return the drawing of a grid of 4 encoder layers and a decoder layer of 8 heads."""
    rng = np.random.default_rng(0)
    cells = CellGeometry(5, 6, 0.0, 0.0, STRIDE, STRIDE)
    layout = TokenLayout(
        (
            TokenGroup('latent', 0, 1),
            TokenGroup('joints', 1, 2),
            TokenGroup(FRONT, 2, 32),
            TokenGroup(WRIST, 32, 62),
        ),
        (CameraTokens(FRONT, 2, cells), CameraTokens(WRIST, 32, cells)),
    )
    weights = {
        module: rng.dirichlet(np.ones(layout.size), (layers, 8)).astype(np.float32)
        for module, layers in (('encoder_self', 4), ('decoder_cross', 1))
    }
    frames = [
        CameraFrame(name, name, rng.integers(0, 256, (144, 192, 3), dtype=np.uint8), cells)
        for name in (FRONT, WRIST)
    ]
    annotator = HeadGridAnnotator()
    return lambda tick: annotator.annotate(frames, weights, layout, f'tick {tick}')


def measure(drawn: dict[str, Callable[[int], object]], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each way."""
    for draw in drawn.values():
        draw(0)  # caches, first pages
    times: dict[str, list[float]] = {name: [] for name in drawn}
    order = random.Random(0)
    for tick in range(1, rounds + 1):
        for name in order.sample(list(drawn), len(drawn)):
            start = time.thread_time()
            drawn[name](tick)
            times[name].append(time.thread_time() - start)
    return {name: float(np.median(taken)) * 1e3 for name, taken in times.items()}


def main() -> None:
    """Measure every size and say it."""
    arguments = options(__doc__.split('\n')[1], rounds=100).parse_args()
    cv2.setNumThreads(1)
    result = {}
    for width, height in SIZES:
        medians = measure(ways(width, height), arguments.rounds)
        result[f'{width}x{height}'] = medians
        say(f'{width}x{height}')
        for name, milliseconds in medians.items():
            ratio = milliseconds / medians[FULL]
            say(f'  {name:32}{milliseconds:9.2f} ms{ratio:8.2f}')
    name, place = 'head grid, 40 tiles', '2 cameras of 192x144'
    result[place] = measure({name: head_grid()}, arguments.rounds)
    say(place)
    say(f'  {name:32}{result[place][name]:9.2f} ms')
    write_figures(arguments, {'unit': 'ms, median', 'sizes': result})


if __name__ == '__main__':
    main()
