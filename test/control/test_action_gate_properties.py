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

"""What the gate promises whatever policy, robot and clock do."""

from dataclasses import dataclass
import math

from hypothesis import given, settings, strategies
import numpy as np

from attention_mapper_ros.control.action_gate import ActionGate, GateSettings

JOINTS = 3
NEAR = 1e-9  # rad: of sums of numbers up to 10

# The same examples every time: a failure must be found again.
thorough = settings(max_examples=100, deadline=None, derandomize=True, database=None)

position = strategies.floats(-10, 10)
bad_position = strategies.sampled_from([math.nan, math.inf, -math.inf, 1e300])


def vectors(element) -> strategies.SearchStrategy:
    return strategies.lists(element, min_size=JOINTS, max_size=JOINTS).map(np.array)


@dataclass(frozen=True)
class Event:
    """One call of the gate, ``step_s`` after the one before; the clock may go backwards."""

    call: str
    step_s: float
    action: np.ndarray
    measured: np.ndarray | None


events = strategies.lists(
    strategies.builds(
        Event,
        call=strategies.sampled_from(['check', 'check', 'check', 'check', 'hold', 'begin']),
        step_s=strategies.floats(-0.5, 1.0),
        action=vectors(position | position | position | bad_position),
        measured=strategies.none() | vectors(position) | vectors(position | bad_position),
    ),
    max_size=25,
)


@strategies.composite
def gate_settings(draw, **fixed) -> GateSettings:
    lower = draw(vectors(strategies.floats(-8, 3) | strategies.just(-math.inf)))
    values = {
        'names': tuple(f'joint{i}' for i in range(JOINTS)),
        'lower': lower,
        'upper': np.maximum(lower, -8) + draw(vectors(strategies.floats(0.1, 12))),
        'max_step': draw(vectors(strategies.floats(0.01, 5) | strategies.just(math.inf))),
        'on_limit': draw(strategies.sampled_from(['clamp', 'reject'])),
        'on_stale': draw(strategies.sampled_from(['hold', 'stop'])),
        'ramp_s': draw(strategies.just(0.0) | strategies.floats(0.01, 5)),
    }
    return GateSettings(**(values | fixed))


class Bench:
    """A gate with its clock; ``run`` makes the call of an event and returns what goes out."""

    def __init__(self, gate_settings: GateSettings) -> None:
        self.now_ns = 10**12
        self.gate = ActionGate(gate_settings, lambda: self.now_ns)

    def run(self, event: Event) -> np.ndarray | None:
        self.now_ns += round(event.step_s * 1e9)
        if event.call == 'check':
            return self.gate.check(event.action, event.measured)
        return self.gate.hold() if event.call == 'hold' else self.gate.begin()


def dropped_by(gate: ActionGate) -> int:
    return gate.counts.not_finite + gate.counts.rejected


@thorough
@given(gate_settings(), events)
def test_what_goes_out_is_finite_and_within_the_limits(given_settings, given_events):
    bench = Bench(given_settings)
    for event in given_events:
        out = bench.run(event)
        if out is not None:
            assert np.isfinite(out).all()
            assert (given_settings.lower <= out).all()
            assert (out <= given_settings.upper).all()


@thorough
@given(gate_settings(), events)
def test_no_step_is_longer_than_max_step(given_settings, given_events):
    bench = Bench(given_settings)
    last = None
    for event in given_events:
        out = bench.run(event)
        if event.call == 'begin':
            last = None
        if out is None:
            continue
        if last is None and event.measured is not None:
            # A robot outside its limits is brought to the nearest one, however far that is.
            last = np.clip(event.measured, given_settings.lower, given_settings.upper)
        if last is not None:
            assert (np.abs(out - last) <= given_settings.max_step + NEAR).all()
        last = out


@thorough
@given(gate_settings(), events)
def test_every_action_goes_out_or_is_counted_as_dropped_with_a_reason(
    given_settings, given_events
):
    bench = Bench(given_settings)
    for event in given_events:
        before = dropped_by(bench.gate)
        out = bench.run(event)
        if event.call == 'check':
            assert dropped_by(bench.gate) == before + (out is None)
            assert bool(bench.gate.reason) == (out is None)


@thorough
@given(gate_settings(on_stale='hold'), events)
def test_hold_gives_exactly_what_went_out_last_since_begin(given_settings, given_events):
    bench = Bench(given_settings)
    last = None
    for event in given_events:
        out = bench.run(event)
        if event.call == 'hold':
            np.testing.assert_array_equal(out, last)
        elif event.call == 'begin':
            last = None
        elif out is not None:
            last = out


@thorough
@given(gate_settings(ramp_s=0.0), events)
def test_without_dropped_actions_the_others_would_go_out_the_same(given_settings, given_events):
    every, accepted_only = Bench(given_settings), Bench(given_settings)
    for event in given_events:
        out = every.run(event)
        if event.call != 'check' or out is not None:
            np.testing.assert_array_equal(out, accepted_only.run(event))
    assert dropped_by(accepted_only.gate) == 0


@thorough
@given(
    gate_settings(max_step=np.full(JOINTS, math.inf), on_limit='clamp'),
    vectors(position),
    strategies.lists(strategies.tuples(vectors(position), strategies.floats(-0.5, 1.0))),
)
def test_ramp_stays_between_the_measured_position_and_the_policys(
    given_settings, measured, actions
):
    bench = Bench(given_settings)
    for action, step_s in actions:
        out = bench.run(Event('check', step_s, action, measured))
        wanted = np.clip(action, given_settings.lower, given_settings.upper)
        start = np.clip(measured, given_settings.lower, given_settings.upper)
        assert (np.minimum(start, wanted) - NEAR <= out).all()
        assert (out <= np.maximum(start, wanted) + NEAR).all()
        if not bench.gate.ramping:
            np.testing.assert_array_equal(out, wanted)


@thorough
@given(gate_settings(on_limit='clamp'), vectors(position), vectors(position))
def test_steady_policy_is_reached_in_the_end(given_settings, measured, action):
    bench = Bench(given_settings)
    # The longest way, 20 rad, at the smallest max_step, and the longest ramp before it.
    for _ in range(2100):
        out = bench.run(Event('check', 0.1, action, measured))
        wanted = np.clip(action, given_settings.lower, given_settings.upper)
        if not bench.gate.ramping and np.array_equal(out, wanted):
            return
    np.testing.assert_array_equal(out, wanted)
