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

"""Bags of all kinds, written by rosbags, read in the order of their log time."""

from contextlib import closing
import shutil
import sqlite3

import pytest
from robot_bag import BEGIN_NS, joints_entry, MS, run, STORAGES, write_bag

from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.images import decode_image
from attention_mapper_ros.ros.interfaces import JointState


@pytest.fixture
def bag(tmp_path):
    return write_bag(tmp_path / 'bag', run(3))


def file_in(folder):
    return next(path for path in folder.iterdir() if path.suffix in ('.mcap', '.db3'))


@pytest.mark.parametrize('storage', STORAGES)
def test_every_storage_gives_the_same_messages(tmp_path, storage):
    entries = run(3)
    folder = write_bag(tmp_path / 'bag', entries, storage)
    messages = list(BagReader(folder).messages())
    assert [(m.topic, m.log_ns) for m in messages] == [
        (topic, BEGIN_NS + round(ms * MS)) for topic, ms, _ in entries
    ]
    assert all(
        message.decoded() == written
        for message, (_, _, written) in zip(messages, entries, strict=True)
    )


@pytest.mark.parametrize('storage', ['sqlite3', 'mcap'])
def test_one_file_is_a_bag_too_and_so_is_a_folder_without_metadata(tmp_path, storage):
    folder = write_bag(tmp_path / 'bag', run(2), storage)
    whole = list(BagReader(folder).messages())
    (folder / 'metadata.yaml').unlink()
    assert list(BagReader(file_in(folder)).messages()) == whole
    assert list(BagReader(folder).messages()) == whole


def test_metadata_file_stands_for_its_bag(bag):
    assert len(list(BagReader(bag / 'metadata.yaml').messages())) == 9


def test_topics_are_known_before_a_message_is_read(bag):
    topics = {topic.name: (topic.type_name, topic.messages) for topic in BagReader(bag).topics}
    assert topics == {
        '/front/image_raw': ('sensor_msgs/msg/Image', 3),
        '/wrist/image_raw': ('sensor_msgs/msg/Image', 3),
        '/joint_states': ('sensor_msgs/msg/JointState', 3),
    }


def test_chosen_topics_alone_are_read(bag):
    messages = list(BagReader(bag).messages(['/joint_states']))
    assert {message.topic for message in messages} == {'/joint_states'}
    assert len(messages) == 3
    assert isinstance(messages[0].decoded(), JointState)


def test_no_topic_chosen_is_no_message(bag):
    assert list(BagReader(bag).messages([])) == []


def test_messages_written_late_come_in_their_place(tmp_path):
    entries = [joints_entry(ms) for ms in (10, 40, 20, 30)]
    reader = BagReader(write_bag(tmp_path / 'bag', entries))
    times = [message.log_ns - BEGIN_NS for message in reader.messages()]
    assert times == [10 * MS, 20 * MS, 30 * MS, 40 * MS]


def test_two_passes_through_one_bag_do_not_disturb_each_other(bag):
    reader = BagReader(bag)
    pairs = list(zip(reader.messages(), reader.messages(), strict=True))
    assert len(pairs) == 9
    assert all(one == other for one, other in pairs)


def test_picture_comes_out_as_the_camera_sent_it(bag):
    message = next(BagReader(bag).messages(['/front/image_raw'])).decoded()
    assert decode_image(message).shape == (64, 96, 3)
    assert message.header.frame_id == 'front_camera'


# What is no bag


def damage(path):
    """Wipe out so much in the middle that it is more than one chunk of an MCAP, 1 MiB."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2**21] = bytes(2**21)
    path.write_bytes(content)


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ('storage', 'remedy'),
    [('sqlite3', '$'), ('mcap', '; .* "mcap recover" or "ros2 bag convert"$')],
)
@pytest.mark.parametrize('named', ['folder', 'file'])
def test_recording_that_was_cut_off_is_refused_with_what_repairs_it(
    tmp_path, storage, remedy, named
):
    folder = write_bag(tmp_path / 'bag', run(20), storage)
    file = file_in(folder)
    cut(file)
    with pytest.raises(ValueError, match=f'cannot be read .*: copy it again{remedy}'):
        list(BagReader(folder if named == 'folder' else file).messages())


@pytest.mark.parametrize('mode', ['wal', 'delete'])
def test_database_whose_journal_was_not_brought_in_is_refused_until_it_is(tmp_path, mode):
    folder = write_bag(tmp_path / 'bag', run(20), 'sqlite3')
    times = [message.log_ns for message in BagReader(folder).messages()]
    recorder = sqlite3.connect(file_in(folder), isolation_level=None)
    recorder.execute(f'PRAGMA journal_mode={mode}')
    recorder.execute('PRAGMA cache_size=1')  # lets changes reach the file before they are whole
    recorder.execute('BEGIN')
    recorder.execute('UPDATE messages SET timestamp = timestamp + 1')
    if mode == 'wal':
        recorder.execute('COMMIT')
    killed = shutil.copytree(folder, tmp_path / 'killed')
    recorder.close()
    for named in (killed, killed / file_in(folder).name):
        with pytest.raises(ValueError, match=r'cut off, .*-(wal|journal) .*: end the recording'):
            BagReader(named)
    with closing(sqlite3.connect(killed / file_in(folder).name)) as repaired:
        repaired.execute('PRAGMA wal_checkpoint(truncate)')
    moved = 1 if mode == 'wal' else 0
    assert [message.log_ns - moved for message in BagReader(killed).messages()] == times


def test_damage_in_the_middle_breaks_the_reading_there(tmp_path):
    folder = write_bag(tmp_path / 'bag', run(200), 'mcap, its chunks compressed')
    damage(file_in(folder))
    reader, read = BagReader(folder), 0
    with pytest.raises(ValueError, match='cannot be read'):
        for _ in reader.messages():
            read += 1
    assert 0 < read < 600


def test_metadata_that_is_no_yaml_is_refused(bag):
    (bag / 'metadata.yaml').write_text('rosbag2: [', encoding='utf-8')
    with pytest.raises(ValueError, match=r'cannot be read .*YAML'):
        BagReader(bag)


def test_file_of_compressed_messages_without_its_metadata_is_named_as_that(tmp_path):
    folder = write_bag(tmp_path / 'bag', run(1), 'sqlite3, every message compressed')
    (folder / 'metadata.yaml').unlink()
    message = next(BagReader(folder).messages())
    with pytest.raises(ValueError, match=r'compressed, message by message.*name the folder'):
        message.decoded()


def test_message_of_an_unknown_type_is_refused_when_it_is_decoded(bag):
    message = next(BagReader(bag).messages())._replace(type_name='robot_msgs/msg/Grip')
    with pytest.raises(ValueError, match='a robot_msgs/msg/Grip on /front/image_raw cannot be r'):
        message.decoded()


def test_damaged_message_is_refused_when_it_is_decoded(bag):
    message = next(BagReader(bag).messages())
    with pytest.raises(ValueError, match='a sensor_msgs/msg/Image on /front/image_raw cannot'):
        message._replace(serialised=message.serialised[:30]).decoded()


def test_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r'bag .*none does not exist: name the folder or the fil'):
        BagReader(tmp_path / 'none')


def test_folder_without_a_bag_is_refused(tmp_path):
    (tmp_path / 'notes.txt').write_text('nothing', encoding='utf-8')
    with pytest.raises(ValueError, match='holds no bag, neither metadata'):
        BagReader(tmp_path)


def test_files_that_nothing_puts_in_order_are_refused(bag):
    shutil.copy(file_in(bag), bag / 'other.mcap')
    (bag / 'metadata.yaml').unlink()
    with pytest.raises(
        ValueError, match=r'holds 2 files and no metadata\.yaml .*ros2 bag reindex'
    ):
        BagReader(bag)


@pytest.mark.parametrize(
    'name, remedy',
    [
        ('run.bag', 'rosbags-convert'),
        ('run.db3.zstd', 'zstd -d'),
        ('run.mp4', r'name the folder or the \.mcap'),
    ],
)
def test_other_file_is_refused_with_what_to_do(tmp_path, name, remedy):
    (tmp_path / name).write_bytes(b'some bytes')
    with pytest.raises(ValueError, match=f'is no bag that can be read: .*{remedy}'):
        BagReader(tmp_path / name)
