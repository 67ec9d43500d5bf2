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
The quality of service that parameters override, and what to change when two ends do not fit.

The parameters are those of ``rclpy.qos_overriding_options``:
``qos_overrides./joint_states.subscription.depth``, say, by the topic's full name.
"""

from __future__ import annotations

from typing import Any, Final

from attention_mapper_ros.ros.client import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    Node,
    PublisherEventCallbacks,
    qos_policy_name_from_kind,
    QoSOverridingOptions,
    QoSPolicyKind,
    ReliabilityPolicy,
    SubscriptionEventCallbacks,
)

QOS_OVERRIDES: Final = 'qos_overrides.'
_WORDS: Final = {
    'durability': DurabilityPolicy,
    'history': HistoryPolicy,
    'liveliness': LivelinessPolicy,
    'reliability': ReliabilityPolicy,
}


def overriding_options(node: Node, topic: str, entity: str) -> QoSOverridingOptions:
    """
    Let the parameters that were given override the quality of service of an entity.

    ``entity`` is publisher or subscription. What was not given is not declared either: it would
    keep the value of the first configuring and override what other parameters, such as
    ``joints.depth``, are set to before the next. Raises ValueError for a value that the policy
    does not have.
    """
    prefix = _prefix(node.resolve_topic_name(topic), entity)
    given = [kind for kind in QoSPolicyKind if node.has_parameter(prefix + kind.name.lower())]
    for kind in given:
        _check(prefix, kind.name.lower(), node.get_parameter(prefix + kind.name.lower()).value)
    return QoSOverridingOptions(given)


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
            else f'set parameter {_prefix(resolved, "subscription")}{policy.lower()}, or change '
            'the publisher'
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
            else f'set parameter {_prefix(resolved, "publisher")}{policy.lower()}, or change the '
            'subscriber'
        )
        node.get_logger().warning(
            f'a subscriber of {resolved} asks for more {policy.lower()} than this node offers, '
            f'nothing reaches it: {remedy}'
        )

    return PublisherEventCallbacks(incompatible_qos=advise)


def _policy(event: Any) -> str:
    name: str = qos_policy_name_from_kind(event.last_policy_kind)
    return name.removesuffix('_QOS_POLICY')


def _prefix(topic: str, entity: str) -> str:
    return f'{QOS_OVERRIDES}{topic}.{entity}.'


def _check(prefix: str, policy: str, value: Any) -> None:
    if policy in _WORDS:
        words = [word.lower() for word in _WORDS[policy].__members__ if word != 'UNKNOWN']
        if not isinstance(value, str) or value.lower() not in words:
            raise ValueError(
                f'parameter {prefix}{policy} is {value!r}: choose one of {", ".join(words)}'
            )
    elif not isinstance(value, int) or value < 0:
        raise ValueError(f'parameter {prefix}{policy} is {value!r}: give a positive integer')
