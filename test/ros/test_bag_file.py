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

"""A bag in one file, there when it is whole and not before."""

from dataclasses import replace
import resource

import pytest
from robot_bag import joints_entry, run, write_bag

from attention_mapper_ros.ros.bag_file import BagFile
from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.client import serialize_message

TOPIC, TYPE = '/joint_states', 'sensor_msgs/msg/JointState'


def write_one(file):
    file.add_topic(TOPIC, TYPE)
    file.write(TOPIC, 5, serialize_message(joints_entry(1)[2]))


def test_file_has_its_name_when_it_is_closed_and_nothing_else_is_left(tmp_path):
    with BagFile(tmp_path / 'out.mcap') as file:
        write_one(file)
        assert not (tmp_path / 'out.mcap').exists()
    assert [path.name for path in tmp_path.iterdir()] == ['out.mcap']
    [message] = BagReader(tmp_path / 'out.mcap').messages()
    assert (message.topic, message.log_ns) == (TOPIC, 5)


def test_nothing_is_left_of_a_file_that_an_error_ended(tmp_path):
    with pytest.raises(RuntimeError), BagFile(tmp_path / 'out.mcap') as file:
        write_one(file)
        raise RuntimeError('the model failed')
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk():
    """Let no file become larger than a megabyte, as a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_nothing_is_left_of_a_file_for_which_there_is_no_room(tmp_path, small_disk):
    with pytest.raises(OSError, match='File too large'), BagFile(tmp_path / 'out.mcap') as file:
        file.add_topic(TOPIC, TYPE)
        for number in range(30):
            file.write(TOPIC, number, bytes(100_000))
    assert list(tmp_path.iterdir()) == []


def test_what_an_interrupted_run_left_is_replaced(tmp_path):
    interrupted = BagFile(tmp_path / 'out.mcap')
    write_one(interrupted)
    del interrupted  # as by a signal that nobody handles: no close, no abort
    with BagFile(tmp_path / 'out.mcap') as file:
        write_one(file)
    assert [path.name for path in tmp_path.iterdir()] == ['out.mcap']


def test_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / 'out.mcap').write_bytes(b'precious')
    with pytest.raises(ValueError, match='exists already: remove it or choose another one'):
        BagFile(tmp_path / 'out.mcap')
    assert (tmp_path / 'out.mcap').read_bytes() == b'precious'


def test_file_is_called_as_readers_know_a_bag(tmp_path):
    with pytest.raises(ValueError, match=r'out\.bag is not called \.mcap: name it out\.mcap'):
        BagFile(tmp_path / 'out.bag')


def test_topic_is_copied_with_its_type_and_quality_of_service(tmp_path):
    [topic] = BagReader(write_bag(tmp_path / 'bag', [joints_entry(1)])).topics
    with BagFile(tmp_path / 'out.mcap') as file:
        file.copy_topic(topic)
    [copied] = BagReader(tmp_path / 'out.mcap').topics
    assert (copied.name, copied.type_name, copied.qos) == (topic.name, topic.type_name, topic.qos)
    assert copied.definition == topic.definition


def test_topic_whose_type_nobody_describes_cannot_be_copied(tmp_path):
    topic = BagReader(write_bag(tmp_path / 'bag', run(1))).topics[0]
    unknown = replace(topic, type_name='robot_msgs/msg/Grip', definition='')
    with BagFile(tmp_path / 'out.mcap') as file:
        with pytest.raises(ValueError, match='does not say what a robot_msgs/msg/Grip on /front'):
            file.copy_topic(unknown)
        file.copy_topic(replace(topic, definition=''))  # one of ROS 2's own


def test_topic_with_two_types_cannot_be_copied(tmp_path):
    topic = BagReader(write_bag(tmp_path / 'bag', run(1))).topics[0]
    with BagFile(tmp_path / 'out.mcap') as file:
        file.copy_topic(topic)
        with pytest.raises(ValueError, match='/front/image_raw carries two types of messages'):
            file.copy_topic(replace(topic, type_name=TYPE, definition=''))
