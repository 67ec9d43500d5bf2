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

"""The policy node's hand: actions in robot units through the gate, onto the wire."""

from __future__ import annotations

from contextlib import ExitStack
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.action_gate import ActionGate, GateSettings
from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.control.schedule import ScheduledAction
from attention_mapper_ros.control.statistics import RateMeter
from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_figures import ActionFigures
from attention_mapper_ros.nodes.qos_advice import overriding_options, publisher_events
from attention_mapper_ros.ros.client import LifecycleNode
from attention_mapper_ros.ros.messages import ACTION_MESSAGES
from attention_mapper_ros.ros.qos import stream_qos

TOPIC = '~/action'
WARNING_INTERVAL_S = 5.0


class ActionOutput:
    """
    Publishes what the gate lets through, until ``undo`` is unwound.

    Belongs to the executor thread. In a dry run there is no publisher, everything else is the
    same. The publisher is a managed one: it is silent unless the node is active.
    """

    def __init__(
        self, node: LifecycleNode, config: PolicyConfig, action_map: JointMap, undo: ExitStack
    ) -> None:
        self._node = node
        self._map = action_map
        self._period_s = 1.0 / config.rate_hz
        safety = config.safety
        self._gate = ActionGate(
            GateSettings(
                names=tuple(action_map.names),
                lower=action_map.lower,
                upper=action_map.upper,
                max_step=np.array([safety.max_steps[name] for name in action_map.names]),
                on_limit=safety.on_limit,
                on_stale=safety.on_stale,
                ramp_s=safety.ramp_s,
            ),
            time.monotonic_ns,
        )
        message_type, self._make_message = ACTION_MESSAGES[config.action_message]
        self._publisher: Any = None
        if not config.dry_run:
            self._publisher = node.create_lifecycle_publisher(
                message_type,
                TOPIC,
                stream_qos(config.action_qos.reliability, config.action_qos.depth),
                event_callbacks=publisher_events(node, TOPIC, 'action_reliability'),
                qos_overriding_options=overriding_options(node, TOPIC, 'publisher'),
            )
            undo.callback(node.destroy_lifecycle_publisher, self._publisher)
        self._rate = RateMeter()
        self._age = 0
        self._others: tuple[str, ...] = ()

    def begin(self) -> None:
        """Begin anew: the next action is reached by a ramp from where the robot is."""
        self._gate.begin()

    def send(
        self, action: ScheduledAction, measured: NDArray[np.float64] | None, stamp: Any
    ) -> None:
        """Let an action out under the stamp of its tick, as far as the gate lets it."""
        positions = self._gate.check(self._map.positions(action.values), measured)
        if positions is None:
            self._node.get_logger().error(
                f'action dropped: {self._gate.reason}', throttle_duration_sec=WARNING_INTERVAL_S
            )
            return
        self._age = action.position - action.observed_position
        self._publish(positions, stamp)

    def hold(self, stamp: Any) -> bool:
        """Repeat what went out last, if the settings want that; return whether there was it."""
        positions = self._gate.hold()
        if positions is None:
            return False
        self._publish(positions, stamp)
        return True

    def figures(self, queue_depth: int) -> ActionFigures:
        """Return what has gone out so far."""
        counts = self._gate.counts
        return ActionFigures(
            rate_hz=self._rate.rate_hz(time.monotonic_ns()),
            queue_depth=queue_depth,
            age=self._age,
            not_finite=counts.not_finite,
            rejected=counts.rejected,
            clamped=counts.clamped,
            limited=counts.limited,
            held=counts.held,
            ramping=self._gate.ramping,
            reason=self._gate.reason,
            other_publishers=self._others,
        )

    def look_for_others(self) -> None:
        """Warn, whenever that changes, about other nodes that publish on the action topic."""
        topic = self._node.resolve_topic_name(TOPIC)
        names = sorted(
            f'{info.node_namespace.rstrip("/")}/{info.node_name}'
            for info in self._node.get_publishers_info_by_topic(topic)
        )
        own = self._node.get_fully_qualified_name()
        if self._publisher is not None and own in names:
            names.remove(own)
        others = tuple(names)
        if others and others != self._others:
            self._node.get_logger().warning(
                f'{", ".join(others)} publishes on {topic} too: a robot that listens gets both '
                'mixed; stop one of the two, or remap ~/action'
            )
        self._others = others

    def _publish(self, positions: NDArray[np.float64], stamp: Any) -> None:
        if self._publisher is not None:
            self._publisher.publish(
                self._make_message(self._map.names, positions, stamp, self._period_s)
            )
        self._rate.count(time.monotonic_ns())
