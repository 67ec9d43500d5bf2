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
import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.rendering.legend import LEGEND_GROUND
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.placement import Placement
from attention_mapper_ros.reports.episode import EpisodeTrend, PARTS
from attention_mapper_ros.reports.figures.style import INK, new_figure, QUIET, WIDTH_INCHES
from attention_mapper_ros.reports.map_contrast import MapContrast
from attention_mapper_ros.reports.run import Run

# Means over steps are flatter than the maps of single ones; the scale is fixed all the same.
_STYLE = OverlayStyle(strip='none', max_ratio=2.0)
_NAMED_PEAKS = 3  # cells whose percentage is written
_TITLE, _GAP, _SCALE = 0.3, 0.12, 0.62  # inches: over a picture, beside it, of all scales below
_DIVERGING = 'PuOr_r'
# What is near 0 leaves the picture as it is.
_OPACITY, _OPACITY_EXPONENT = 0.85, 0.6


def peaks_and_maps(run: Run) -> Figure:
    """Draw, per camera, its mean picture, how often the peak lies in each cell, the mean map."""
    with_maps = has_mean_maps(run)
    grid = _Grid(run.cameras, 3 if with_maps else 2)
    shares = {camera.name: _peak_shares(run, camera) for camera in run.cameras}
    highest = max(float(share.max()) for share in shares.values())
    for row, camera in enumerate(run.cameras):
        frame = run.mean_frames[camera.name]
        _show(grid.panel(row, 0), frame, f'{camera.name}: mean of all pictures')
        _peaks(grid.panel(row, 1), frame, camera, shares[camera.name], highest)
        if with_maps:
            _show(
                grid.panel(row, 2),
                _overlaid(run, camera, run.episodes, None),
                f'{camera.name}: mean map',
            )
    _scale(grid.scale(1), _ramp('inferno'), (0, highest), 'steps with the peak in the cell (%)')
    if with_maps:
        _overlay_scale(grid.scale(2), run.quantity)
    return grid.figure


def quarters(run: Run) -> Figure | None:
    """Draw each camera's mean map over each quarter of the episode; None without maps."""
    if not has_mean_maps(run):
        return None
    grid = _Grid(run.cameras, PARTS)
    for row, camera in enumerate(run.cameras):
        for part in range(PARTS):
            start, stop = (round(100 * each / PARTS) for each in (part, part + 1))
            title = f'{camera.name}, {start} to {stop} %'
            _show(grid.panel(row, part), _overlaid(run, camera, run.episodes, part), title)
    _overlay_scale(grid.scale(0), run.quantity)
    return grid.figure


def map_differences(
    run: Run,
    first: Sequence[EpisodeTrend],
    second: Sequence[EpisodeTrend],
    names: tuple[str, str],
    contrasts: Sequence[MapContrast],
) -> Figure:
    """
    Draw the mean maps of two sets of episodes, and first minus second, on the mean pictures.

    A dot marks the cells that are sure. ``run``: whose pictures these are.
    """
    largest = max(float(np.abs(each.difference).max()) for each in contrasts) or 1.0
    grid = _Grid(run.cameras, 3)
    for row, contrast in enumerate(contrasts):
        camera = contrast.camera
        for column, (name, episodes) in enumerate(zip(names, (first, second), strict=True)):
            drawn = _overlaid(run, camera, episodes, None)
            _show(grid.panel(row, column), drawn, f'{camera.name}: {name}')
        frame = run.mean_frames[camera.name]
        _difference(grid.panel(row, 2), frame, contrast, largest)
    _overlay_scale(grid.scale(0), run.quantity)
    label = f'{names[0]} minus {names[1]}, multiples of uniform {run.quantity}'
    _scale(grid.scale(2), _ramp(_DIVERGING), (-largest, largest), label)
    return grid.figure


def has_mean_maps(run: Run) -> bool:
    """Return whether the maps of every episode were kept."""
    return all(
        each.mean_map is not None for episode in run.episodes for each in episode.cameras.values()
    )


def _overlaid(
    run: Run, camera: AnalysedCamera, episodes: Sequence[EpisodeTrend], part: int | None
) -> NDArray[np.uint8]:
    """Return the mean map, of one part of the episodes or of all, drawn as overlays are."""
    maps = []
    for episode in episodes:
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


class _Grid:
    """
    Panels as high as their pictures, with titles over them and a row of colour scales below.

    ``rows``: the camera whose shape a row of panels has. Sizes in inches.
    """

    def __init__(self, rows: Sequence[AnalysedCamera], columns: int) -> None:
        self._width = (WIDTH_INCHES - _GAP * (columns + 1)) / columns
        self._heights = [self._width * camera.height / camera.width for camera in rows]
        self._total = sum(self._heights) + _TITLE * len(rows) + _SCALE
        self.figure = new_figure(self._total, layout=None)

    def panel(self, row: int, column: int) -> Axes:
        """Add the axes of a picture."""
        below = sum(self._heights[: row + 1]) + _TITLE * (row + 1)
        return self._axes(column, self._total - below, self._heights[row])

    def scale(self, column: int) -> Axes:
        """Add the axes of a colour scale below a column."""
        return self._axes(column, _SCALE - 0.28, 0.12)

    def _axes(self, column: int, bottom: float, height: float) -> Axes:
        left = _GAP + column * (self._width + _GAP)
        return self.figure.add_axes(
            (
                left / WIDTH_INCHES,
                bottom / self._total,
                self._width / WIDTH_INCHES,
                height / self._total,
            )
        )


def _peak_shares(run: Run, camera: AnalysedCamera) -> NDArray[np.float64]:
    """Return in how many of all steps the peak lies in each cell, (row, col), in per cent."""
    counts = np.sum([each.cameras[camera.name].peaks for each in run.episodes], axis=0)
    share: NDArray[np.float64] = 100.0 * counts / run.steps
    return share


def _peaks(
    axes: Axes,
    frame: NDArray[np.uint8],
    camera: AnalysedCamera,
    share: NDArray[np.float64],
    highest: float,
) -> None:
    _show(axes, _quiet(frame), f'{camera.name}: where the peak lies')
    _lay_over(axes, _spread(share, camera), camera, 'inferno', (0.0, highest))
    for place in np.argsort(-share, axis=None)[:_NAMED_PEAKS]:
        row, col = np.unravel_index(int(place), share.shape)
        if share[row, col] >= 1:
            x, y = camera.cells.centre(int(row), int(col))
            _write(axes, x, y, f'{share[row, col]:.0f} %', camera)


def _difference(
    axes: Axes, frame: NDArray[np.uint8], contrast: MapContrast, largest: float
) -> None:
    camera = contrast.camera
    _show(axes, _quiet(frame), f'{camera.name}: difference')
    field = _spread(contrast.difference, camera)
    _lay_over(axes, field, camera, _DIVERGING, (-largest, largest))
    centres = [camera.cells.centre(int(row), int(col)) for row, col in np.argwhere(contrast.sure)]
    axes.plot(
        [x for x, _ in centres],
        [y for _, y in centres],
        'o',
        color='black',
        markeredgecolor='white',
        markersize=4,
        markeredgewidth=0.8,
    )


def _lay_over(
    axes: Axes,
    field: NDArray[np.float32],
    camera: AnalysedCamera,
    colours: str,
    limits: tuple[float, float],
) -> None:
    """Lay a field over a picture, the more opaque the farther it is from 0."""
    opacity = np.clip(np.abs(field) / (limits[1] or 1.0), 0, 1) ** _OPACITY_EXPONENT * _OPACITY
    axes.imshow(
        field, cmap=colours, vmin=limits[0], vmax=limits[1], alpha=opacity, extent=_extent(camera)
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


def _overlay_scale(axes: Axes, quantity: str) -> None:
    """Draw the overlay's own colours over a grey ground, as the legend of the videos."""
    scale = _STYLE.colours()
    ground = np.full((1, 256, 3), LEGEND_GROUND, np.uint8)
    ramp = scale.blend(ground, np.arange(256, dtype=np.uint8)[None])
    _scale(axes, ramp, (0.0, scale.max_ratio), f'multiples of uniform {quantity}')
    ticks = range(int(scale.max_ratio) + 1)
    axes.set_xticks(ticks)
    axes.set_xticklabels([f'{tick}×' if tick < ticks[-1] else f'{tick}×+' for tick in ticks])
    _keep_ends_inside(axes)


def _scale(axes: Axes, ramp: NDArray[np.uint8], limits: tuple[float, float], label: str) -> None:
    """Draw a ramp of colours, (1, colour, RGB), from one limit to the other."""
    axes.imshow(ramp, aspect='auto', extent=(*limits, 0.0, 1.0))
    axes.set_yticks([])
    axes.set_xticks(MaxNLocator(5).tick_values(*limits))
    axes.set_xlim(*limits)
    axes.tick_params(labelsize=7.5, colors=QUIET, length=2)
    axes.set_xlabel(label, fontsize=8, color=QUIET, labelpad=2)
    _keep_ends_inside(axes)


def _keep_ends_inside(axes: Axes) -> None:
    """Let the outermost numbers of a scale end with it."""
    low, high = axes.get_xlim()
    for label, tick in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True):
        at = (tick - low) / (high - low)
        label.set_horizontalalignment('left' if at < 0.02 else 'right' if at > 0.98 else 'center')


def _ramp(colours: str) -> NDArray[np.uint8]:
    """Return a colour map as a row of pixels, (1, 256, RGB)."""
    ramp = matplotlib.colormaps[colours](np.linspace(0, 1, 256), bytes=True)
    return np.ascontiguousarray(ramp[None, :, :3], np.uint8)


def _extent(camera: AnalysedCamera) -> tuple[float, float, float, float]:
    return (-0.5, camera.width - 0.5, camera.height - 0.5, -0.5)


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
