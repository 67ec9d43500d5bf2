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

"""What a person reads off an overlay is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.legend import LEGEND_GROUND
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.palette import GROUND, group_colours, percent
from attention_mapper_ros.rendering.strip import Strip, text_size

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
SHARES = {'latent': 0.02, 'joints': 0.18, FRONT: 0.5, WRIST: 0.3}
PLAIN = OverlayStyle(strip='none', scale=1)


@dataclass(frozen=True)
class Cells:
    """Cells of a ResNet at stride 32: the first is centred on the first pixel."""

    rows: int
    cols: int
    origin_x: float = 0.0
    origin_y: float = 0.0
    stride_x: float = 32.0
    stride_y: float = 32.0


def grey(height: int, width: int, level: int = 128) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def cells_of(height: int, width: int) -> Cells:
    return Cells(-(-height // 32), -(-width // 32))


def scale_of(style: OverlayStyle) -> ColourScale:
    return ColourScale(style.colour_map, style.max_ratio, style.opacity_low, style.opacity_high)


def colour_of(ratio: float, style: OverlayStyle, level: int = 128) -> np.ndarray:
    """Colour of a uniform map of this ratio over a grey frame."""
    places = Cells(2, 2)
    uniform = np.full((2, 2), ratio, np.float32)
    out = OverlayAnnotator(style).annotate(grey(64, 64, level), uniform, places, SHARES, FRONT)
    assert (out == out[0, 0]).all()
    return out[0, 0]


def test_known_ratios_have_the_colours_of_the_colour_map():
    # Inferno is black at its start and (252, 255, 164) at its end.
    style = OverlayStyle(strip='none', scale=1, opacity_low=0.25, opacity_high=0.75)
    np.testing.assert_allclose(colour_of(0.0, style, 200), [150, 150, 150], atol=1)
    top = 0.25 * 200 + 0.75 * np.array([252, 255, 164])
    np.testing.assert_allclose(colour_of(4.0, style, 200), top, atol=1)


def test_ratios_beyond_the_scale_look_like_its_end_and_negative_ones_like_its_start():
    np.testing.assert_array_equal(colour_of(4.0, PLAIN), colour_of(400.0, PLAIN))
    np.testing.assert_array_equal(colour_of(0.0, PLAIN), colour_of(-3.0, PLAIN))


def test_opaque_colours_rise_in_brightness_with_attention():
    style = OverlayStyle(strip='none', scale=1, opacity_low=1.0, opacity_high=1.0)
    weights = np.array([0.299, 0.587, 0.114])
    light = [float(colour_of(ratio, style) @ weights) for ratio in np.linspace(0, 4, 9)]
    assert light == sorted(light)
    assert light[0] < 5
    assert light[-1] > 230


def test_scale_is_fixed_so_the_same_ratio_looks_the_same_in_any_frame():
    annotator = OverlayAnnotator(PLAIN)
    places = Cells(3, 4)
    faint = np.ones((3, 4), np.float32)
    strong = np.ones((3, 4), np.float32)
    strong[2, 3] = 50.0
    first = annotator.annotate(grey(96, 128), faint, places, SHARES, FRONT)
    second = annotator.annotate(grey(96, 128), strong, places, SHARES, FRONT)
    np.testing.assert_array_equal(first[:32, :64], second[:32, :64])


@pytest.mark.parametrize('interpolation', ['smooth', 'linear'])
@pytest.mark.parametrize('scale', [1, 3])
def test_peak_lies_on_the_true_centre_of_its_cell_not_half_a_cell_off(interpolation, scale):
    style = OverlayStyle(
        strip='none',
        scale=scale,
        interpolation=interpolation,
        opacity_low=1.0,
        opacity_high=1.0,
    )
    grid = np.zeros((5, 6), np.float32)
    grid[2, 3] = 3.9
    out = OverlayAnnotator(style).annotate(grey(144, 192), grid, Cells(5, 6), SHARES, FRONT)
    light = out.astype(int).sum(axis=2)
    rows, cols = np.nonzero(light == light.max())
    # Pixel (96, 64) of the frame, as the enlarged picture has it.
    assert abs((cols.mean() + 0.5) / scale - 0.5 - 96) <= 0.5
    assert abs((rows.mean() + 0.5) / scale - 0.5 - 64) <= 0.5


def test_cells_are_rectangles_around_their_centres():
    style = OverlayStyle(strip='none', scale=1, interpolation='cells')
    grid = np.zeros((3, 4), np.float32)
    grid[1, 2] = 4.0
    out = OverlayAnnotator(style).annotate(grey(96, 128), grid, Cells(3, 4), SHARES, FRONT)
    hot = (out == out[32, 64]).all(axis=2)
    rows, cols = np.nonzero(hot)
    assert (rows.min(), rows.max()) == (16, 47)
    assert (cols.min(), cols.max()) == (48, 79)


@pytest.mark.parametrize('interpolation', ['smooth', 'linear', 'cells'])
def test_every_interpolation_gives_a_cell_its_own_value_at_its_centre(interpolation):
    rng = np.random.default_rng(0)
    grid = rng.uniform(0, 4, (3, 4)).astype(np.float32)
    style = OverlayStyle(strip='none', scale=1, interpolation=interpolation)
    out = OverlayAnnotator(style).annotate(grey(96, 128), grid, Cells(3, 4), SHARES, FRONT)
    for row in range(3):
        for col in range(4):
            expected = colour_of(float(grid[row, col]), style).astype(int)
            np.testing.assert_allclose(out[32 * row, 32 * col], expected, atol=1)


def test_frame_and_map_are_left_as_they_were_and_the_picture_is_new():
    frame = np.random.default_rng(0).integers(0, 255, (96, 128, 3)).astype(np.uint8)
    grid = np.linspace(-1, 9, 12).reshape(3, 4).astype(np.float32)
    frame_before, grid_before = frame.copy(), grid.copy()
    for style in (PLAIN, OverlayStyle(), OverlayStyle(strip='inside', scale=1)):
        annotator = OverlayAnnotator(style)
        first = annotator.annotate(frame, grid, Cells(3, 4), SHARES, FRONT, 'tick 1')
        kept = first.copy()
        second = annotator.annotate(frame[::-1], grid[::-1], Cells(3, 4), SHARES, FRONT, 'x')
        assert not np.shares_memory(first, second)
        np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(frame, frame_before)
    np.testing.assert_array_equal(grid, grid_before)


def test_read_only_frames_and_views_can_be_drawn_on():
    frame = grey(96, 256)
    frame.setflags(write=False)
    out = OverlayAnnotator(PLAIN).annotate(
        frame[:, ::2], np.ones((3, 4), np.float32), Cells(3, 4), SHARES, FRONT
    )
    assert out.shape == (96, 128, 3)


@pytest.mark.parametrize(
    ('height', 'width'), [(96, 128), (144, 192), (240, 320), (480, 640), (720, 1280), (1080, 1920)]
)
def test_strip_below_keeps_the_picture_and_makes_it_readable_at_any_size(height, width):
    places = cells_of(height, width)
    grid = np.ones((places.rows, places.cols), np.float32)
    out = OverlayAnnotator().annotate(grey(height, width), grid, places, SHARES, FRONT, 'tick 1')
    scale = max(1, -(-480 // width))
    assert out.shape[1] == width * scale >= 480
    strip = out.shape[0] - height * scale
    assert 0.1 * height * scale < strip < 0.45 * height * scale
    picture = OverlayAnnotator(OverlayStyle(strip='none')).annotate(
        grey(height, width), grid, places, SHARES, FRONT
    )
    np.testing.assert_array_equal(out[: height * scale], picture)


def test_strip_inside_keeps_the_size_and_gives_way_on_tiny_pictures():
    style = OverlayStyle(strip='inside', scale=1)
    for height, width, drawn in ((480, 640, True), (96, 128, False)):
        places = cells_of(height, width)
        grid = np.ones((places.rows, places.cols), np.float32)
        out = OverlayAnnotator(style).annotate(
            grey(height, width), grid, places, SHARES, FRONT, 'tick 1'
        )
        assert out.shape == (height, width, 3)
        assert (out[-1, 0] == GROUND).all() == drawn


def strip_for(width: int = 640) -> tuple[Strip, np.ndarray]:
    strip = Strip(width, FRONT, tuple(SHARES), scale_of(OverlayStyle()))
    out = np.empty((strip.height, width, 3), np.uint8)
    strip.paint(out, SHARES, 'tick 123 · queries 0-15 · age 42 ms')
    return strip, out


def test_legend_shows_exactly_what_the_picture_shows():
    strip, out = strip_for()
    box = strip.legend
    for ratio in (0.0, 0.5, 1.0, 2.0, 3.1, 4.0):
        x = box.x + round((box.width - 1) * ratio / 4.0)
        shown = out[box.y + box.height // 2, x].astype(int)
        assert LEGEND_GROUND == 128
        np.testing.assert_allclose(shown, colour_of(ratio, PLAIN), atol=3)


def test_share_bar_is_divided_in_proportion_and_in_order():
    strip, out = strip_for(1280)
    box = strip.bar
    row = out[box.y + box.height // 2, box.x : box.x + box.width]
    colours = group_colours(tuple(SHARES))
    for group, share in SHARES.items():
        # This camera's part has a light edge of a few pixels.
        measured = int((row == colours[group]).all(axis=1).sum())
        assert measured == pytest.approx(share * box.width, abs=8)
    order = [group for group in SHARES if (row == colours[group]).all(axis=1).any()]
    assert order == list(SHARES)
    assert len(set(colours.values())) == len(SHARES)


def test_label_is_written_and_changes_only_its_own_line():
    strip, out = strip_for()
    other = np.empty_like(out)
    strip.paint(other, SHARES, 'tick 999 · queries 0-15 · age 42 ms')
    rows = np.nonzero((out != other).any(axis=(1, 2)))[0]
    assert rows.size > 0
    assert rows.max() < strip.legend.y


def test_numbers_change_without_moving_anything_else():
    strip, out = strip_for()
    other = np.empty_like(out)
    strip.paint(other, {'latent': 0.0, 'joints': 0.0, FRONT: 0.0, WRIST: 1.0}, 'tick 123')
    assert other.shape == out.shape
    legend = slice(strip.legend.y, strip.bar.y)
    np.testing.assert_array_equal(out[legend], other[legend])


@pytest.mark.parametrize('width', [480, 640, 1280])
@pytest.mark.parametrize(
    'words',
    [
        'gradient of action 3, last layer, mean of heads, queries 0-15, minus mean picture',
        'gradient of action 13, layers 0+1, heads 0+2+4+6, queries 0-99, minus blank picture',
    ],
)
def test_second_line_of_a_label_holds_the_longest_words_of_a_method(width, words):
    groups = tuple(SHARES)
    strip = Strip(width, FRONT, groups, scale_of(OverlayStyle()), label_lines=2)
    drawn = []
    for ending in ('e', 'x'):
        out = np.empty((strip.height, width, 3), np.uint8)
        strip.paint(out, SHARES, f'tick 123 · age 42 ms\n{words[:-1]}{ending}')
        drawn.append(out)
    # Its last letter would not be seen had the line been cut.
    rows, cols = np.nonzero((drawn[0] != drawn[1]).any(axis=2))
    one_line = Strip(width, FRONT, groups, scale_of(OverlayStyle()))
    assert one_line.legend.y - 0.5 * text_size(width) < rows.min()
    assert rows.max() < strip.legend.y
    assert 0 < np.ptp(cols) < text_size(width)


def test_lines_of_the_label_alone_decide_the_height_of_a_picture():
    places, annotator = Cells(5, 6), OverlayAnnotator()
    grid = np.ones((5, 6), np.float32)
    heights = [
        annotator.annotate(grey(144, 192), grid, places, SHARES, FRONT, label).shape[0]
        for label in (
            '',
            'tick 1',
            'tick 2 · a longer one',
            'tick 1\nraw',
            'tick 22\nrollout, head 3',
        )
    ]
    assert heights[0] == heights[1] == heights[2] < heights[3] == heights[4]


def test_label_too_long_for_the_picture_is_cut_not_wrapped():
    strip, out = strip_for()
    long = np.empty_like(out)
    strip.paint(long, SHARES, 'a label that goes on ' * 20)
    assert (long[:, -2:] == GROUND).all()


def test_caption_of_the_legend_names_the_quantity():
    groups, drawn = tuple(SHARES), {}
    for quantity in ('attention', 'relevance'):
        strip = Strip(640, FRONT, groups, scale_of(OverlayStyle()), quantity=quantity)
        drawn[quantity] = np.empty((strip.height, 640, 3), np.uint8)
        strip.paint(drawn[quantity], SHARES, 'tick 1')
        line = slice(strip.legend.y, strip.legend.y + strip.legend.height)
        captions = drawn[quantity][line, : strip.legend.x]
        assert (captions != GROUND).any()
    assert (drawn['attention'] != drawn['relevance']).any()


def test_many_groups_still_fit():
    groups = ('language', 'joints', *(f'observation.images.camera_{i}' for i in range(6)))
    strip = Strip(480, groups[-1], groups, scale_of(OverlayStyle()))
    out = np.empty((strip.height, 480, 3), np.uint8)
    strip.paint(out, dict.fromkeys(groups, 1 / 8), '')
    assert strip.height < 12 * text_size(480)
    assert (out[:, -2:] == GROUND).all()


def test_badge_tells_the_joint_share():
    style = OverlayStyle(strip='none', joint_badge=True)
    places = cells_of(480, 640)
    grid = np.ones((places.rows, places.cols), np.float32)
    frame = grey(480, 640)
    few = OverlayAnnotator(style).annotate(frame, grid, places, {'joints': 0.1, FRONT: 0.9}, FRONT)
    many = OverlayAnnotator(style).annotate(
        frame, grid, places, {'joints': 0.8, FRONT: 0.2}, FRONT
    )
    rows, cols = np.nonzero((few != many).any(axis=2))
    assert rows.max() < 60
    assert cols.min() > 400


def test_a_trace_is_not_written_as_nothing():
    assert [percent(share) for share in (0.0, 0.001, 0.026, 1.0)] == [
        '0 %',
        '<1 %',
        '3 %',
        '100 %',
    ]


@pytest.mark.parametrize(
    ('options', 'remedy'),
    [
        ({'max_ratio': 1.0}, 'above 1'),
        ({'max_ratio': float('nan')}, 'above 1'),
        ({'colour_map': 'jet'}, 'inferno'),
        ({'opacity_low': 0.9, 'opacity_high': 0.2}, 'between 0 and 1'),
        ({'strip': 'left'}, 'below, inside, none'),
        ({'interpolation': 'cubic'}, 'smooth, linear, cells'),
        ({'scale': -1}, 'between 0'),
    ],
)
def test_impossible_style_is_refused_with_the_remedy(options, remedy):
    with pytest.raises(ValueError, match=remedy):
        OverlayStyle(**options)


def test_wrong_shapes_and_unknown_cameras_are_refused():
    annotator = OverlayAnnotator()
    grid = np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match='5 rows and 6 columns'):
        annotator.annotate(grey(96, 128), grid, Cells(5, 6), SHARES, FRONT)
    with pytest.raises(ValueError, match='uint8 RGB'):
        annotator.annotate(grey(96, 128)[..., :1], grid, Cells(3, 4), SHARES, FRONT)
    with pytest.raises(ValueError, match='feature name'):
        annotator.annotate(grey(96, 128), grid, Cells(3, 4), SHARES, 'front')
