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

"""Pictures with the regions of chosen cells blurred."""

from contrast_policy import CELLS, checkered, FRONT, HEIGHT, LAYOUT, region, SIZES, WIDTH, WRIST
import numpy as np
import pytest
import torch
from torch.nn import functional

from attention_mapper_ros.attention.infill import Infill
from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)

INFILL = Infill(LAYOUT, SIZES)
BLACK = {name: np.zeros((*size, 3), np.uint8) for name, size in SIZES.items()}
WHITE = {name: np.full((*size, 3), 255, np.uint8) for name, size in SIZES.items()}


def cells(*chosen: int) -> np.ndarray:
    mask = np.zeros(CELLS, bool)
    mask[list(chosen)] = True
    return mask


def test_every_pixel_belongs_to_exactly_one_cell():
    covered = {name: np.zeros(size, int) for name, size in SIZES.items()}
    for cell in range(CELLS):
        composed = INFILL.with_cells(BLACK, WHITE, cells(cell))
        for name, count in covered.items():
            count += composed[name][..., 0] == 255
    for count in covered.values():
        np.testing.assert_array_equal(count, 1)


@pytest.mark.parametrize('cell', [0, 4, 5, 8, 9, 17])
def test_a_region_is_the_pixels_nearest_to_the_cells_centre(cell):
    composed = INFILL.with_cells(BLACK, WHITE, cells(cell))
    camera, rows, cols = region(cell)
    expected = BLACK[camera].copy()
    expected[rows, cols] = 255
    np.testing.assert_array_equal(composed[camera], expected)


def test_regions_follow_cells_that_lie_anywhere():
    geometry = CellGeometry(
        rows=2, cols=4, origin_x=9.5, origin_y=6.0, stride_x=7.0, stride_y=11.0
    )
    layout = TokenLayout((TokenGroup(FRONT, 0, 8),), (CameraTokens(FRONT, 0, geometry),))
    infill = Infill(layout, {FRONT: (31, 45)})
    black, white = np.zeros((31, 45, 3), np.uint8), np.full((31, 45, 3), 255, np.uint8)
    centres = np.array([geometry.centre(row, col) for row in range(2) for col in range(4)])
    y, x = np.mgrid[:31, :45]
    away = np.hypot(x[..., None] - centres[:, 0], y[..., None] - centres[:, 1])
    for cell in range(8):
        taken = infill.with_cells({FRONT: black}, {FRONT: white}, np.arange(8) == cell)
        nearest = away[taken[FRONT][..., 0] == 255]
        assert len(nearest)
        np.testing.assert_allclose(nearest[:, cell], nearest.min(axis=1))


def test_all_cells_make_the_other_picture_and_none_keep_the_first():
    images = checkered()
    blurred = INFILL.blurred(images)
    for name in SIZES:
        everything = INFILL.with_cells(images, blurred, np.ones(CELLS, bool))
        np.testing.assert_array_equal(everything[name], blurred[name])
        assert INFILL.with_cells(images, blurred, cells())[name] is images[name]


def test_nothing_is_written_to():
    images = checkered()
    before = {name: image.copy() for name, image in images.items()}
    for image in images.values():
        image.flags.writeable = False
    composed = INFILL.with_cells(images, INFILL.blurred(images), cells(0, 12))
    for name, image in composed.items():
        image[:] = 0
        np.testing.assert_array_equal(images[name], before[name])


def test_blur_spreads_a_white_line_as_a_gaussian_of_that_sigma():
    images = {name: image.copy() for name, image in BLACK.items()}
    images[FRONT][:, 44:52] = 255
    profile = Infill(LAYOUT, SIZES, sigma=6.0).blurred(images)[FRONT][HEIGHT // 2, :, 1]
    x = np.arange(WIDTH)
    weight = profile.astype(float)
    mean = (weight * x).sum() / weight.sum()
    variance = (weight * (x - mean) ** 2).sum() / weight.sum()
    assert mean == pytest.approx(47.5, abs=0.1)
    # The line's own width adds 8^2 / 12.
    assert np.sqrt(variance) == pytest.approx(np.sqrt(36 + 64 / 12), rel=0.03)


def test_blur_is_a_convolution_with_the_picture_reflected_at_its_border():
    images, sigma, reach = checkered(), 9.0, 27
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    channels = torch.from_numpy(images[FRONT].transpose(2, 0, 1)).float()[:, None]
    padded = functional.pad(channels, (reach,) * 4, mode='reflect')
    expected = functional.conv2d(
        functional.conv2d(padded, kernel[None, None, :, None]), kernel[None, None, None, :]
    )
    found = Infill(LAYOUT, SIZES, sigma).blurred(images)[FRONT]
    np.testing.assert_allclose(found, expected[:, 0].permute(1, 2, 0).numpy(), atol=0.51)


def test_blur_is_one_stride_wide_unless_told():
    images = checkered()
    for name, image in INFILL.blurred(images).items():
        np.testing.assert_array_equal(image, Infill(LAYOUT, SIZES, 32.0).blurred(images)[name])


def test_blur_keeps_an_even_picture_up_to_its_border():
    even = {name: np.full((*size, 3), (10, 130, 250), np.uint8) for name, size in SIZES.items()}
    for name, image in INFILL.blurred(even).items():
        np.testing.assert_array_equal(image, even[name])


def test_blur_takes_the_contrast_and_keeps_the_mean():
    for image in INFILL.blurred(checkered()).values():
        assert image.std() < 127.5 / 20
        assert image.mean() == pytest.approx(127.5, abs=3)


def test_a_blur_wider_than_the_picture_is_possible():
    blurred = Infill(LAYOUT, SIZES, sigma=400.0).blurred(checkered())
    assert blurred[WRIST].std() < 2


@pytest.mark.parametrize(
    ('sizes', 'sigma', 'message'),
    [
        ({FRONT: (80, 96)}, None, 'give exactly observation.images.front, observation.images.w'),
        ({**SIZES, 'observation.images.top': (9, 9)}, None, 'observation.images.top'),
        (SIZES, 0.0, 'sigma of 0.0 pixels: choose one above 0'),
        (SIZES, float('nan'), 'sigma of nan pixels'),
    ],
)
def test_an_infill_that_does_not_fit_is_refused(sizes, sigma, message):
    with pytest.raises(ValueError, match=message):
        Infill(LAYOUT, sizes, sigma)


def test_a_policy_without_cameras_is_refused():
    with pytest.raises(ValueError, match='no cameras'):
        Infill(TokenLayout((TokenGroup('latent', 0, 1),), ()), {})


def test_pictures_of_another_size_or_type_are_refused():
    images = {**checkered(), FRONT: np.zeros((80, 97, 3), np.uint8)}
    with pytest.raises(ValueError, match=r'front has shape \(80, 97, 3\)'):
        INFILL.blurred(images)
    with pytest.raises(ValueError, match='float32'):
        INFILL.blurred({**checkered(), WRIST: np.zeros((80, 96, 3), np.float32)})


@pytest.mark.parametrize('mask', [np.ones(17, bool), np.arange(18)])
def test_cells_that_are_not_one_bool_each_are_refused(mask):
    with pytest.raises(ValueError, match='18 cells'):
        INFILL.with_cells(BLACK, WHITE, mask)
