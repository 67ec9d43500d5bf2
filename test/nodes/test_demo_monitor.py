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

"""What the demo says at the terminal, from real statuses on a real graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from attention_mapper_ros.nodes.demo_monitor import DemoMonitor
from attention_mapper_ros.nodes.policy_figures import (
    AttentionFigures,
    ForwardFigures,
    PolicyFigures,
    TickFigures,
)
from attention_mapper_ros.nodes.policy_status import PolicyStatus
from attention_mapper_ros.ros.client import Node, rclpy

RUNNING = PolicyFigures(
    state='active',
    policy='sim/checkpoint',
    ticks=TickFigures(number=120, rate_hz=9.97, target_rate_hz=10.0),
    forward=ForwardFigures(0.06127, 0.0749),
    attention=AttentionFigures('rollout', 9.8, 0.0052),
)


class Policy(Node):
    """Reports these figures, as the policy node would."""

    def __init__(self) -> None:
        super().__init__('act_policy')
        self.figures = PolicyFigures(state='active', policy='sim/checkpoint')
        self.status = PolicyStatus(self, lambda: self.figures)


@pytest.fixture
def said(ros: None, tmp_path: Any) -> Iterator[Callable[..., str]]:
    """Return a function that reports figures and returns the line with the words in it."""
    monitor, policy = DemoMonitor(tmp_path, record_s=60.0), Policy()

    def say(figures: PolicyFigures, words: str, failing: int = 0) -> str:
        for report in range(200):
            failed = replace(figures.attention, failed=report * failing)
            policy.figures = replace(figures, attention=failed)
            policy.status.report()
            rclpy.spin_once(monitor, timeout_sec=0.1)
            if words in monitor.status_line():
                return monitor.status_line()
        raise AssertionError(f'{words!r} is not in {monitor.status_line()!r}')

    yield say
    monitor.close()
    monitor.destroy_node()
    policy.destroy_node()


def test_line_has_the_figures_of_every_concern(said):
    assert said(PolicyFigures('active', 'x'), 'waiting for the first forward')
    line = said(RUNNING, 'cube reached')
    assert line.startswith('tick 120  10.0 Hz  forward 61.3 ms  overlays 9.8 Hz')


def test_error_takes_the_place_of_the_figures_and_a_warning_follows_them(said):
    reason = 'newest message on wrist is 3.2 s old'
    skipping = replace(RUNNING, ticks=replace(RUNNING.ticks, skip_reason=reason))
    assert said(skipping, 'ERROR') == f'tick 120  ERROR ticks: no tick runs: {reason}'
    line = said(RUNNING, 'WARN attention: ', failing=1)
    assert 'overlays 9.8 Hz' in line
    assert 'could not be drawn' in line
