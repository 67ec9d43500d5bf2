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

"""Early against late in the chunk, task against task, policy against policy."""

import numpy as np
import pytest

from attention_mapper_ros.reports.chunk import chunk_trend
from attention_mapper_ros.reports.comparison import Unit
from attention_mapper_ros.reports.contrast import contrast
from attention_mapper_ros.reports.map_contrast import map_contrasts
from attention_mapper_ros.reports.pair import pair
from attention_mapper_ros.reports.run import load_run
from attention_mapper_ros.reports.set_sections import chunk_section, task_section

OTHER_POLICY = {'policy': {'path': 'other', 'family': 'act', 'identity': '77aa01'}}


def of(comparison, unit):
    return comparison.of_unit(unit)[0]


def test_an_error_that_grows_with_the_age_of_the_plan_is_found(analysed, plan):
    run = load_run(analysed('run', [plan(n, steps=32, drift=0.1) for n in range(6)]), 'run')
    trend = chunk_trend(run)
    assert (trend.positions, trend.late_from) == (8, 4)
    error = of(trend.late, Unit.ACTION)
    assert error.sure
    # ages 4 to 7 against 0 to 3, where the first has only the noise of the prediction
    assert error.low <= 0.55 - (0.04 + 0.1 + 0.2 + 0.3) / 4 <= error.high
    planned = next(curve for curve in trend.curves if curve.name == 'action planned then')
    assert planned.mean[-1] == pytest.approx(0.7, abs=0.1)
    assert (planned.low <= planned.mean).all()


def test_attention_that_moves_on_since_the_plan_is_found(analysed, plan):
    run = load_run(analysed('run', [plan(n) for n in range(5)]), 'run')
    shift = of(chunk_trend(run).late, Unit.DISTANCE)
    assert shift.sure
    assert shift.low <= 0.08 <= shift.high


def test_an_error_that_does_not_grow_is_not_said_to(analysed, plan):
    run = load_run(analysed('run', [plan(n) for n in range(8)]), 'run')
    assert not of(chunk_trend(run).late, Unit.ACTION).sure
    section = chunk_section(run, '')
    assert 'No difference in the error' in section.pictures[0].finding


def test_recordings_without_actions_have_no_error_and_keep_the_rest(analysed, plan):
    run = load_run(analysed('run', [plan(n, recorded=False) for n in range(5)]), 'run')
    trend = chunk_trend(run)
    assert not trend.late.of_unit(Unit.ACTION)
    assert trend.late.of_unit(Unit.DISTANCE)
    section = chunk_section(run, '')
    assert 'The recording has no actions, so there is no error of the action.' in section.sentences


def test_a_policy_that_plans_anew_at_every_step_has_no_early_and_late(analysed, plan):
    run = load_run(analysed('run', [plan(n, chunk=1) for n in range(4)]), 'run')
    assert chunk_trend(run) is None
    assert chunk_section(run, '') is None


def test_late_in_a_single_chunk_is_said_to_be_late_in_the_episode(analysed, plan):
    run = load_run(analysed('run', [plan(n, chunk=100) for n in range(4)]), 'run')
    assert any('single chunk' in sentence for sentence in chunk_section(run, '').sentences)


def test_tasks_that_are_looked_at_differently_are_told_apart(analysed, plan, usual):
    at_wrist = {**usual, 'front': 0.3, 'wrist': 0.5}
    plans = [plan(n, task='lift') for n in range(5)]
    plans += [plan(n, task='push', shares=lambda phase: at_wrist) for n in range(5, 10)]
    section = task_section(load_run(analysed('run', plans), 'run'), '')
    assert section.sentences[0].startswith('Task “lift”: The shares of ')
    assert 'differ from “push”' in section.sentences[0]
    assert 'camera wrist' in section.sentences[0]
    assert len(section.tables) == 1  # the second against the first is the same once more


def test_each_of_three_tasks_stands_against_the_others(analysed, plan, usual):
    at_wrist = {**usual, 'front': 0.3, 'wrist': 0.5}
    plans = [plan(n, task='lift') for n in range(5)]
    plans += [plan(n, task='push', shares=lambda phase: at_wrist) for n in range(5, 10)]
    plans += [plan(10, task='wipe')]
    section = task_section(load_run(analysed('run', plans), 'run'), '')
    assert len(section.tables) == 2
    assert 'Task “wipe”: too few episodes for intervals.' in section.sentences


def test_one_task_is_not_set_against_itself(analysed, plan):
    assert task_section(load_run(analysed('run', [plan(0), plan(1)]), 'run'), '') is None


def test_cells_at_which_failures_look_are_sure_and_others_are_not(analysed, plan):
    plans = [plan(n, spot=lambda phase: (1.0, 1.0), spread=0.002) for n in range(6)]
    plans += [plan(n, spot=lambda phase: (3.0, 4.0), spread=0.002) for n in range(6, 14)]
    run = load_run(analysed('run', plans), 'run')
    front = map_contrasts(run.episodes[:6], run.episodes[6:])[0]
    assert front.camera.name == 'front'
    assert front.difference[1, 1] > 1 > -1 > front.difference[3, 4]
    assert front.sure[1, 1]
    assert front.sure[3, 4]
    alike = map_contrasts(run.episodes[6:10], run.episodes[10:])[0]
    assert alike.sure.sum() <= 1


def test_too_few_episodes_have_a_difference_of_maps_that_is_not_sure(analysed, plan):
    run = load_run(analysed('run', [plan(n) for n in range(4)]), 'run')
    found = map_contrasts(run.episodes[:1], run.episodes[1:])[0]
    assert found.low is None
    assert not found.sure.any()


def test_two_policies_on_the_same_frames_are_compared_frame_by_frame(analysed, plan, robot, usual):
    at_wrist = {**usual, 'front': 0.45, 'wrist': 0.35}
    first = analysed('first', [plan(n) for n in range(6)])
    second = analysed(
        'second',
        [
            plan(n, shares=lambda phase: at_wrist, spot=lambda phase: (0.0, 0.0), offset=0.25)
            for n in range(1, 8)
        ],
        robot(settings=OTHER_POLICY),
    )
    found = pair(load_run(first, 'first'), load_run(second, 'second'))
    assert [each.summary.number for each in found.first.episodes] == [1, 2, 3, 4, 5]
    shares = {each.quantity.group: each for each in found.shares.of_unit(Unit.SHARE)[:4]}
    assert shares['wrist'].sure
    assert shares['wrist'].low <= 0.05 <= shares['wrist'].high
    assert not shares['joints'].sure
    distances = {each.of: each for each in found.distances}
    assert distances['action'].low <= 0.25 <= distances['action'].high
    assert 0.5 < distances['front'].mean < 1
    assert found.maps[0].difference[0, 0] > 0 > found.maps[0].difference[2, 3]


def test_a_run_is_no_distance_from_itself(analysed, plan):
    folders = [analysed(name, [plan(n) for n in range(3)]) for name in ('one', 'two')]
    found = pair(*(load_run(folder, folder.name) for folder in folders))
    assert [each.mean for each in found.distances] == [0.0, 0.0, 0.0]
    assert not found.shares.sure
    assert not any(each.sure.any() for each in found.maps)


def test_runs_of_other_recordings_or_of_other_lengths_are_no_pair(analysed, plan, robot):
    first = load_run(analysed('first', [plan(n) for n in range(3)]), 'first')
    foreign = robot(settings={'source': 'recorded/kitchen'})
    other = load_run(analysed('other', [plan(n) for n in range(3)], foreign), 'other')
    shorter = load_run(analysed('shorter', [plan(n, steps=7) for n in range(3)]), 'shorter')
    assert pair(first, other) is None
    assert pair(first, shorter) is None


def test_policies_of_other_groups_are_compared_by_their_actions_alone(analysed, plan, robot):
    first = load_run(analysed('first', [plan(n) for n in range(3)]), 'first')
    blind = robot(groups=('latent', 'front'), settings=OTHER_POLICY)
    second = load_run(analysed('second', [plan(n) for n in range(3)], blind), 'second')
    found = pair(first, second)
    assert found.shares is None
    assert found.maps == ()
    assert [each.of for each in found.distances] == ['action']


def test_groups_of_episodes_are_compared_by_their_own_means(analysed, plan, usual):
    more = {**usual, 'joints': 0.28, 'front': 0.4}
    plans = [plan(n, shares=lambda phase: more) for n in range(4)]
    run = load_run(analysed('run', [*plans, *(plan(n) for n in range(4, 9))]), 'run')
    joints = contrast(run.episodes[:4], run.episodes[4:]).each[1]
    assert joints.quantity.what == 'the joint state'
    assert joints.difference == pytest.approx(joints.value - joints.reference)
    assert joints.value == pytest.approx(
        np.mean([each.shares[:, 1].mean() for each in run.episodes[:4]])
    )
    assert joints.low <= 0.1 <= joints.high
