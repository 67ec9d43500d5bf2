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

"""The figure, drawn from made-up numbers and read back."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from attention_mapper_ros.rendering.faithfulness_figure import (
    Bar,
    FaithfulnessFigure,
    Peaks,
    write_figure,
)

FRACTIONS = np.linspace(0, 1, 5)
NAMES = ('rollout', 'raw', 'raw - mean', 'occlusion', 'centre', 'random')
BARS = [Bar(name, 0.3 - 0.1 * place, 0.2 - 0.1 * place, 0.4) for place, name in enumerate(NAMES)]
FIGURE = FaithfulnessFigure(
    title='rollout wins',
    subtitle='made-up numbers',
    unit='rad',
    scores=BARS,
    references=('occlusion', 'centre', 'random'),
    winner='rollout',
    fractions=FRACTIONS,
    deletion={name: FRACTIONS * (2 + place) for place, name in enumerate(NAMES)},
    insertion={name: (1 - FRACTIONS) * (2 + place) for place, name in enumerate(NAMES)},
    stages=('nothing', 'action head', 'decoder', 'backbone'),
    correlation=dict.fromkeys(NAMES[:4], (1.0, 0.6, 0.2, -0.1)),
    peaks=[Peaks('front', 40, BARS[:4], BARS[:4], 0.1, 0.4)],
    knock_out=[Bar('front', 0.5, 0.4, 0.6), Bar('joints', 0.1)],
)


def drawn(figure, path):
    write_figure(figure, path)
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def has(picture, colour):
    """Return whether many pixels have a colour, RGB."""
    return int((np.abs(picture[..., ::-1].astype(int) - colour).max(axis=2) < 12).sum()) > 300


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    return drawn(FIGURE, tmp_path_factory.mktemp('figure') / 'figure.png')


def test_figure_is_a_picture_large_enough_to_read(whole):
    assert whole.shape == (1100, 1800, 3)
    assert tuple(whole[0, 0]) == (255, 255, 255)


def test_every_method_has_its_colour(whole):
    assert has(whole, (0x00, 0x72, 0xB2))  # rollout
    assert has(whole, (0xD5, 0x5E, 0x00))  # raw


@pytest.mark.parametrize(
    'change',
    [
        {'peaks': []},
        {'peaks': FIGURE.peaks * 2},
        {'peaks': FIGURE.peaks * 4},
        {'stages': ('nothing',), 'correlation': {'raw': (1.0,)}},
        {'knock_out': [Bar('front', float('nan'))]},
        {'title': 'a sentence that is far too long for one line of any figure, ' * 4},
    ],
)
def test_what_is_missing_or_many_leaves_a_whole_figure(change, tmp_path, whole):
    picture = drawn(replace(FIGURE, **change), tmp_path / 'figure.png')
    assert picture.shape == whole.shape
    assert not np.array_equal(picture, whole)


def test_drawing_changes_nothing_of_matplotlib_s_global_state(tmp_path):
    from matplotlib import pyplot, rcParams

    before = dict(rcParams)
    drawn(FIGURE, tmp_path / 'figure.png')
    assert pyplot.get_fignums() == []
    assert dict(rcParams) == before


def test_figure_that_cannot_be_written_says_where(tmp_path):
    with pytest.raises(OSError, match='missing'):
        write_figure(FIGURE, tmp_path / 'missing' / 'figure.png')
