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

"""How the figures of a report look: ground, colours of the token groups, quiet axes, PNG out."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from attention_mapper_ros.rendering.palette import Colour, group_colours

WIDTH_INCHES, DPI = 10.6, 110  # 1166 pixels: as wide as the page
INK, QUIET, GRID = '#1c2027', '#5b6472', '#e3e6ea'
FAILED, SUCCEEDED = '#c2410c', '#0f766e'
# WCAG asks for 3 between a graphic and its ground; the palette was made for dark pictures.
_CONTRAST = 3.0
_DARKER = 0.95


def new_figure(
    height_inches: float,
    width_inches: float = WIDTH_INCHES,
    layout: Literal['constrained'] | None = 'constrained',
) -> Figure:
    """Return an empty figure that needs no window."""
    figure = Figure(
        figsize=(width_inches, height_inches), dpi=DPI, facecolor='white', layout=layout
    )
    FigureCanvasAgg(figure)  # becomes the figure's canvas
    return figure


def png(figure: Figure) -> bytes:
    """Return the figure as a file's content."""
    file = BytesIO()
    figure.savefig(file, format='png', metadata={'Software': None})
    return file.getvalue()


def plain(axes: Axes, title: str = '') -> None:
    """Take away what is not data; give a title on the left."""
    if title:
        axes.set_title(title, fontsize=10.5, fontweight='bold', loc='left', color=INK)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    for side in ('left', 'bottom'):
        axes.spines[side].set_color('#9aa3af')
    axes.tick_params(colors=QUIET, labelsize=8.5)
    axes.xaxis.label.set_color(QUIET)
    axes.yaxis.label.set_color(QUIET)
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)


def colours_on_white(groups: Sequence[str]) -> dict[str, str]:
    """
    Return the colour of each token group, dark enough for a white ground.

    The hues of overlays and videos; cameras take theirs in order.
    """
    return {group: _hex(_on_white(colour)) for group, colour in group_colours(groups).items()}


def _on_white(colour: Colour) -> tuple[float, ...]:
    """Darken a colour until it stands out from white."""
    red, green, blue = (part / 255 for part in colour)
    while _contrast(red, green, blue) < _CONTRAST:
        red, green, blue = red * _DARKER, green * _DARKER, blue * _DARKER
    return red, green, blue


def _contrast(*colour: float) -> float:
    """Return WCAG's contrast ratio of an sRGB colour to white."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _hex(colour: tuple[float, ...]) -> str:
    return '#' + ''.join(f'{round(255 * part):02x}' for part in colour)
