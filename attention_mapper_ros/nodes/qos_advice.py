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

"""What to change when two ends of a topic do not fit: the events of QoS, in words."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.client import (
    Node,
    PublisherEventCallbacks,
    qos_policy_name_from_kind,
    SubscriptionEventCallbacks,
)


def subscription_events(node: Node, topic: str, parameter: str) -> SubscriptionEventCallbacks:
    """
    Return callbacks that log what keeps a publisher from being heard.

    ``parameter`` is the one that sets this subscription's reliability.
    """
    resolved = node.resolve_topic_name(topic)

    def advise(event: Any) -> None:
        policy = _policy(event)
        remedy = (
            f'set {parameter} to best_effort'
            if policy == 'RELIABILITY'
            else f'change {_override(resolved, "subscription", policy)}, or the publisher'
        )
        node.get_logger().warning(
            f'a publisher on {resolved} offers less {policy.lower()} than this node asks for, '
            f'nothing of it is received: {remedy}'
        )

    return SubscriptionEventCallbacks(incompatible_qos=advise)


def publisher_events(node: Node, topic: str, parameter: str) -> PublisherEventCallbacks:
    """
    Return callbacks that log what keeps a subscriber from hearing this node.

    ``parameter`` is the one that sets this publisher's reliability.
    """
    resolved = node.resolve_topic_name(topic)

    def advise(event: Any) -> None:
        policy = _policy(event)
        remedy = (
            f'set {parameter} to reliable, or the subscriber to best effort'
            if policy == 'RELIABILITY'
            else f'change {_override(resolved, "publisher", policy)}, or the subscriber'
        )
        node.get_logger().warning(
            f'a subscriber of {resolved} asks for more {policy.lower()} than this node offers, '
            f'nothing reaches it: {remedy}'
        )

    return PublisherEventCallbacks(incompatible_qos=advise)


def _policy(event: Any) -> str:
    name: str = qos_policy_name_from_kind(event.last_policy_kind)
    return name.removesuffix('_QOS_POLICY')


def _override(topic: str, kind: str, policy: str) -> str:
    return f'parameter qos_overrides.{topic}.{kind}.{policy.lower()}'
