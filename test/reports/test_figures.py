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

"""The figures, asked for what they show."""

from matplotlib.colors import to_rgb
import numpy as np
import pytest

from attention_mapper_ros.reports.chunk import chunk_trend
from attention_mapper_ros.reports.figures.chunks import chunk_curves
from attention_mapper_ros.reports.figures.courses import (
    courses_apart,
    entropy_courses,
    share_courses,
)
from attention_mapper_ros.reports.figures.episodes import MANY, share_episodes
from attention_mapper_ros.reports.figures.places import (
    map_differences,
    peaks_and_maps,
    quarters,
)
from attention_mapper_ros.reports.figures.style import colours_on_white, png
from attention_mapper_ros.reports.map_contrast import map_contrasts
from attention_mapper_ros.reports.run import load_run


@pytest.fixture(scope='module')
def run(analysed_once, plan, usual):
    """Return a run whose failures look elsewhere, and at the joints."""
    other = {**usual, 'joints': 0.3, 'front': 0.38}
    plans = [
        plan(
            number,
            steps=12 + number % 3,
            success=number > 3,
            shares=(lambda phase: usual) if number > 3 else (lambda phase: other),
            spot=(lambda phase: (1.0, 4.0)) if number > 3 else (lambda phase: (3.0, 1.0)),
        )
        for number in range(10)
    ]
    return load_run(analysed_once('run', plans), 'run')


@pytest.fixture
def apart(run):
    sets = (('failed', 'red', run.episodes[:4]), ('succeeded', 'green', run.episodes[4:]))
    return courses_apart(run, sets)


def inside(axes):
    """Return whether all that was drawn of a curve can be seen."""
    low, high = axes.get_ylim()
    curves = [line for line in axes.lines if line.get_transform() == axes.transData]
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in curves])
    seen = values[np.isfinite(values)]
    return bool(len(seen)) and low <= seen.min() and seen.max() <= high


def test_every_curve_lies_within_its_axes(run, apart):
    figures = [share_courses(run, 50), entropy_courses(run), chunk_curves(chunk_trend(run)), apart]
    for figure in figures:
        png(figure)
        assert all(inside(axes) for axes in figure.axes)


def test_panels_of_groups_have_one_scale(apart):
    assert len({axes.get_ylim() for axes in apart.axes}) == 1
    assert [axes.get_title(loc='left') for axes in apart.axes] == [
        'latent',
        'joints',
        'front',
        'wrist',
    ]


def test_axes_say_what_they_measure(run, apart):
    assert share_courses(run, None).axes[0].get_ylabel() == 'share of the attention (%)'
    assert apart.axes[-1].get_xlabel() == 'phase of the episode (%)'
    assert 'distance' in chunk_curves(chunk_trend(run)).axes[-1].get_ylabel()


def test_single_episodes_are_drawn_where_they_are_few(run):
    curves = len(run.groups) * (1 + len(run.episodes))
    assert len(share_courses(run, None).axes[0].lines) == curves


def test_every_episode_has_its_panel_and_its_outcome(run):
    titles = [axes.get_title(loc='left') for axes in share_episodes(run).axes]
    assert titles[:4] == [f'{number} failed' for number in range(4)]
    assert titles[4:] == [f'{number} succeeded' for number in range(4, 10)]


def test_many_episodes_are_lines_of_one_scale_with_the_failed_ones_first(
    analysed_once, plan, usual
):
    count = MANY + 6
    plans = [plan(n, steps=4 + n % 2, success=n % 5 != 0) for n in range(count)]
    figure = share_episodes(load_run(analysed_once('many', plans), 'many'))
    pictures = [axes.images[0] for axes in figure.axes if axes.images]
    assert [picture.get_array().shape[0] for picture in pictures] == [count] * 4
    assert len({picture.get_clim() for picture in pictures}) == 1
    assert figure.axes[0].get_yticklabels()[1].get_text() == '10'  # the failed: 0, 5, 10 ...
    # an episode of four steps has ended where one of five goes on
    table = np.ma.filled(pictures[0].get_array(), np.nan)
    assert np.isnan(table[:, -1]).sum() == sum(n % 2 == 0 for n in range(count))


def test_peaks_are_drawn_around_the_pixel_on_which_their_cell_is_centred(run):
    panel = next(
        axes
        for axes in peaks_and_maps(run).axes
        if axes.get_title(loc='left') == 'front: where the peak lies'
    )
    field = np.asarray(panel.images[-1].get_array())  # (pixel row, pixel col)
    rows, cols = np.nonzero(field == field.max())
    assert (cols.mean(), rows.mean()) == pytest.approx((4 * 32, 1 * 32), abs=1)
    assert panel.texts[0].get_position() == pytest.approx((4 * 32, 1 * 32))
    assert panel.texts[0].get_text() == '60 %'


def test_quarters_and_peaks_have_a_panel_for_each_camera_and_part(run):
    titles = [axes.get_title(loc='left') for axes in quarters(run).axes]
    assert titles[:2] == ['front, 0 to 25 %', 'front, 25 to 50 %']
    assert sum(title.startswith('wrist') for title in titles) == 4


def test_cells_that_are_sure_have_a_dot_at_their_centre(run):
    failed, succeeded = run.episodes[:4], run.episodes[4:]
    contrasts = map_contrasts(failed, succeeded)
    figure = map_differences(run, failed, succeeded, ('failed', 'succeeded'), contrasts)
    panel = next(axes for axes in figure.axes if axes.get_title(loc='left') == 'front: difference')
    dots = {(float(x), float(y)) for x, y in panel.lines[0].get_xydata()}
    assert {(32.0, 96.0), (128.0, 32.0)} <= dots
    assert len(dots) == contrasts[0].sure.sum()


def test_colours_stand_out_from_white_and_from_each_other():
    groups = ('latent', 'joints', 'environment', 'language', 'a', 'b', 'c', 'd')
    colours = [np.array(to_rgb(colour)) for colour in colours_on_white(groups).values()]
    for place, colour in enumerate(colours):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 3
        assert all(np.abs(colour - other).max() > 0.1 for other in colours[:place])
