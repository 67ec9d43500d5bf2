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

"""The first paragraph: true on folders whose effects are known, silent on those without any."""

from pathlib import Path
import re

import pytest

from attention_mapper_ros.reports.answers import answers
from attention_mapper_ros.reports.changes import changes
from attention_mapper_ros.reports.comparison import Unit
from attention_mapper_ros.reports.failures import failures
from attention_mapper_ros.reports.looks import looks
from attention_mapper_ros.reports.run import load_run


def text_of(folder: Path) -> dict[str, str]:
    """Return the three answers by what they are about."""
    run = load_run(folder, folder.name)
    found = answers(run, looks(run), changes(run), failures(run))
    return dict(zip(('look', 'change', 'failures'), [each.text for each in found], strict=True))


def test_it_says_what_the_policy_looks_at_with_an_interval_around_the_truth(analysed, plan):
    text = text_of(analysed('run', [plan(number) for number in range(12)]))['look']
    front, low, high = re.search(
        r'([\d.]+) % lies on camera front \(95 % interval ([\d.]+) to ([\d.]+) %\)', text
    ).groups()
    assert float(low) <= 50.0 <= float(high)
    assert float(low) <= float(front) <= float(high)
    assert float(high) - float(low) < 4
    assert text.index('camera front') < text.index('camera wrist') < text.index('joint state')


def test_it_says_where_in_the_picture_the_peak_lies(analysed, plan):
    lower_right = plan(0, spot=lambda phase: (4.0, 5.0))
    text = text_of(analysed('run', [lower_right]))['look']
    assert 'in the lower right, at pixel (160, 128): in 100 % of the steps' in text


@pytest.mark.parametrize('moment', [0.3, 0.5, 0.7])
def test_it_names_the_moment_of_a_change_and_from_what_to_what(analysed, plan, usual, moment):
    after = {**usual, 'front': 0.3, 'wrist': 0.5}
    plans = [
        plan(number, steps=25 + number, shares=lambda phase: usual if phase < moment else after)
        for number in range(10)
    ]
    text = text_of(analysed('run', plans))['change']
    at = int(re.search(r'Most around (\d+) % of an episode', text).group(1))
    assert abs(at - 100 * moment) <= 5
    start, end = re.search(
        r'share of camera front falls from ([\d.]+) % to ([\d.]+) %', text
    ).groups()
    assert float(start) == pytest.approx(50, abs=2)
    assert float(end) == pytest.approx(30, abs=2)
    assert 'camera wrist rises' in text
    assert 'joint' not in text


def test_a_slow_change_is_called_gradual(analysed, plan, usual):
    plans = [
        plan(
            number,
            shares=lambda phase: {
                **usual,
                'front': 0.6 - 0.3 * phase,
                'wrist': 0.2 + 0.3 * phase,
            },
        )
        for number in range(8)
    ]
    text = text_of(analysed('run', plans))['change']
    assert text.startswith('Gradually: from the first fifth of an episode to the last')


def test_a_sure_but_tiny_change_is_said_to_be_hardly_one(analysed, plan, usual):
    after = {**usual, 'front': 0.49, 'wrist': 0.31}
    plans = [
        plan(number, shares=lambda phase: usual if phase < 0.5 else after, spread=0.004)
        for number in range(12)
    ]
    assert text_of(analysed('run', plans))['change'].startswith('Hardly; most around 50 %')


def test_it_says_that_the_attention_moves_within_a_picture(analysed, plan):
    plans = [
        plan(number, spot=lambda phase: (2.0, 1.0) if phase < 0.5 else (2.0, 4.0))
        for number in range(8)
    ]
    text = text_of(analysed('run', plans))['change']
    assert 'its centre moves right around 50 % by' in text
    assert 'No share changes' in text


def test_no_change_is_claimed_where_there_is_none_and_the_bound_is_true(analysed, plan):
    text = text_of(analysed('run', [plan(number) for number in range(10)]))['change']
    bound = float(re.search(r'below ([\d.]+) points', text).group(1))
    assert text.startswith('No share changes by as much as these 10 episodes could show')
    assert 0 < bound < 5


def test_it_says_what_is_different_in_the_failures(analysed, plan, usual):
    at_joints = {**usual, 'joints': 0.3, 'front': 0.38}
    plans = [
        plan(
            number,
            success=number >= 5,
            shares=(lambda phase: at_joints) if number < 5 else (lambda phase: usual),
        )
        for number in range(16)
    ]
    text = text_of(analysed('run', plans))['failures']
    assert 'Between the 5 failures and the 11 successes there is a difference' in text
    joints = re.search(
        r'the joint state (?:gets )?30 % instead of 18 % over the whole episode '
        r'\(\+([\d.]+) points, 95 % interval \+([\d.]+) to \+([\d.]+)\)',
        text,
    )
    difference, low, high = (float(part) for part in joints.groups())
    assert low <= 12.0 <= high
    assert low < difference < high


def test_a_difference_of_a_third_of_the_episode_is_named_with_that_third(analysed, plan, usual):
    late = {**usual, 'joints': 0.4, 'front': 0.28}
    plans = [
        plan(
            number,
            success=number >= 5,
            shares=(lambda phase: late if phase > 2 / 3 else usual)
            if number < 5
            else (lambda phase: usual),
        )
        for number in range(16)
    ]
    text = text_of(analysed('run', plans))['failures']
    assert re.search(r'the joint state (gets )?40 % instead of 18 % in the last third', text)


def test_failures_that_look_elsewhere_in_a_picture_are_said_to(analysed, plan):
    plans = [
        plan(
            number,
            steps=12,
            success=number >= 5,
            spread=0.003,
            spot=(lambda phase: (3.0, 1.0)) if number < 5 else (lambda phase: (1.0, 4.0)),
        )
        for number in range(14)
    ]
    text = text_of(analysed('run', plans))['failures']
    assert text.startswith('No share over the whole episode differs by more than')
    assert 'Nothing' not in text
    assert re.search(
        r'Within camera front they look (more in the lower left, most at pixel \(32, 96\)'
        r'|less in the upper right, most at pixel \(128, 32\))',
        text,
    )


def test_nothing_is_said_to_differ_in_failures_that_are_like_successes(analysed, plan):
    plans = [plan(number, success=number >= 6) for number in range(18)]
    text = text_of(analysed('run', plans))['failures']
    bound = float(re.search(r'differs by more than ([\d.]+) points', text).group(1))
    assert text.startswith('Nothing in what it looks at that the 6 failures and the 12 successes')
    assert 0 < bound < 10


def test_false_alarms_are_as_rare_as_the_intervals_say(analysed, plan):
    changed = differing = 0
    for place in range(24):
        plans = [
            plan(100 * place + number, steps=8, success=number >= 4, spread=0.03)
            for number in range(9)
        ]
        run = load_run(analysed(f'run{place}', plans), 'run')
        changed += any(each.found.sure for each in changes(run).of_unit(Unit.SHARE))
        found = failures(run)
        differing += bool(found.numbers.sure or found.sure_cells)
    # of 24 at 5 %: more than four of either would happen once in 200 such tests
    assert changed <= 4
    assert differing <= 4


def test_longer_failures_are_said_to_be_longer(analysed, plan):
    plans = [
        plan(number, success=number >= 4, steps=(40 if number < 4 else 30) + number % 3)
        for number in range(12)
    ]
    text = text_of(analysed('run', plans))['failures']
    longer, low, high = (
        float(part)
        for part in re.search(
            r'Failures are ([\d.]+) steps longer \(95 % interval ([\d.]+) to ([\d.]+)\)', text
        ).groups()
    )
    assert low < longer < high
    assert low < 10 < high


@pytest.mark.parametrize(
    ('outcomes', 'said'),
    [
        ([None] * 4, 'The recording does not say which episodes failed.'),
        ([True] * 4, 'All 4 episodes succeeded: there is nothing to compare.'),
        ([False] * 4, 'All 4 episodes failed: there is nothing to compare.'),
        ([False, True, True, True], '1 failed and 3 succeeded: too few for a confidence'),
        ([True] * 3 + [None], 'Of 1 episode the recording does not say how it ended.'),
        ([True], 'The only episode succeeded'),
    ],
)
def test_what_the_outcomes_do_not_allow_is_said_plainly(analysed, plan, outcomes, said):
    plans = [plan(number, steps=6, success=outcome) for number, outcome in enumerate(outcomes)]
    assert said in text_of(analysed('run', plans))['failures']


@pytest.mark.parametrize(('episodes', 'said'), [(1, '1 episode allows'), (2, '2 episodes allow')])
def test_too_few_episodes_give_means_and_no_interval(analysed, plan, episodes, said):
    found = text_of(analysed('run', [plan(number) for number in range(episodes)]))
    assert f'{said} no confidence interval: three or more are needed.' in found['look']
    assert '95 % interval' not in found['look']
    assert f'{said} no statement' in found['change']


def test_episodes_of_a_single_step_are_said_not_to_change(analysed, plan):
    found = text_of(analysed('run', [plan(number, steps=1) for number in range(4)]))
    assert found['change'] == 'Nothing can change in episodes of a single step.'


def test_a_policy_without_joints_is_told_of_like_any_other(analysed, plan, robot):
    blind = robot(groups=('latent', 'front'))
    found = text_of(analysed('run', [plan(number) for number in range(4)], blind))
    assert 'joint' not in found['look']
    assert 'camera front' in found['look']
