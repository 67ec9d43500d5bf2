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

"""Regions that get the most attention: where they are, what they hold, which is which."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import CellGeometry
from attention_mapper_ros.rendering.boxes import draw_regions, RegionAnnotator
from attention_mapper_ros.rendering.legend import Box
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.palette import GROUND, REGION_COLOURS
from attention_mapper_ros.rendering.placement import Placement
from attention_mapper_ros.rendering.region_tracker import overlap, RegionTracker
from attention_mapper_ros.rendering.regions import find_regions

FRONT = 'observation.images.front'
HEIGHT, WIDTH = 144, 192
CELLS = CellGeometry(5, 6, 0.0, 0.0, 32.0, 32.0)
TOKENS = 62


def regions_of(grid, quantile=0.9, cells=CELLS, interpolation='smooth'):
    spread = Placement(cells, HEIGHT, WIDTH, 1, interpolation).spread(grid)
    return find_regions(spread, grid, cells, TOKENS, quantile)


def spots(*cells, value=10.0):
    grid = np.zeros((5, 6), np.float32)
    for cell in cells:
        grid[cell] = value
    return grid


def test_a_region_lies_around_the_true_centre_of_the_cell_that_is_attended():
    (region,) = regions_of(spots((2, 3)))
    box = region.box
    assert abs(box.x + (box.width - 1) / 2 - 96) <= 1
    assert abs(box.y + (box.height - 1) / 2 - 64) <= 1
    assert box.width < 64 > box.height


def test_share_is_of_all_tokens_and_of_camera_is_of_this_camera():
    grid = np.full((5, 6), 0.5, np.float32)
    grid[1, 1] = 9.0
    (region,) = regions_of(grid, quantile=0.97)
    assert region.share == pytest.approx(9.0 / TOKENS)
    assert region.of_camera == pytest.approx(9.0 / (9.0 + 29 * 0.5))


def test_every_cell_counts_for_one_region_at_the_most():
    grid = np.random.default_rng(2).gamma(0.5, 2.0, (5, 6)).astype(np.float32)
    for quantile in (0.5, 0.7, 0.9, 0.97):
        found = regions_of(grid, quantile)
        assert sum(region.of_camera for region in found) <= 1.0 + 1e-6
        assert sum(region.share for region in found) <= grid.sum() / TOKENS + 1e-6


def test_spots_apart_are_regions_of_their_own_the_greatest_share_first():
    grid = spots((1, 1), (3, 4))
    grid[3, 4] = 14.0
    first, second = regions_of(grid)
    assert first.box.x > second.box.x
    assert first.share > second.share


def test_a_higher_quantile_makes_smaller_regions():
    (wide,), (narrow,) = (regions_of(spots((2, 2)), quantile) for quantile in (0.85, 0.97))
    assert narrow.box.width < wide.box.width
    assert narrow.box.height < wide.box.height


@pytest.mark.parametrize('level', [0.0, 1.0])
def test_a_map_that_is_the_same_everywhere_has_no_region(level):
    assert regions_of(np.full((5, 6), level, np.float32)) == ()


def test_a_cell_that_lies_in_the_padding_belongs_to_no_region():
    beyond = CellGeometry(5, 6, -40.0, 0.0, 32.0, 32.0)  # the first column is left of the picture
    grid = spots((2, 0), (2, 1))
    (region,) = regions_of(grid, cells=beyond)
    assert region.box.x == 0
    assert region.share == 0.0


def test_cells_without_interpolation_are_regions_too():
    (region,) = regions_of(spots((2, 3), (2, 4), (3, 3), (3, 4)), interpolation='cells')
    assert region.box == Box(80, 48, 64, 64)


@pytest.mark.parametrize('quantile', [0.0, 1.0, -0.5, 90.0])
def test_an_impossible_quantile_is_refused_when_the_annotator_is_made(quantile):
    with pytest.raises(ValueError, match='it must lie above 0 and below 1'):
        RegionAnnotator(quantile=quantile)


def test_overlap_is_the_intersection_over_the_union():
    assert overlap(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1.0
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0.0


def test_a_region_keeps_its_identity_while_it_moves():
    tracker = RegionTracker()
    for step in range(10):
        assert tracker.update([Box(100 - 4 * step, 50, 30, 30), Box(4 * step, 5, 30, 30)]) == (
            1,
            2,
        )


def test_identities_follow_the_boxes_and_not_their_order():
    tracker = RegionTracker()
    left, right = Box(0, 0, 20, 20), Box(100, 0, 20, 20)
    assert tracker.update([left, right]) == (1, 2)
    assert tracker.update([right, left]) == (2, 1)


def test_an_identity_survives_a_gap_but_no_longer_one():
    box, elsewhere = Box(0, 0, 20, 20), Box(200, 0, 20, 20)
    tracker = RegionTracker(longest_gap=3)
    assert tracker.update([box]) == (1,)
    for _ in range(3):
        assert tracker.update([elsewhere]) == (2,)
    assert tracker.update([box, elsewhere]) == (1, 2)
    for _ in range(4):
        tracker.update([elsewhere])
    assert tracker.update([box, elsewhere]) == (3, 2)


def test_identities_are_never_used_again():
    tracker = RegionTracker(longest_gap=0)
    given = [tracker.update([Box(300 * (step % 2), 0, 20, 20)])[0] for step in range(6)]
    assert given == [1, 2, 3, 4, 5, 6]


def test_of_two_that_overlap_the_better_one_gets_the_identity():
    tracker = RegionTracker()
    tracker.update([Box(0, 0, 20, 20)])
    assert tracker.update([Box(8, 0, 20, 20), Box(1, 0, 20, 20)]) == (2, 1)


def annotated(annotator, style, frame, grid, cells):
    overlay = OverlayAnnotator(style).annotate(frame, grid, cells, {FRONT: 1.0}, FRONT, 'step 3')
    picture, numbered = annotator.annotate(overlay, frame.shape[:2], grid, cells, TOKENS)
    return overlay, picture, numbered


@pytest.mark.parametrize(
    ('height', 'width', 'scale'), [(144, 192, 0), (144, 192, 1), (480, 640, 0)]
)
def test_outlines_lie_on_the_enlarged_picture_and_leave_the_strip_alone(height, width, scale):
    style = OverlayStyle(scale=scale)
    cells = CELLS.scaled(width / WIDTH, height / HEIGHT)
    frame = np.full((height, width, 3), 100, np.uint8)
    overlay, picture, numbered = annotated(
        RegionAnnotator(style), style, frame, spots((2, 3)), cells
    )
    ((identity, region),) = numbered
    factor = style.enlargement(width)
    x, y = (value * factor + (factor - 1) / 2 for value in cells.centre(2, 3))
    box = region.box
    assert identity == 1
    assert abs(box.x + (box.width - 1) / 2 - x) <= 1
    assert abs(box.y + (box.height - 1) / 2 - y) <= 1
    assert (picture[: height * factor] == REGION_COLOURS[0]).all(axis=2).any()
    np.testing.assert_array_equal(picture[height * factor :], overlay[height * factor :])
    middle = picture[round(y), round(x)]
    np.testing.assert_array_equal(middle, overlay[round(y), round(x)])


def test_overlay_that_was_given_is_left_as_it_was():
    style = OverlayStyle()
    frame = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    overlay, picture, _ = annotated(RegionAnnotator(style), style, frame, spots((2, 3)), CELLS)
    assert not (overlay == REGION_COLOURS[0]).all(axis=2).any()
    assert picture.shape == overlay.shape


def test_a_region_keeps_number_and_colour_from_frame_to_frame():
    style = OverlayStyle()
    annotator = RegionAnnotator(style)
    frame = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    annotated(annotator, style, frame, spots((1, 1)), CELLS)
    _, picture, numbered = annotated(annotator, style, frame, spots((1, 1), (3, 4)), CELLS)
    by_identity = dict(numbered)
    assert by_identity[1].box.x < by_identity[2].box.x
    for identity, colour in ((1, REGION_COLOURS[0]), (2, REGION_COLOURS[1])):
        box = by_identity[identity].box
        edge = picture[box.y, box.x : box.x + box.width]
        assert (edge == colour).all(axis=1).any()


def test_labels_never_leave_the_picture_nor_cover_each_other():
    random = np.random.default_rng(5)
    for _ in range(40):
        grid = random.gamma(0.3, 2.0, (5, 6)).astype(np.float32)
        found = regions_of(grid, 0.8)
        picture = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
        labels = draw_regions(picture, tuple(enumerate(found, start=98)))
        assert len(labels) == len(found)
        for label in labels:
            assert label.x >= 0
            assert label.y >= 0
            assert label.x + label.width <= WIDTH
            assert label.y + label.height <= HEIGHT
            inside = picture[label.y : label.y + label.height, label.x : label.x + label.width]
            assert (inside == GROUND).all(axis=2).mean() > 0.3
        if len(labels) == 2:
            assert overlap(*labels) == 0.0


def test_an_overlay_of_another_frame_is_refused():
    with pytest.raises(ValueError, match='give the size of the frame, and the style'):
        RegionAnnotator().annotate(
            np.zeros((300, 500, 3), np.uint8), (HEIGHT, WIDTH), spots((1, 1)), CELLS, TOKENS
        )
