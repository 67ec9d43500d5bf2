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

"""Rates and latencies over a sliding window."""

import math

import pytest

from attention_mapper_ros.control.statistics import LatencyWindow, RateMeter

SECOND = 1_000_000_000


def test_rate_of_regular_events():
    meter = RateMeter()
    for event in range(20):
        meter.count(event * SECOND // 10)
    assert meter.rate_hz(19 * SECOND // 10) == pytest.approx(10.0)


def test_rate_before_the_second_event_is_zero():
    meter = RateMeter()
    assert meter.rate_hz(0) == 0.0
    meter.count(0)
    assert meter.rate_hz(SECOND) == 0.0


def test_rate_falls_with_the_silence_however_many_events_came_before():
    meter = RateMeter()
    for event in range(50):
        meter.count(event * SECOND // 10)
    last = 49 * SECOND // 10
    assert meter.rate_hz(last + SECOND // 10) == pytest.approx(10.0)
    assert meter.rate_hz(last + 3 * SECOND // 10) == pytest.approx(10.0, rel=0.05)
    assert meter.rate_hz(last + 4 * SECOND) < 3.0
    assert meter.rate_hz(last + 6 * SECOND) == pytest.approx(1 / 6)
    assert meter.rate_hz(last + 20 * SECOND) == pytest.approx(0.05)


def test_slow_events_have_a_rate_too():
    meter = RateMeter()
    for event in range(4):
        meter.count(event * 10 * SECOND)
    assert meter.rate_hz(30 * SECOND) == pytest.approx(0.1)
    assert meter.rate_hz(50 * SECOND) == pytest.approx(0.05)


def test_clock_that_jumps_back_begins_a_new_window():
    meter = RateMeter()
    for event in range(20):
        meter.count(1000 * SECOND + event * SECOND // 10)
    for event in range(3):
        meter.count(event * SECOND // 5)
    assert meter.rate_hz(2 * SECOND // 5) == pytest.approx(5.0)


def test_median_and_95th_percentile():
    latencies = LatencyWindow()
    for milliseconds in range(1, 101):
        latencies.add(milliseconds / 1e3)
    assert latencies.median() == pytest.approx(0.0505)
    assert latencies.p95() == pytest.approx(0.095)


def test_latency_before_the_first_is_nan():
    assert math.isnan(LatencyWindow().median())
    assert math.isnan(LatencyWindow().p95())
