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

"""The gate, case by case: what an action becomes, and when nothing of it goes out."""

import math

import numpy as np
import pytest

from attention_mapper_ros.control.action_gate import ActionGate, GateCounts, GateSettings

NAMES = ('pan', 'lift')


def settings(**changes) -> GateSettings:
    values = {
        'names': NAMES,
        'lower': np.array([-2.0, 0.0]),
        'upper': np.array([2.0, 1.0]),
        'max_step': np.array([math.inf, math.inf]),
        'on_limit': 'clamp',
        'on_stale': 'hold',
        'ramp_s': 0.0,
    }
    return GateSettings(**(values | changes))


@pytest.fixture
def make_gate(clock):
    return lambda **changes: ActionGate(settings(**changes), clock)


def at(pan: float, lift: float = 0.5) -> np.ndarray:
    return np.array([pan, lift])


# Finite, and within the limits


def test_good_action_goes_out_as_it_is(make_gate):
    gate = make_gate()
    np.testing.assert_array_equal(gate.check(at(1.5), None), at(1.5))
    assert gate.counts == GateCounts()
    assert gate.reason == ''


@pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf])
def test_action_that_is_not_finite_is_dropped_as_a_whole_and_named(make_gate, bad):
    gate = make_gate()
    assert gate.check(at(0.0, bad), None) is None
    assert gate.counts == GateCounts(not_finite=1)
    assert gate.reason == f"action of joint 'lift' is {bad}: only finite positions go out"


def test_infinite_action_is_not_clamped_even_where_there_is_no_limit(make_gate):
    gate = make_gate(lower=at(-math.inf, -math.inf), upper=at(math.inf, math.inf))
    assert gate.check(at(math.inf), None) is None
    assert gate.counts == GateCounts(not_finite=1)


def test_action_beyond_the_limits_is_clamped_joint_by_joint_and_counted_once(make_gate):
    gate = make_gate()
    np.testing.assert_array_equal(gate.check(at(2.5, -0.5), None), [2.0, 0.0])
    np.testing.assert_array_equal(gate.check(at(2.5, 0.5), None), [2.0, 0.5])
    assert gate.counts == GateCounts(clamped=2)


def test_action_beyond_the_limits_is_rejected_as_a_whole_with_joint_value_and_limits(make_gate):
    gate = make_gate(on_limit='reject')
    assert gate.check(at(0.1, 1.25), None) is None
    assert gate.counts == GateCounts(rejected=1)
    assert gate.reason.startswith("action of joint 'lift' is 1.25, its limits are 0 to 1: ")
    assert 'on_limit' in gate.reason


def test_reason_is_of_the_newest_action_only(make_gate):
    gate = make_gate()
    gate.check(at(math.nan), None)
    gate.check(at(0.0), None)
    assert gate.reason == ''
    gate.check(at(math.nan), None)
    gate.begin()
    assert gate.reason == ''


@pytest.mark.parametrize('degrees', [-180.0, -90.0, 45.0, 180.0])
@pytest.mark.parametrize('on_limit', ['clamp', 'reject'])
def test_policy_that_is_at_a_limit_but_for_float32_is_neither_clamped_nor_rejected(
    make_gate, degrees, on_limit
):
    limit = math.radians(degrees)
    rounded = np.float64(np.float32(limit))
    for lower, upper in ((limit, limit + 1.0), (limit - 1.0, limit)):
        gate = make_gate(lower=at(lower, 0.0), upper=at(upper, 1.0), on_limit=on_limit)
        sent = gate.check(at(rounded), None)
        assert lower <= sent[0] <= upper
        assert gate.counts == GateCounts()


def test_joint_without_limits_goes_anywhere(make_gate):
    gate = make_gate(lower=at(-math.inf, 0.0), upper=at(math.inf, 1.0), on_limit='reject')
    np.testing.assert_array_equal(gate.check(at(1e4), None), at(1e4))


# No step longer than max_step


def test_long_step_is_shortened_to_max_step_from_what_went_out_last(make_gate):
    gate = make_gate(max_step=at(0.1, math.inf))
    gate.check(at(0.0, 0.0), None)
    np.testing.assert_allclose(gate.check(at(1.0, 1.0), None), [0.1, 1.0])
    np.testing.assert_allclose(gate.check(at(1.0, 0.0), None), [0.2, 0.0])
    np.testing.assert_allclose(gate.check(at(-1.0, 0.0), None), [0.1, 0.0])
    assert gate.counts == GateCounts(limited=3)


def test_first_step_is_shortened_from_the_measured_position(make_gate):
    gate = make_gate(max_step=at(0.1, 0.2))
    np.testing.assert_allclose(gate.check(at(1.0, 0.5), at(0.5, 0.4)), [0.6, 0.5])


def test_later_measurements_do_not_move_the_origin_of_a_step(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1))
    gate.check(at(0.0), at(0.0))
    np.testing.assert_allclose(gate.check(at(1.0), at(-1.0)), at(0.1))


def test_first_action_of_a_robot_that_nobody_measures_has_no_step_to_limit(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1), ramp_s=1.0)
    np.testing.assert_array_equal(gate.check(at(1.0), None), at(1.0))
    np.testing.assert_allclose(gate.check(at(2.0), at(2.0)), at(1.1))
    assert not gate.ramping


def test_step_after_holding_starts_from_what_was_held(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1))
    gate.check(at(0.0), None)
    for _ in range(5):
        gate.hold()
    np.testing.assert_allclose(gate.check(at(1.0), at(0.9)), at(0.1))


def test_step_after_dropped_actions_starts_from_what_went_out_last(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1), on_limit='reject')
    gate.check(at(0.0), None)
    gate.check(at(math.nan), None)
    gate.check(at(5.0), None)
    np.testing.assert_allclose(gate.check(at(1.0), None), at(0.1))


def test_caller_cannot_change_what_the_gate_remembers(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1))
    action = at(0.0)
    sent = gate.check(action, None)
    sent += 1.0
    action += 1.0
    held = gate.hold()
    np.testing.assert_array_equal(held, at(0.0))
    held += 1.0
    np.testing.assert_allclose(gate.check(at(1.0), None), at(0.1))


# The ramp


def test_ramp_leads_from_the_measured_position_to_the_policys(make_gate, clock):
    gate = make_gate(ramp_s=2.0)
    sent = []
    for _ in range(6):
        sent.append(gate.check(at(1.0), at(0.0))[0])
        clock.step(0.5)
    np.testing.assert_allclose(sent, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0])


def test_ramp_starts_with_the_first_action_however_long_that_takes(make_gate, clock):
    gate = make_gate(ramp_s=2.0)
    clock.step(60.0)
    gate.check(at(math.nan), at(0.3))
    clock.step(60.0)
    assert not gate.ramping
    np.testing.assert_allclose(gate.check(at(1.0), at(0.2)), at(0.2))
    assert gate.ramping


def test_ramp_starts_from_what_was_measured_even_if_the_caller_reuses_the_array(make_gate, clock):
    gate = make_gate(ramp_s=1.0)
    measured = at(0.0)
    gate.check(at(1.0), measured)
    measured += 1.0
    clock.step(0.5)
    np.testing.assert_allclose(gate.check(at(1.0), measured), at(0.5))


def test_ramping_ends_with_the_first_action_that_is_the_policys(make_gate, clock):
    gate = make_gate(ramp_s=1.0)
    gate.check(at(1.0), at(0.0))
    clock.step(0.5)
    gate.check(at(1.0), at(0.0))
    assert gate.ramping
    clock.step(0.5)
    assert gate.check(at(0.7), at(0.0))[0] == 0.7
    assert not gate.ramping


def test_clock_that_jumps_back_neither_reverses_nor_ends_the_ramp(make_gate, clock):
    gate = make_gate(ramp_s=1.0)
    clock.now_ns = 10**12
    gate.check(at(1.0), at(0.0))
    clock.step(0.5)
    gate.check(at(1.0), at(0.0))
    clock.now_ns = 0
    np.testing.assert_allclose(gate.check(at(1.0), at(0.0)), at(0.5))
    clock.step(0.25)
    np.testing.assert_allclose(gate.check(at(1.0), at(0.0)), at(0.75))


@pytest.mark.parametrize('on_stale', ['hold', 'stop'])
def test_ramp_stands_still_while_inputs_are_stale(make_gate, clock, on_stale):
    gate = make_gate(ramp_s=1.0, on_stale=on_stale)
    gate.check(at(1.0), at(0.0))
    for _ in range(20):
        clock.step(0.1)
        gate.hold()
    clock.step(0.1)
    np.testing.assert_allclose(gate.check(at(1.0), at(0.0)), at(0.1))


def test_ramp_stands_still_while_actions_are_dropped(make_gate, clock):
    gate = make_gate(ramp_s=1.0)
    gate.check(at(1.0), at(0.0))
    for _ in range(20):
        clock.step(0.1)
        gate.check(at(math.nan), at(0.0))
    clock.step(0.1)
    np.testing.assert_allclose(gate.check(at(1.0), at(0.0)), at(0.1))


def test_robot_outside_its_limits_is_sent_into_them_at_once(make_gate, clock):
    gate = make_gate(ramp_s=1.0, max_step=at(0.1, 0.1))
    sent = [gate.check(at(0.0), at(2.05))[0]]
    clock.step(0.5)
    sent.append(gate.check(at(0.0), at(2.05))[0])
    np.testing.assert_allclose(sent, [2.0, 1.9])
    assert gate.counts == GateCounts(limited=1)


@pytest.mark.parametrize('bad', [math.nan, math.inf])
def test_first_action_waits_until_the_measured_position_is_finite(make_gate, bad):
    gate = make_gate(ramp_s=1.0)
    assert gate.check(at(1.0), at(0.0, bad)) is None
    assert gate.counts == GateCounts(not_finite=1)
    assert gate.reason.startswith(f"measured position of joint 'lift' is {bad}: ")
    assert gate.hold() is None
    np.testing.assert_array_equal(gate.check(at(1.0), at(0.2)), at(0.2))


def test_measured_position_that_is_not_finite_does_not_stop_a_robot_under_way(make_gate, clock):
    gate = make_gate(ramp_s=1.0)
    gate.check(at(1.0), at(0.0))
    clock.step(0.5)
    np.testing.assert_allclose(gate.check(at(1.0), at(math.nan)), at(0.5))


# Holding, and beginning anew


def test_hold_repeats_what_went_out_and_counts_it(make_gate):
    gate = make_gate(max_step=at(0.1, 0.1))
    gate.check(at(0.0), None)
    gate.check(at(1.0), None)
    np.testing.assert_allclose(gate.hold(), at(0.1))
    np.testing.assert_allclose(gate.hold(), at(0.1))
    assert gate.counts.held == 2


def test_nothing_is_held_before_the_first_action(make_gate):
    gate = make_gate()
    assert gate.hold() is None
    gate.check(at(math.nan), at(0.3))
    assert gate.hold() is None
    assert gate.counts.held == 0


def test_nothing_is_held_when_stale_inputs_are_to_stop_it(make_gate):
    gate = make_gate(on_stale='stop')
    gate.check(at(0.0), None)
    assert gate.hold() is None
    assert gate.counts.held == 0


def test_begin_ramps_again_from_where_the_robot_is_by_then(make_gate, clock):
    gate = make_gate(ramp_s=1.0, max_step=at(0.1, 0.1))
    gate.check(at(0.0), at(0.0))
    clock.step(5.0)
    gate.begin()
    assert gate.hold() is None
    np.testing.assert_allclose(gate.check(at(0.0), at(1.5)), at(1.5))
    assert gate.ramping


def test_begin_keeps_the_counts(make_gate):
    gate = make_gate()
    gate.check(at(math.nan), None)
    gate.check(at(3.0), None)
    gate.hold()
    gate.begin()
    assert gate.counts == GateCounts(not_finite=1, clamped=1, held=1)


# What cannot be


def test_action_with_another_number_of_joints_is_an_error(make_gate):
    gate = make_gate()
    with pytest.raises(ValueError, match=r'an action has shape \(3,\), the joints are pan, lift'):
        gate.check(np.zeros(3), None)
    with pytest.raises(ValueError, match=r'a measured position has shape \(1,\)'):
        gate.check(np.zeros(2), np.zeros(1))
    assert gate.counts == GateCounts()


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'on_limit': 'ignore'}, "on_limit is 'ignore': choose one of clamp, reject"),
        ({'on_stale': 'zero'}, "on_stale is 'zero': choose one of hold, stop"),
        ({'lower': np.zeros(3)}, r'lower has shape \(3,\), the joints are pan, lift'),
        ({'max_step': np.array(0.1)}, r'max_step has shape \(\)'),
        ({'lower': at(0.0, 1.0)}, "limits of joint 'lift' are 1.0 to 1.0"),
        ({'upper': at(math.nan, 1.0)}, "limits of joint 'pan' are -2.0 to nan"),
        ({'max_step': at(0.1, 0.0)}, "max_step of joint 'lift' is 0.0: give a positive one"),
        ({'max_step': at(math.nan, 0.1)}, "max_step of joint 'pan' is nan"),
        ({'ramp_s': -1.0}, 'ramp_s is -1.0'),
        ({'ramp_s': math.nan}, 'ramp_s is nan'),
        ({'ramp_s': math.inf}, 'ramp_s is inf'),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)
