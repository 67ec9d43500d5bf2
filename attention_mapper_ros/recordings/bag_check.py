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

"""Whether a bag holds what a policy wants: topics, types, and messages that it can use."""

from __future__ import annotations

from attention_mapper_ros.nodes.policy_intake import JOINTS
from attention_mapper_ros.recordings.bag_replay import PolicyFit
from attention_mapper_ros.recordings.bag_topics import BagTopics, first_messages
from attention_mapper_ros.recordings.options import RATE, RECORDED
from attention_mapper_ros.ros.bag_reader import BagReader

_JOINT_STATE = 'sensor_msgs/msg/JointState'
_PEEK = 10  # messages of a stream that must all be bad before a bag is refused for it


def check_bag(reader: BagReader, topics: BagTopics, fit: PolicyFit, ticks: str) -> None:
    """
    Raise ValueError, with the remedy, if the bag lacks what the policy wants.

    Topics and types are looked up, and the first messages of every stream tried. ``ticks``: as of
    ``BagRecording.open``.
    """
    for stream in fit.streams:
        topics.check_input(reader, stream)
        _try_first(reader, topics, fit, stream)
    found = topics.action_type(reader)
    if ticks == RECORDED and found != _JOINT_STATE:
        raise ValueError(
            f'ticks {RECORDED!r} are told by the stamps of {_JOINT_STATE} on {topics.action}, bag '
            f'{reader.path} has {found or "nothing"} there: choose ticks {RATE!r}'
        )


def _try_first(reader: BagReader, topics: BagTopics, fit: PolicyFit, stream: str) -> None:
    """Refuse a stream none of whose first messages the policy can use."""
    refused: ValueError | None = None
    for message in first_messages(reader, topics.inputs[stream], _PEEK):
        try:
            if stream == JOINTS and fit.state_map is not None:
                fit.state_map.state(message.name, message.position)
            elif stream != JOINTS:
                fit.cameras[stream].check(message)
        except ValueError as error:
            refused = error
            continue
        return
    if refused is not None:
        raise ValueError(
            f'topic {topics.inputs[stream]} of bag {reader.path}: {refused}'
        ) from refused
