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

"""Which topics of a bag are the policy node's inputs, and whether the bag has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_intake import JOINTS, JOINTS_TYPE
from attention_mapper_ros.nodes.policy_parameters import NODE
from attention_mapper_ros.ros.bag_reader import BagReader, BagTopic
from attention_mapper_ros.ros.client import expand_topic_name
from attention_mapper_ros.ros.interfaces import type_name
from attention_mapper_ros.ros.messages import ACTION_MESSAGES

ACTION_TYPES = tuple(type_name(kind) for kind, _ in ACTION_MESSAGES.values())
_MOST_NAMED = 20  # topics of the bag that an error lists


@dataclass(frozen=True)
class NodeNames:
    """
    What the policy node is called in a bag, and where its topics were remapped to.

    ``remap``: topic to topic; both may be relative or private, as on a command line.
    """

    node: str = NODE
    namespace: str = '/'
    remap: Mapping[str, str] = field(default_factory=dict)

    def topic(self, name: str) -> str:
        """Return the absolute name of a topic of the node. Raises ValueError for no name."""
        rules = {self._expanded(source): target for source, target in self.remap.items()}
        full = self._expanded(name)
        return self._expanded(rules[full]) if full in rules else full

    def _expanded(self, name: str) -> str:
        # rclpy wants what its command line would have made of it.
        return str(expand_topic_name(name, self.node, f'/{self.namespace.strip("/")}'))


@dataclass(frozen=True)
class BagTopics:
    """
    The topics of a policy node in one bag.

    ``inputs``: stream of the intake to topic; ``types``: stream to what must come on it.
    ``action``: where actions were recorded, if they were.
    """

    inputs: Mapping[str, str]
    types: Mapping[str, str]
    action: str

    @classmethod
    def of(cls, config: PolicyConfig, names: NodeNames) -> BagTopics:
        """Return the topics that this configuration names."""
        inputs = {camera.name: names.topic(camera.stream) for camera in config.cameras}
        types = {camera.name: camera.message_type for camera in config.cameras}
        return cls(
            inputs={**inputs, JOINTS: names.topic(JOINTS)},
            types={**types, JOINTS: JOINTS_TYPE},
            action=names.topic('~/action'),
        )

    def check_input(self, reader: BagReader, stream: str) -> None:
        """Raise ValueError, with what the bag has, unless it has messages of this stream."""
        topic, wanted = self.inputs[stream], self.types[stream]
        remedy = 'remap it'
        if stream != JOINTS:
            remedy += f', or set cameras.{stream}.topic or .transport in the parameter file'
        found = [each for each in reader.topics if each.name == topic]
        if not found:
            raise ValueError(
                f'bag {reader.path} has no topic {topic} ({_role(stream)}), it has '
                f'{_topics_in_words(reader)}: {remedy}'
            )
        if wanted not in {each.type_name for each in found}:
            raise ValueError(
                f'topic {topic} ({_role(stream)}) of bag {reader.path} carries '
                f'{found[0].type_name}, wanted is {wanted}: {remedy}'
            )
        if not any(each.messages for each in found):
            raise ValueError(
                f'bag {reader.path} has no message on {topic} ({_role(stream)}): record it '
                'again while that is published'
            )

    def action_type(self, reader: BagReader) -> str | None:
        """
        Return which messages the recorded actions are, None without any.

        Raises ValueError for messages that are no actions.
        """
        for each in reader.topics:
            if each.name == self.action and each.messages:
                if each.type_name in ACTION_TYPES:
                    return each.type_name
                raise ValueError(
                    f'topic {self.action} (actions) of bag {reader.path} carries '
                    f'{each.type_name}, wanted is one of {", ".join(ACTION_TYPES)}: remap '
                    '~/action to where the actions were recorded'
                )
        return None


def first_messages(reader: BagReader, topic: str, count: int) -> Iterator[Any]:
    """Return the first messages of a topic, decoded; ValueError for damaged ones."""
    for message in islice(reader.messages([topic]), count):
        yield message.decoded()


def _role(stream: str) -> str:
    return 'joints' if stream == JOINTS else f'camera {stream}'


def _topics_in_words(reader: BagReader) -> str:
    words = [_topic_in_words(topic) for topic in reader.topics]
    if len(words) > _MOST_NAMED:
        words[_MOST_NAMED:] = [f'and {len(words) - _MOST_NAMED} more']
    return ', '.join(words) or 'none'


def _topic_in_words(topic: BagTopic) -> str:
    return f'{topic.name} ({topic.type_name})'
