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

"""The picture of a step: cameras side by side, and below them what the policy would do."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import CellGeometry
from attention_mapper_ros.rendering.action_traces import ActionTraces
from attention_mapper_ros.rendering.episode_panel import EpisodePanel
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.rendering.palette import PREDICTED, RECORDED

CAMERAS = ('front', 'wrist')
JOINTS = ('pan', 'lift', 'elbow', 'flex', 'roll', 'gripper')
LIMITS = np.array([[-1.0, 1.0]] * len(JOINTS), np.float32)
FRONT = 'observation.images.front'


def overlays(height=200, width=480, level=90):
    return [np.full((height, width, 3), level + 20 * place, np.uint8) for place in range(2)]


def action(value, count=6):
    return np.full(count, value, np.float32)


def pixels_of(picture, colour, plot):
    """Return rows and columns, within the plot, of what is drawn in a colour, thin lines too."""
    part = picture[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width].astype(int)
    if colour == PREDICTED:  # the only yellow
        return np.nonzero(part[..., 0] - part[..., 2] > 60)
    return np.nonzero((part[..., 2] > 100) & (part[..., 2] > part[..., 0]))


def traces(limits=LIMITS, steps=20):
    return ActionTraces(1000, 14, JOINTS, limits, steps, 'the whole episode')


def painted(one):
    out = np.zeros((one.height, 1000, 3), np.uint8)
    one.paint(out)
    return out


@pytest.mark.parametrize('count', [6, 14])
@pytest.mark.parametrize(('height', 'width'), [(144, 192), (480, 640)])
def test_every_picture_of_an_episode_has_the_same_even_size(height, width, count):
    frame = np.full((height, width, 3), 100, np.uint8)
    annotator = OverlayAnnotator()
    shares = {FRONT: 0.6, 'joints': 0.4}
    places = CellGeometry(5, 6, 0.0, 0.0, width / 6, height / 5)
    panel = EpisodePanel(CAMERAS, [f'joint {n}' for n in range(count)], None, window=10)
    sizes = set()
    for step in range(15):
        one = annotator.annotate(frame, np.ones((5, 6), np.float32), places, shares, FRONT)
        picture = panel.compose([one, one], step, step / 10, action(step, count))
        sizes.add(picture.shape)
    assert len(sizes) == 1
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
    assert picture.dtype == np.uint8


def test_overlays_stand_side_by_side_as_they_came():
    panel = EpisodePanel(CAMERAS, JOINTS, LIMITS)
    left, right = overlays()
    picture = panel.compose([left, right], 0, 0.0, action(0.0))
    top = next(row for row in range(100) if (picture[row, :480] == left[0]).all())
    np.testing.assert_array_equal(picture[top : top + 200, :480], left)
    np.testing.assert_array_equal(picture[top : top + 200, -480:], right)


def test_overlays_may_differ_in_size_between_cameras_but_not_between_steps():
    panel = EpisodePanel(CAMERAS, JOINTS, LIMITS)
    uneven = [np.zeros((201, 481, 3), np.uint8), np.zeros((150, 320, 3), np.uint8)]
    first = panel.compose(uneven, 0, 0.0, action(0.0))
    assert first.shape[0] % 2 == first.shape[1] % 2 == 0
    with pytest.raises(ValueError, match='a video has pictures of one size'):
        panel.compose(overlays(), 1, 0.1, action(0.0))


@pytest.mark.parametrize(('value', 'where'), [(1.0, 0.0), (0.0, 0.5), (-1.0, 1.0)])
def test_a_trace_lies_where_its_value_is_between_least_and_most(value, where):
    one = traces()
    for _ in range(20):
        one.add(action(value), None)
    plot = one.plot(2)
    rows, _ = pixels_of(painted(one), PREDICTED, plot)
    # The range has some headroom at both ends.
    expected = 0.5 + (where - 0.5) / 1.16
    assert abs(float(np.median(rows)) / (plot.height - 1) - expected) < 0.06


def test_what_lies_beyond_the_range_is_drawn_on_the_edge_of_its_plot():
    one = traces()
    for _ in range(20):
        one.add(action(50.0), None)
    picture = painted(one)
    rows, _ = pixels_of(picture, PREDICTED, one.plot(0))
    assert float(np.median(rows)) <= 1


def test_the_newest_of_a_whole_episode_is_at_the_right_end_and_the_oldest_at_the_left():
    one = traces(steps=20)
    one.add(action(0.5), None)
    plot = one.plot(0)
    _, cols = pixels_of(painted(one), PREDICTED, plot)
    assert cols.max() < plot.width / 10
    for _ in range(19):
        one.add(action(0.5), None)
    _, cols = pixels_of(painted(one), PREDICTED, plot)
    assert cols.min() <= 2
    assert cols.max() >= plot.width - 3


def test_a_long_episode_keeps_no_more_steps_than_it_shows():
    one = traces(steps=5)
    for _ in range(5):
        one.add(action(-1.0), None)
    for _ in range(5):
        one.add(action(1.0), None)
    rows, _ = pixels_of(painted(one), PREDICTED, one.plot(0))
    assert rows.max() < one.plot(0).height / 3  # nothing is left of the first five


def test_predicted_and_recorded_are_two_traces():
    one = traces()
    for _ in range(20):
        one.add(action(0.8), action(-0.8))
    picture = painted(one)
    predicted, _ = pixels_of(picture, PREDICTED, one.plot(4))
    recorded, _ = pixels_of(picture, RECORDED, one.plot(4))
    assert predicted.max() < recorded.min()


def test_without_a_recorded_action_neither_trace_nor_legend_speaks_of_one():
    one = traces()
    for _ in range(20):
        one.add(action(0.8), None)
    assert not (painted(one) == RECORDED).all(axis=2).any()
    one.add(action(0.8), action(0.1))
    assert (painted(one) == RECORDED).all(axis=2).any()


def test_a_step_without_a_recorded_action_is_a_gap():
    one = traces()
    for step in range(20):
        one.add(action(-0.9), None if 8 <= step < 13 else action(0.5))
    _, cols = pixels_of(painted(one), RECORDED, one.plot(0))
    middle = one.plot(0).width / 2
    assert not ((cols > middle - 10) & (cols < middle + 10)).any()
    assert (cols < middle - 20).any()
    assert (cols > middle + 20).any()


def test_without_a_known_range_the_scale_widens_to_what_came():
    one = traces(limits=None)
    one.add(action(10.0), None)
    one.add(action(30.0), None)
    plot = one.plot(0)
    rows, _ = pixels_of(painted(one), PREDICTED, plot)
    assert rows.min() < plot.height * 0.2
    assert rows.max() > plot.height * 0.8


def test_title_tells_episode_step_time_and_outcome():
    def band(**about):
        panel = EpisodePanel(CAMERAS, JOINTS, LIMITS, **about)
        return panel.compose(overlays(), 3, 0.3, action(0.0))[:24]

    plain = band(episode='episode 3', length=32, task='stack the cups')
    for other in (
        band(episode='episode 4', length=32, task='stack the cups'),
        band(episode='episode 3', length=33, task='stack the cups'),
        band(episode='episode 3', length=32, task='fold the towel'),
        band(episode='episode 3', length=32, task='stack the cups', success=False),
    ):
        assert (plain != other).any()


def test_pictures_are_never_touched_again():
    panel = EpisodePanel(CAMERAS, JOINTS, LIMITS)
    first = panel.compose(overlays(), 0, 0.0, action(0.0))
    before = first.copy()
    panel.compose(overlays(level=10), 1, 0.1, action(1.0))
    np.testing.assert_array_equal(first, before)


def test_joints_without_names_are_numbered():
    panel = EpisodePanel(CAMERAS)
    picture = panel.compose(overlays(), 0, 0.0, action(0.0, 3))
    named = EpisodePanel(CAMERAS, ['action 0', 'action 1', 'action 2'])
    same = named.compose(overlays(), 0, 0.0, action(0.0, 3))
    np.testing.assert_array_equal(picture, same)


@pytest.mark.parametrize(
    ('about', 'reason'),
    [
        ({'cameras': ()}, 'the panel has no camera'),
        ({'window': 1}, 'window is 1 steps'),
        ({'action_range': LIMITS[:2]}, r'shape \(2, 2\), expected \(6, 2\)'),
        ({'action_range': LIMITS * np.nan}, 'finite numbers'),
    ],
)
def test_a_panel_that_cannot_be_drawn_is_refused(about, reason):
    with pytest.raises(ValueError, match=reason):
        EpisodePanel(**{'cameras': CAMERAS, 'action_names': JOINTS, **about})


def test_what_does_not_fit_the_panel_is_refused():
    panel = EpisodePanel(CAMERAS, JOINTS, LIMITS)
    with pytest.raises(ValueError, match='1 overlays given, the panel has the cameras front'):
        panel.compose(overlays()[:1], 0, 0.0, action(0.0))
    with pytest.raises(ValueError, match=r'shape \(2,\), the panel was made for 6 joints'):
        panel.compose(overlays(), 0, 0.0, action(0.0, 2))
