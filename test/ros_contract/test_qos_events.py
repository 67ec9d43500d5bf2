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

"""Endpoints that do not fit each other say so."""

import re

from attention_mapper_ros.ros.client import (
    PublisherEventCallbacks,
    qos_policy_name_from_kind,
    QoSProfile,
    ReliabilityPolicy,
    SubscriptionEventCallbacks,
)
from attention_mapper_ros.ros.interfaces import String


def test_both_sides_hear_of_incompatible_quality_of_service(node, spin_until):
    asked, offered = [], []
    node.create_subscription(
        String,
        'text',
        lambda _: None,
        QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE),
        event_callbacks=SubscriptionEventCallbacks(incompatible_qos=asked.append),
    )
    publisher = node.create_publisher(
        String,
        'text',
        QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
        event_callbacks=PublisherEventCallbacks(incompatible_qos=offered.append),
    )
    spin_until(node, lambda: asked and offered)
    assert asked[0].total_count == 1
    assert qos_policy_name_from_kind(asked[0].last_policy_kind) == 'RELIABILITY'
    assert qos_policy_name_from_kind(offered[0].last_policy_kind) == 'RELIABILITY'
    assert publisher.get_subscription_count() == 0


def test_without_a_callback_a_warning_names_topic_and_policy(node, peer, spin_until, capfd):
    node.create_subscription(String, 'text', lambda _: None, 10)
    peer('best_effort')
    seen = []

    def warned():
        seen.append(capfd.readouterr().err)
        return 'RELIABILITY' in ''.join(seen)

    spin_until(node, warned)
    text = ''.join(seen)
    # rclpy names the topic as the caller did.
    assert re.search("New publisher discovered on topic '/?text', offering incompatible QoS", text)
    assert 'Last incompatible policy: RELIABILITY' in text
