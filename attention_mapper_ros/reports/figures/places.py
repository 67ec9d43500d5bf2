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

"""Where the attention lies: maps and peaks on the mean frame, every cell at its true centre."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.placement import Placement
from attention_mapper_ros.reports.episode import PARTS
from attention_mapper_ros.reports.figures.style import INK, new_figure, QUIET, WIDTH_INCHES
from attention_mapper_ros.reports.map_contrast import MapContrast
from attention_mapper_ros.reports.run import Run

_STYLE = OverlayStyle(strip='none')
_NAMED_PEAKS = 3  # cells whose percentage is written


def peaks_and_maps(run: Run) -> Figure:
    """Draw, per camera, how often the peak lies in each cell, the mean map, and its quarters."""
    with_maps = all(
        each.mean_map is not None for episode in run.episodes for each in episode.cameras.values()
    )
    columns = 3 if with_maps else 2
    width = WIDTH_INCHES / columns
    rows = [width * camera.height / camera.width + 0.45 for camera in run.cameras]
    figure = new_figure(sum(rows) + 0.55)
    grid = figure.add_gridspec(len(rows), columns, height_ratios=rows)
    for place, camera in enumerate(run.cameras):
        frame = run.mean_frames[camera.name]
        axes = figure.add_subplot(grid[place, 0])
        _show(axes, frame, f'{camera.name}: mean of all pictures')
        _peaks(figure, figure.add_subplot(grid[place, 1]), run, camera)
        if with_maps:
            axes = figure.add_subplot(grid[place, 2])
            _show(axes, overlaid(run, camera, None), f'{camera.name}: mean map')
            _legend(axes, _STYLE)
    return figure


def quarters(run: Run) -> Figure | None:
    """Draw each camera's mean map over each quarter of the episode; None without maps."""
    if any(
        each.part_maps is None for episode in run.episodes for each in episode.cameras.values()
    ):
        return None
    width = WIDTH_INCHES / PARTS
    rows = [width * camera.height / camera.width + 0.3 for camera in run.cameras]
    figure = new_figure(sum(rows) + 0.4)
    grid = figure.add_gridspec(len(rows), PARTS, height_ratios=rows)
    for place, camera in enumerate(run.cameras):
        for part in range(PARTS):
            axes = figure.add_subplot(grid[place, part])
            start, stop = (round(100 * each / PARTS) for each in (part, part + 1))
            title = f'{camera.name}, {start} to {stop} %'
            _show(axes, overlaid(run, camera, part), title)
            if place == len(rows) - 1 and part == 0:
                _legend(axes, _STYLE)
    return figure


def map_differences(run: Run, contrasts: Sequence[MapContrast], axis: str) -> Figure:
    """Draw differences of mean maps on the mean frame; cells that are sure are outlined."""
    largest = max(float(np.abs(each.difference).max()) for each in contrasts)
    columns = min(len(contrasts), 3)
    lines = -(-len(contrasts) // columns)
    width = min(WIDTH_INCHES / columns, 4.6)
    camera = run.cameras[0]
    height = lines * (width * camera.height / camera.width + 0.4) + 0.7
    figure = new_figure(height, min(WIDTH_INCHES, columns * width + 0.2))
    panels = []
    for place, contrast in enumerate(contrasts):
        axes = figure.add_subplot(lines, columns, place + 1)
        panels.append(axes)
        _difference(axes, run, contrast, largest or 1.0)
    bar = figure.colorbar(
        panels[0].images[-1], ax=panels, location='bottom', aspect=50, shrink=0.7, pad=0.03
    )
    bar.set_label(f'{axis}, in multiples of uniform {run.quantity}', fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    return figure


def overlaid(run: Run, camera: AnalysedCamera, part: int | None) -> NDArray[np.uint8]:
    """Return the mean map, of one part of the episode or of all, drawn as overlays are."""
    maps = []
    for episode in run.episodes:
        found = episode.cameras[camera.name]
        whole = found.mean_map if part is None else found.part_maps
        assert whole is not None  # asked before
        maps.append(whole if part is None else whole[part])
    return OverlayAnnotator(_STYLE).annotate(
        run.mean_frames[camera.name],
        np.mean(maps, axis=0).astype(np.float32),
        camera.cells,
        {},
        camera.name,
    )


def _peaks(figure: Figure, axes: Axes, run: Run, camera: AnalysedCamera) -> None:
    counts = np.sum([each.cameras[camera.name].peaks for each in run.episodes], axis=0)
    share = 100.0 * counts / run.steps  # (row, col)
    frame = _quiet(run.mean_frames[camera.name])
    _show(axes, frame, f'{camera.name}: where the peak lies')
    field = _spread(share, camera)
    opacity = np.clip(field / max(field.max(), 1e-9), 0, 1) ** 0.6 * 0.85
    picture = axes.imshow(
        field, cmap='inferno', vmin=0, alpha=opacity, extent=_extent(camera), zorder=2
    )
    bar = figure.colorbar(_opaque(picture), ax=axes, location='bottom', aspect=40, pad=0.02)
    bar.set_label('steps with the peak in the cell (%)', fontsize=8)
    bar.ax.tick_params(labelsize=7.5)
    for place in np.argsort(-share, axis=None)[:_NAMED_PEAKS]:
        row, col = np.unravel_index(int(place), share.shape)
        if share[row, col] >= 1:
            x, y = camera.cells.centre(int(row), int(col))
            _write(axes, x, y, f'{share[row, col]:.0f} %', camera)


def _difference(axes: Axes, run: Run, contrast: MapContrast, largest: float) -> None:
    camera = next(each for each in run.cameras if each.name == contrast.camera)
    _show(axes, _quiet(run.mean_frames[camera.name]), camera.name)
    field = _spread(contrast.difference, camera)
    opacity = np.clip(np.abs(field) / largest, 0, 1) ** 0.6 * 0.85
    axes.imshow(
        field,
        cmap='PuOr_r',
        vmin=-largest,
        vmax=largest,
        alpha=opacity,
        extent=_extent(camera),
        zorder=2,
    )
    if contrast.sure is not None and contrast.sure.any():
        sure = _spread(contrast.sure.astype(float), camera, 'cells') > 0.5
        axes.contour(
            np.linspace(-0.5, camera.width - 0.5, sure.shape[1]),
            np.linspace(-0.5, camera.height - 0.5, sure.shape[0]),
            sure.astype(float),
            levels=[0.5],
            colors=[INK],
            linewidths=1.2,
            zorder=3,
        )


def _spread(
    grid: NDArray[np.floating], camera: AnalysedCamera, interpolation: str = 'cells'
) -> NDArray[np.float32]:
    """Bring a cell grid onto the camera's pixels, each cell around its true centre."""
    placement = Placement(camera.cells, camera.height, camera.width, 1, interpolation)
    return placement.spread(np.ascontiguousarray(grid, np.float32))


def _show(axes: Axes, picture: NDArray[np.uint8], title: str) -> None:
    """Show a picture; pixels as they come, no axes."""
    axes.imshow(picture)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9.5, loc='left', color=INK, pad=4)


def _quiet(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the frame in grey, so that colours on it are the data's."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))


def _legend(axes: Axes, style: OverlayStyle) -> None:
    """Draw the overlay's own colour scale below a picture, over a grey ground."""
    scale = style.colours()
    strip = axes.inset_axes((0.0, -0.09, 1.0, 0.045))
    ground = np.full((1, 256, 3), 128, np.uint8)
    ramp = np.arange(256, dtype=np.uint8)[None]
    strip.imshow(scale.blend(ground, ramp), aspect='auto', extent=(0.0, scale.max_ratio, 0.0, 1.0))
    strip.set_yticks([])
    strip.set_xticks(range(int(scale.max_ratio) + 1))
    labels = ['1× uniform' if tick == 1 else f'{tick}×' for tick in range(int(scale.max_ratio))]
    strip.set_xticklabels([*labels, f'{scale.max_ratio:g}×+'])
    strip.tick_params(labelsize=7.5, colors=QUIET, length=2)


def _extent(camera: AnalysedCamera) -> tuple[float, float, float, float]:
    return (-0.5, camera.width - 0.5, camera.height - 0.5, -0.5)


def _opaque(picture: AxesImage) -> ScalarMappable:
    """Return the picture's colours without its opacity, for a legend."""
    return ScalarMappable(picture.norm, picture.get_cmap())


def _write(axes: Axes, x: float, y: float, text: str, camera: AnalysedCamera) -> None:
    """Write a few characters at a pixel; at the border, inside the picture."""
    axes.annotate(
        text,
        (
            min(max(x, 0.06 * camera.width), 0.94 * camera.width),
            min(max(y, 0.04 * camera.height), 0.96 * camera.height),
        ),
        ha='center',
        va='center',
        fontsize=8,
        fontweight='bold',
        color='white',
        path_effects=[withStroke(linewidth=2.2, foreground='black')],
        zorder=4,
    )
