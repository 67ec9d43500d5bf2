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

"""
What the policy node sees at its ticks, when a bag is played to it and nobody has to wait.

The bag's log time is the clock: messages come in when they were recorded, and ticks lie between
them. Checks, ages, spread and frozen pictures are the live node's own (``nodes.policy_intake``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.control.observation_buffer import Refusal
from attention_mapper_ros.control.outage import Outage, OUTAGE_S
from attention_mapper_ros.nodes.policy_check import camera_inputs, joint_maps
from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_intake import JOINTS, PolicyIntake
from attention_mapper_ros.policies.adapter import PolicySpec
from attention_mapper_ros.recordings.bag_ticks import Tick, Ticks
from attention_mapper_ros.recordings.bag_topics import BagTopics
from attention_mapper_ros.ros.bag_reader import BagMessage, BagReader
from attention_mapper_ros.ros.observations import CameraInput, ObservationBuilder

JITTER_S = 0.5
"""Of two files of a bag: messages that are written late go back so far and not further."""
LONGEST_PAUSE_S = 3600.0
"""No recording pauses so long: the clock was set."""


@dataclass(frozen=True)
class PolicyFit:
    """How a policy's cameras and joints hang together with the configured ones."""

    spec: PolicySpec
    cameras: Mapping[str, CameraInput]
    state_map: JointMap | None
    action_map: JointMap

    @classmethod
    def of(cls, config: PolicyConfig, spec: PolicySpec) -> PolicyFit:
        """Fit them together; ValueError, with the remedy, where they do not."""
        return cls(spec, camera_inputs(config.cameras, spec), *joint_maps(config.joints, spec))

    @property
    def streams(self) -> tuple[str, ...]:
        """What a tick waits for."""
        joints = () if self.state_map is None else (JOINTS,)
        return (*self.cameras, *joints)


@dataclass(frozen=True)
class Sight:
    """
    What the policy sees at one tick, ``time_ns`` on the bag's clock.

    ``elapsed_ns``: the same time without the jumps of the clock. ``messages``, ``frames``: the
    camera messages and their pictures, (row, col, RGB) uint8, by camera name. ``state``: (state,)
    float32 in the policy's units. ``action``: the recorded action's message, None without.
    ``begins_plan``: an outage or a jump of the clock lies before it.
    """

    time_ns: int
    elapsed_ns: int
    messages: Mapping[str, Any]
    frames: Mapping[str, NDArray[np.uint8]]
    state: NDArray[np.float32]
    action: Any
    begins_plan: bool


class BagReplay:
    """
    One replay of a bag. Belongs to one thread.

    ``skipped``: ticks without an observation by the kind of the refusal (``REFUSALS``);
    ``reasons``: the newest reason of each kind. ``refusal``: why there is no complete observation
    at the end of the bag, if there is none. ``notes``: what is odd though it can be used.
    """

    def __init__(
        self,
        reader: BagReader,
        topics: BagTopics,
        config: PolicyConfig,
        fit: PolicyFit,
        ticks: Ticks,
        hears_actions: bool,
    ) -> None:
        self._reader, self._ticks = reader, ticks
        self._streams = {topics.inputs[stream]: stream for stream in fit.streams}
        self._types = {topics.inputs[stream]: topics.types[stream] for stream in fit.streams}
        self._action_topic = topics.action if hears_actions else None
        self._longest_action_ns = round(max(OUTAGE_S, 2.0 / config.rate_hz) * NANOSECONDS)
        self._now_ns = 0  # until the first message
        self._jumped_ns = 0  # in all, by the clock
        self.notes: list[str] = []
        self._intake = PolicyIntake(
            config,
            fit.cameras,
            fit.state_map,
            fit.action_map,
            clock=lambda: self._now_ns,
            warn=self.notes.append,
            topic_of=lambda stream: topics.inputs[stream],
        )
        self._builder = ObservationBuilder(fit.cameras)
        self._no_state = np.zeros(0, np.float32)
        self._outage = Outage()
        self._afresh = False
        self._action: tuple[Any, int] | None = None  # the newest, with its log time
        self.skipped: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.refusal = ''

    def sights(self) -> Iterator[Sight]:
        """Go through the bag; ValueError where it cannot be read."""
        topics = {*self._streams, *([self._action_topic] if self._action_topic else [])}
        for message in self._reader.messages(topics):
            log_ns = self._follow(message.log_ns)
            for tick in self._ticks.due(log_ns):
                yield from self._look(tick)
            self._now_ns = max(self._now_ns, log_ns)
            self._take(message)
        for tick in self._ticks.rest(self._now_ns):
            yield from self._look(tick)
        newest = self._intake.newest()
        self.refusal = newest.reason if isinstance(newest, Refusal) else ''

    def _follow(self, log_ns: int) -> int:
        """Return the time of a message; forget everything if the clock has jumped to it."""
        jump_ns = log_ns - self._now_ns if self._now_ns else 0
        if -JITTER_S * NANOSECONDS <= jump_ns <= LONGEST_PAUSE_S * NANOSECONDS:
            return max(log_ns, self._now_ns)
        self._ticks.restart(log_ns)
        self._intake.clear()
        self._action = None
        self._outage = Outage()
        self._afresh = True
        self._jumped_ns += jump_ns
        self._now_ns = log_ns
        return log_ns

    def _take(self, message: BagMessage) -> None:
        if message.topic == self._action_topic:
            self._action = (message.decoded(), self._now_ns)
        if message.type_name != self._types.get(message.topic):
            return  # another type on a topic reaches no subscriber either
        stream = self._streams[message.topic]
        if stream == JOINTS:
            self._intake.take_joints(message.decoded())
        else:
            self._intake.take_image(stream, message.decoded())
        if not isinstance(self._intake.newest(), Refusal):
            self._ticks.begin(self._now_ns)

    def _look(self, tick: Tick) -> Iterator[Sight]:
        """Return what is seen at a tick, or nothing and count it."""
        self._now_ns = max(self._now_ns, tick.time_ns)
        newest = self._intake.newest()
        if isinstance(newest, Refusal):
            self._skip(newest.kind, newest.reason)
            return
        state = newest.pop(JOINTS, self._no_state)
        try:
            frames = self._builder.frames(newest)
        except (ValueError, cv2.error) as error:
            self._skip('unusable', str(error))
            return
        long_outage = self._outage.end(self._now_ns)
        begins_plan, self._afresh = long_outage or self._afresh, False
        yield Sight(
            time_ns=tick.time_ns,
            elapsed_ns=tick.time_ns - self._jumped_ns,
            messages=newest,
            frames=frames,
            state=state,
            action=self._newest_action() if tick.action is None else tick.action,
            begins_plan=begins_plan,
        )

    def _skip(self, kind: str, reason: str) -> None:
        self.skipped[kind] += 1
        self.reasons[kind] = reason
        self._outage.begin(self._now_ns)

    def _newest_action(self) -> Any:
        if self._action is None:
            return None
        message, log_ns = self._action
        return message if self._now_ns - log_ns <= self._longest_action_ns else None
