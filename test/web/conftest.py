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

"""A real server with a real feed, and a real browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
import threading

import cv2
import numpy as np
import pytest

from attention_mapper_ros.nodes.policy_concerns import PolicyConcerns
from attention_mapper_ros.nodes.policy_figures import (
    ActionFigures,
    AttentionFigures,
    ForwardFigures,
    InputFigures,
    PolicyFigures,
    TickFigures,
)
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.web.feed import Feed, Setting
from attention_mapper_ros.web.server import Answer, PageServer, Switches

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
SHARES = {'latent': 0.02, 'joints': 0.18, FRONT: 0.5, WRIST: 0.3}


PICKS = ('last', 'mean', 'max', '0', '1', '2', '3')
SETTINGS = {
    'attention.method': ('rollout', ('raw', 'rollout', 'gradient')),
    'attention.module': ('decoder_cross', ('decoder_cross', 'encoder_self')),
    'attention.layer': ('last', PICKS[:4]),
    'attention.head': ('mean', PICKS),
    'attention.query': ('mean', PICKS),
    'attention.target': ('action', ('action', 'shoulder_pan', 'gripper')),
    'attention.baseline': ('none', ('none', 'blank', 'mean')),
    'attention.baseline_operation': ('subtract', ('subtract', 'divide')),
}


def settings_of(values: dict[str, str]) -> list[Setting]:
    """Return the settings of a node that has these values, the others as ``SETTINGS``."""
    return [
        Setting(name, values.get(name, value), choices, choices[:4] == PICKS[:4], name, 'one of')
        for name, (value, choices) in SETTINGS.items()
    ]


FIGURES = PolicyFigures(
    state='active',
    policy='sim/checkpoint',
    identity='8f3a1c',
    device='cpu',
    schedule='queue',
    enabled=True,
    ticks=TickFigures(number=1, rate_hz=9.97, target_rate_hz=10.0, late=3),
    inputs={
        'front': InputFigures(0.0241, 30.0, 100, 0),
        'wrist': InputFigures(0.0278, 30.0, 100, 0),
        'joint_states': InputFigures(0.008, 50.0, 200, 0),
    },
    forward=ForwardFigures(0.06127, 0.0749),
    actions=ActionFigures(rate_hz=10.0, queue_depth=11),
    attention=AttentionFigures('rollout, last layer', 9.8, 0.0052),
)


def put_statuses(feed: Feed, concerns: PolicyConcerns, figures: PolicyFigures) -> None:
    """Put into the feed what a policy node with these figures says on /diagnostics."""
    for concern, report in concerns.judge(figures).items():
        level = max(finding.level for finding in report.findings)
        said = [finding.message for finding in report.findings]
        if level > 0:
            said = [finding.message for finding in report.findings if finding.level > 0]
        feed.put_status(f'act_policy: {concern}', level, '; '.join(said), report.values)


class Robot:
    """The far end of the switches: remembers what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.answer: Answer | None = Answer(True, 'done')

    def set_enabled(self, enabled: bool) -> Future[Answer]:
        return self._take(enabled)

    def reset(self) -> Future[Answer]:
        return self._take('reset')

    def set_setting(self, name: str, value: str) -> Future[Answer]:
        return self._take((name, value))

    def _take(self, call: object) -> Future[Answer]:
        self.calls.append(call)
        future: Future[Answer] = Future()
        if self.answer is not None:
            future.set_result(self.answer)
        return future

    @property
    def switches(self) -> Switches:
        return Switches(self.set_enabled, self.reset, self.set_setting)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.fixture
def server(feed: Feed, robot: Robot) -> Iterator[PageServer]:
    server = PageServer(feed, robot.switches, port=0)
    server.start()
    yield server
    server.stop()


class Source:
    """Feeds two cameras, shares and diagnostics at 10 Hz, as a running policy does."""

    PERIOD_S = 0.1

    def __init__(self, feed: Feed, robot: Robot) -> None:
        self._feed = feed
        self._robot = robot
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.shares = dict(SHARES)
        self.figures = FIGURES
        self.silent = False
        self._concerns = PolicyConcerns()
        self.settings: dict[str, str] = {}

    def __enter__(self) -> Source:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        pictures = [self._pictures(tick) for tick in range(12)]
        tick = 0
        while not self._end.wait(self.PERIOD_S):
            tick += 1
            if self.silent:
                continue
            for camera, jpeg in pictures[tick % len(pictures)].items():
                self._feed.put_picture(camera, jpeg)
            self._feed.put_shares(self.shares)
            self._feed.put_settings(settings_of(self.settings))
            if tick % 5 == 0:
                put_statuses(self._feed, self._concerns, self._newest(tick))

    def _newest(self, tick: int) -> PolicyFigures:
        for call in self._robot.calls:
            if isinstance(call, bool):
                self.figures = replace(self.figures, enabled=call)
        if self.figures.ticks.skip_reason:
            return self.figures  # no tick runs
        return replace(self.figures, ticks=replace(self.figures.ticks, number=tick))

    def _pictures(self, tick: int) -> dict[str, bytes]:
        annotator = OverlayAnnotator()
        places = Places()
        jpegs = {}
        for camera in (FRONT, WRIST):
            ramp = np.linspace(70, 190, 288, dtype=np.uint8)[:, None, None]
            frame = np.broadcast_to(ramp, (288, 384, 3)).copy()
            frame[120:160, 200:240] = (200, 40, 30)
            grid = np.full((5, 6), 0.6, np.float32)
            grid[2, 3] = 3.0 + np.sin(tick)
            picture = annotator.annotate(
                frame,
                grid,
                places,
                SHARES,
                camera,
                f'tick {tick} · age 42 ms\nrollout, last layer',
            )
            jpegs[camera.rpartition('.')[2]] = cv2.imencode('.jpg', picture[:, :, ::-1])[
                1
            ].tobytes()
        return jpegs


class Places:
    """A 5 x 6 grid on pictures of 288 x 384."""

    rows, cols = 5, 6
    origin_x = origin_y = 0.5
    stride_x = stride_y = 64.0


@pytest.fixture
def source(feed: Feed, robot: Robot) -> Iterator[Source]:
    with Source(feed, robot) as source:
        yield source
