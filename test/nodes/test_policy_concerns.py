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

"""What is said of each concern, at which level, for how long."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
import re

import pytest

from attention_mapper_ros.nodes.policy_concerns import CONCERNS, PolicyConcerns
from attention_mapper_ros.nodes.policy_figures import (
    ActionFigures,
    AttentionFigures,
    ForwardFigures,
    InputFigures,
    PolicyFigures,
    TickFigures,
)
from attention_mapper_ros.ros.diagnostics import Level, StatusReport

WELL = PolicyFigures(
    state='active',
    policy='sim/checkpoint',
    identity='8f3a1c',
    device='cuda:0',
    schedule='queue',
    enabled=True,
    ticks=TickFigures(number=120, episode=2, rate_hz=19.9, target_rate_hz=20.0, late=3),
    inputs={
        'front': InputFigures(age_s=0.024, rate_hz=30.0, received=180, unusable=0),
        'joint_states': InputFigures(age_s=0.008, rate_hz=50.0, received=300, unusable=0),
    },
    forward=ForwardFigures(median_s=0.0613, p95_s=0.0749, memory_bytes=812_000_000),
    actions=ActionFigures(rate_hz=19.8, queue_depth=11, age=2),
    attention=AttentionFigures(label='rollout, last layer', rate_hz=9.8, draw_s=0.0052),
)


def changed(part: str, **changes: object) -> PolicyFigures:
    """Return the figures of a node that is well but for this part."""
    return replace(WELL, **{part: replace(getattr(WELL, part), **changes)})


def level(report: StatusReport) -> Level:
    return max(finding.level for finding in report.findings)


def words(report: StatusReport) -> str:
    return '; '.join(finding.message for finding in report.findings)


def judged(*figures: PolicyFigures) -> dict[str, StatusReport]:
    """Return the newest of the reports on these snapshots, one after the other."""
    concerns = PolicyConcerns()
    return [concerns.judge(one) for one in figures][-1]


def test_node_that_is_well_says_so_in_figures():
    reports = judged(WELL)
    assert tuple(reports) == CONCERNS
    assert {level(report) for report in reports.values()} == {Level.OK}
    assert words(reports['policy']) == 'active, actions go out'
    assert words(reports['ticks']) == '19.9 ticks per second, 20 wanted'
    assert words(reports['inputs']) == 'ages: front 24 ms, joint_states 8 ms'
    assert words(reports['forward']) == '61 ms, 95 % of them within 75 ms'


def test_no_key_is_in_two_concerns():
    figures = replace(WELL, ticks=replace(WELL.ticks, skipped={'stale': 2, 'skew': 1}))
    keys = Counter(key for report in judged(figures).values() for key in report.values)
    assert [key for key, times in keys.items() if times > 1] == []
    assert keys['skipped_ticks'] == keys['skipped_ticks stale'] == keys['age_ms front'] == 1


@pytest.mark.parametrize(
    ('figures', 'state'),
    [
        (WELL, 'enabled'),
        (replace(WELL, enabled=False), 'disabled'),
        (changed('ticks', skip_reason='front is 3.0 s old'), 'waiting'),
        (replace(WELL, state='inactive'), 'inactive'),
        (PolicyFigures(state='unconfigured', policy=''), 'unconfigured'),
    ],
)
def test_state_is_one_word(figures, state):
    assert judged(figures)['policy'].values['state'] == state


@pytest.mark.parametrize('state', ['unconfigured', 'inactive', 'finalized'])
def test_node_that_is_not_active_is_not_at_fault(state):
    figures = replace(
        changed('ticks', rate_hz=0.0, skip_reason='nothing has come'),
        state=state,
        inputs={'front': InputFigures(None, 0.0, 0, 7, 'camera front: bad encoding')},
        actions=ActionFigures(clamped=3, other_publishers=('/rogue',)),
    )
    reports = judged(WELL, figures, figures, figures)
    assert {level(report) for report in reports.values()} == {Level.OK}
    assert state in words(reports['policy'])
    assert words(reports['inputs']) == f'not judged while the node is {state}'


FAULTS = {
    'ticks': [
        ('ticks', {'skip_reason': 'front is 3.0 s old'}, Level.ERROR, 'no tick runs: front is'),
        (
            'ticks',
            {'skip_reason': 'front is 3.0 s old', 'number': 124},
            Level.WARN,
            'some ticks are skipped: front is 3.0 s old',
        ),
        ('ticks', {'skipped': {'stale': 2}}, Level.WARN, '2 ticks skipped, now'),
    ],
    'forward': [
        ('forward', {'overdue_s': 4.2}, Level.ERROR, 'running for 4.2 s.*inference_timeout_s'),
        (
            'forward',
            {'failed': 2, 'failed_in_a_row': 2, 'error': 'CUDA out of memory'},
            Level.ERROR,
            '2 forwards in a row failed: CUDA out of memory',
        ),
        ('forward', {'failed': 1}, Level.WARN, '1 forward failed, now they succeed'),
    ],
    'actions': [
        ('actions', {'clamped': 3}, Level.WARN, '3 actions clamped'),
        ('actions', {'limited': 1}, Level.WARN, '1 action slowed down to max_step'),
        ('actions', {'held': 4}, Level.WARN, '4 actions replaced by the last position'),
        (
            'actions',
            {'rejected': 1, 'reason': 'pan is 4 rad, over 3.14'},
            Level.WARN,
            'dropped: pan is 4 rad, over 3.14',
        ),
        ('actions', {'not_finite': 1}, Level.ERROR, '1 action not finite'),
        ('actions', {'other_publishers': ('/teleop',)}, Level.WARN, '/teleop publishes.*remap'),
    ],
    'attention': [('attention', {'failed': 1}, Level.WARN, '1 overlay could not be drawn')],
}


@pytest.mark.parametrize(
    ('concern', 'part', 'changes', 'expected', 'pattern'),
    [(concern, *fault) for concern, faults in FAULTS.items() for fault in faults],
)
def test_fault_is_said_at_once_with_its_remedy(concern, part, changes, expected, pattern):
    report = judged(WELL, changed(part, **changes))[concern]
    assert level(report) == expected
    worst = next(finding for finding in report.findings if finding.level == expected)
    assert re.search(pattern, worst.message)


def test_unusable_input_is_an_error_that_names_it():
    bad = InputFigures(0.1, 30.0, 9, 4, 'camera front: encoding 32FC1 has no colours')
    report = judged(WELL, replace(WELL, inputs={**WELL.inputs, 'front': bad}))['inputs']
    assert level(report) == Level.ERROR
    assert report.findings[0].message == 'camera front: encoding 32FC1 has no colours'
    assert report.values['unusable front'] == '4'


def test_input_that_never_came_is_an_error_that_names_it():
    silent = {**WELL.inputs, 'wrist': InputFigures(None, 0.0, 0, 0)}
    report = judged(replace(WELL, inputs=silent))['inputs']
    assert level(report) == Level.ERROR
    assert 'nothing has come on wrist: check' in report.findings[0].message
    assert report.values['age_ms wrist'] == 'none yet'


@pytest.mark.parametrize('kind', ['stale', 'frozen', 'skew'])
def test_input_for_which_ticks_are_refused_is_an_error_of_the_inputs(kind):
    reason = 'newest message on front is 3.0 s old'
    skipping = changed('ticks', skip_reason=reason, skipped={kind: 5})
    for reports in ([WELL, skipping], [WELL, *[skipping] * 6]):
        report = judged(*reports)['inputs']
        assert level(report) == Level.ERROR
        assert report.findings[0].message.startswith(reason)


def test_input_that_is_forgotten_by_a_reset_is_not_missed_at_once():
    forgotten = {name: replace(of, age_s=None) for name, of in WELL.inputs.items()}
    assert level(judged(WELL, replace(WELL, inputs=forgotten))['inputs']) == Level.OK


def test_skip_for_another_reason_is_not_laid_at_the_inputs():
    skipping = changed('ticks', skip_reason='a forward is overdue', skipped={'forward': 5})
    reports = judged(WELL, skipping)
    assert level(reports['ticks']) == Level.ERROR
    assert level(reports['inputs']) == Level.OK


@pytest.mark.parametrize(
    ('concern', 'part', 'bad'),
    [
        ('ticks', 'ticks', {'rate_hz': 12.0}),
        ('actions', 'actions', {'rate_hz': 2.0}),
    ],
)
def test_low_rate_is_a_fault_when_it_lasts(concern, part, bad):
    slow = changed(part, **bad)
    assert level(judged(slow, slow)[concern]) == Level.OK
    assert level(judged(slow, WELL, slow, slow)[concern]) == Level.OK
    report = judged(slow, slow, slow)[concern]
    assert level(report) == Level.WARN
    assert 'per second instead of 20' in report.findings[0].message


def test_actions_need_not_go_out_when_they_are_disabled_or_in_a_dry_run():
    silent = changed('actions', rate_hz=0.0)
    for figures in (replace(silent, enabled=False), replace(silent, dry_run=True)):
        report = judged(figures, figures, figures, figures)['actions']
        assert level(report) == Level.OK
        assert 'no action goes out' in words(report)


def test_dropped_overlays_are_a_fault_when_they_keep_growing():
    growing = [changed('attention', dropped=count) for count in (1, 2, 5)]
    assert level(judged(*growing[:2])['attention']) == Level.OK
    report = judged(*growing)['attention']
    assert level(report) == Level.WARN
    assert '3 overlays dropped' in report.findings[0].message
    assert level(judged(*growing, *[growing[-1]] * 3)['attention']) == Level.OK


def test_what_came_and_went_is_said_for_three_reports_more():
    concerns = PolicyConcerns()
    clamped = changed('actions', clamped=3)
    reports = [concerns.judge(one)['actions'] for one in (WELL, clamped, clamped, clamped)]
    assert [level(report) for report in reports] == [Level.OK, Level.WARN, Level.WARN, Level.WARN]
    assert reports[2].findings[0].message.startswith('until a moment ago: 3 actions clamped')
    assert level(concerns.judge(clamped)['actions']) == Level.OK


def test_level_falls_through_what_was_said_at_each_level():
    concerns = PolicyConcerns()
    late = changed('forward', overdue_s=2.0)
    failed = changed('forward', failed=1)
    said = [concerns.judge(one)['forward'] for one in (late, failed, failed, failed, failed)]
    levels = [Level.ERROR, Level.ERROR, Level.ERROR, Level.WARN, Level.OK]
    assert [level(report) for report in said] == levels
    assert 'until a moment ago: 1 forward failed' in words(said[3])


def test_counts_that_begin_anew_are_counted_from_zero():
    before, after = changed('actions', clamped=900), changed('actions', clamped=2)
    report = judged(before, *[before] * 3, after)['actions']
    assert '2 actions clamped' in words(report)


def test_failures_that_made_the_node_inactive_stay_an_error():
    failed = changed('forward', failed=5, failed_in_a_row=5, error='CUDA out of memory')
    report = judged(WELL, failed, replace(failed, state='inactive'))['forward']
    assert level(report) == Level.ERROR
    assert 'Activate the node again' in words(report)


def test_values_are_text_and_say_what_is_not_there_yet():
    reports = judged(PolicyFigures(state='active', policy='x', inputs=WELL.inputs))
    values = {key: value for report in reports.values() for key, value in report.values.items()}
    assert values['forward_ms'] == values['draw_ms'] == 'none yet'
    assert values['device_memory_mb'] == ''
    assert all(isinstance(value, str) for value in values.values())
