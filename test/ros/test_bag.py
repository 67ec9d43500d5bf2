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

"""Bags that the demo writes, read back with rosbags."""

import pytest
from rosbags.highlevel import AnyReader
from rosbags.typesys import get_typestore, Stores

from attention_mapper_ros.ros.bag import BagWriter


def test_bag_gives_back_topic_type_time_and_message(tmp_path):
    store = get_typestore(Stores.ROS2_JAZZY)
    text_type = store.types['std_msgs/msg/String']
    serialised = bytes(store.serialize_cdr(text_type('hello'), 'std_msgs/msg/String'))
    with BagWriter(tmp_path / 'bag') as bag:
        bag.add_topic('/chatter', 'std_msgs/msg/String')
        bag.write('/chatter', 123_456_789, serialised)
    with AnyReader([tmp_path / 'bag']) as reader:
        [(connection, stamp_ns, raw)] = list(reader.messages())
        assert (connection.topic, connection.msgtype) == ('/chatter', 'std_msgs/msg/String')
        assert stamp_ns == 123_456_789
        assert reader.deserialize(raw, connection.msgtype).data == 'hello'


def test_bag_is_an_mcap(tmp_path):
    with BagWriter(tmp_path / 'bag') as bag:
        bag.add_topic('/chatter', 'std_msgs/msg/String')
    assert [path.suffix for path in (tmp_path / 'bag').glob('*.mcap')] == ['.mcap']
    assert 'storage_identifier: mcap' in (tmp_path / 'bag' / 'metadata.yaml').read_text()


def test_existing_recording_is_never_overwritten(tmp_path):
    with BagWriter(tmp_path / 'bag'):
        pass
    with pytest.raises(ValueError, match='exists already: remove it'):
        BagWriter(tmp_path / 'bag')
