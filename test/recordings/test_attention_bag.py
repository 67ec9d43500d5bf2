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

"""The attention to a recording as the live node's topics, in one file that viewers play."""

import tracemalloc

from act_checkpoints import make_act_checkpoint
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import numpy as np
import pytest
from robot_bag import (
    BEGIN_NS,
    image_entry,
    joined,
    joints_entry,
    run,
    write_bag,
    write_parameters,
)
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from small_dataset import JOINTS, picture_at

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.attention_bag import AttentionBag
from attention_mapper_ros.recordings.bag import BagRecording
from attention_mapper_ros.recordings.lerobot_dataset import LeRobotRecording
from attention_mapper_ros.recordings.recording import Step
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.images import decode_compressed, decode_image
from attention_mapper_ros.ros.messages import nanoseconds, shares_by_group

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
NAME = '/act_policy/attention/'
SECOND = 10**9


def seen_by(policy, recording):
    """Yield every step with its maps and its drawn overlays."""
    live = recording.live(policy.spec)
    annotator = OverlayAnnotator(live.style)
    recording.check(policy.spec)
    for step in recording.steps(recording.episodes(None)[0], policy.spec):
        maps = policy.infer(step.observation, live.request).maps()
        yield step, maps, drawn(annotator, recording, step, maps)


def drawn(annotator, recording, step, maps):
    shares = maps.named_shares({f: recording.camera_name(f) for f in maps.cameras})
    return {
        camera.feature: annotator.annotate(
            step.pictures[camera.feature],
            maps.cameras[camera.feature],
            recording.cells(camera, *step.pictures[camera.feature].shape[:2]),
            shares,
            recording.camera_name(camera.feature),
            f'tick {step.index + 1}',
            maps.scale.quantity,
        )
        for camera in maps.layout.cameras
    }


def write(path, recording, policy, **options):
    """Write the attention to all steps; return what was written."""
    written = []
    with AttentionBag(path, recording, **options) as bag:
        for step, maps, overlays in seen_by(policy, recording):
            bag.write(step, maps, overlays, step.index + 1)
            written.append((step, maps, overlays))
    return written


def on(path, topic):
    return [message.decoded() for message in BagReader(path).messages([topic])]


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out.mcap'


def test_topics_are_those_of_the_live_node(recorded_bag, robot_policy, out):
    write(out, recorded_bag(run(3)), robot_policy)
    image, array = 'sensor_msgs/msg/Image', 'std_msgs/msg/Float32MultiArray'
    assert {topic.name: (topic.type_name, topic.messages) for topic in BagReader(out).topics} == {
        f'{NAME}share': (array, 3),
        f'{NAME}front/image': (image, 3),
        f'{NAME}front/map': (image, 3),
        f'{NAME}wrist/image': (image, 3),
        f'{NAME}wrist/map': (image, 3),
    }


def test_map_and_overlay_carry_the_header_of_the_frame_the_model_saw(
    recorded_bag, robot_policy, out
):
    written = write(out, recorded_bag(run(3)), robot_policy)
    for kind in ('map', 'image'):
        for message, (step, _, _) in zip(on(out, f'{NAME}wrist/{kind}'), written, strict=True):
            assert message.header == step.origin.headers[WRIST]
            assert message.header.frame_id == 'wrist_camera'


def test_map_and_overlay_are_unchanged(recorded_bag, robot_policy, out):
    [(_, maps, overlays)] = write(out, recorded_bag(run(1)), robot_policy)
    [message] = on(out, f'{NAME}front/map')
    assert message.encoding == '32FC1'
    values = np.frombuffer(message.data, np.float32).reshape(message.height, message.width)
    assert np.array_equal(values, maps.cameras[FRONT])
    [overlay] = on(out, f'{NAME}front/image')
    assert np.array_equal(decode_image(overlay), overlays[FRONT])


def test_share_names_cameras_and_tells_frame_and_tick(recorded_bag, robot_policy, out):
    [(step, maps, _), *_] = write(out, recorded_bag(run(2)), robot_policy)
    one, two = on(out, f'{NAME}share')
    stamp = step.origin.headers[FRONT].stamp
    assert one.layout.dim[0].label == f'stamp={stamp.sec}.{stamp.nanosec:09d} tick=1'
    assert two.layout.dim[0].label.endswith('tick=2')
    assert shares_by_group(one)['front'] == pytest.approx(maps.shares[FRONT])
    assert set(shares_by_group(one)) == {'front', 'wrist', 'joints', 'latent'}


def test_overlay_can_be_compressed(recorded_bag, robot_policy, out):
    [(_, _, overlays)] = write(
        out, recorded_bag(run(1)), robot_policy, compressed=True, jpeg_quality=95
    )
    assert f'{NAME}front/image' not in {topic.name for topic in BagReader(out).topics}
    [message] = on(out, f'{NAME}front/image/compressed')
    difference = decode_compressed(message).astype(int) - overlays[FRONT]
    assert np.abs(difference).mean() < 10


def test_camera_without_an_overlay_gets_its_map_alone(recorded_bag, robot_policy, out):
    recording = recorded_bag(run(1))
    with AttentionBag(out, recording) as bag:
        for step, maps, _ in seen_by(robot_policy, recording):
            bag.write(step, maps, {}, 1)
    assert {topic.name for topic in BagReader(out).topics} == {
        f'{NAME}share',
        f'{NAME}front/map',
        f'{NAME}wrist/map',
    }


# With the inputs


def test_inputs_are_merged_unchanged_and_everything_is_in_order(recorded_bag, robot_policy, out):
    entries = [*run(4, period_ms=70), joints_entry(500)]
    recording = recorded_bag(entries)
    write(out, recording, robot_policy, merge=True)
    merged = list(BagReader(out).messages())
    inputs = list(recording.reader.messages())
    assert [message for message in merged if not message.topic.startswith(NAME)] == inputs
    times = [message.log_ns for message in merged]
    assert times == sorted(times)


def test_attention_comes_after_the_frames_that_it_is_of(recorded_bag, robot_policy, out):
    write(out, recorded_bag(run(4)), robot_policy, merge=True)
    heard = set()
    for message in BagReader(out).messages():
        decoded = message.decoded()
        if message.topic == '/front/image_raw':
            heard.add(nanoseconds(decoded.header.stamp))
        if message.topic == f'{NAME}front/map':
            assert nanoseconds(decoded.header.stamp) in heard
    assert len(heard) == 4


def test_attention_that_the_bag_has_already_is_written_anew(recorded_bag, robot_policy, out):
    old = ('/act_policy/attention/front/map', 60, image_entry('front', 60, 9)[2])
    entries = sorted([*run(2), old], key=lambda entry: entry[1])
    write(out, recorded_bag(entries), robot_policy, merge=True)
    assert [message.encoding for message in on(out, f'{NAME}front/map')] == ['32FC1', '32FC1']


def test_merged_bag_is_a_recording_that_shows_the_same(
    recorded_bag, robot_policy, robot_checkpoint, tmp_path, out
):
    written = write(out, recorded_bag(run(3), 'sqlite3'), robot_policy, merge=True)
    file = write_parameters(tmp_path / 'again.yaml', robot_checkpoint)
    again = BagRecording.open(out, file)
    for (_, maps, _), (_, maps_again, _) in zip(
        written, seen_by(robot_policy, again), strict=True
    ):
        assert np.array_equal(maps.cameras[FRONT], maps_again.cameras[FRONT])


def test_messages_of_types_that_nobody_here_knows_are_copied(
    recorded_bag, robot_policy, robot_checkpoint, tmp_path, out
):
    recording = recorded_bag(run(2))
    folder = tmp_path / 'with_grip'
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        grip = writer.add_connection(
            '/grip', 'robot_msgs/msg/Grip', msgdef='float64 force', rihs01=f'RIHS01_{"0" * 64}'
        )
        known = {
            topic.name: writer.add_connection(topic.name, topic.type_name, typestore=store)
            for topic in recording.reader.topics
        }
        writer.write(grip, BEGIN_NS, b'\x00\x01\x00\x00' + bytes(8))
        for message in recording.reader.messages():
            writer.write(known[message.topic], message.log_ns, message.serialised)
    file = write_parameters(tmp_path / 'grip.yaml', robot_checkpoint)
    write(out, BagRecording.open(folder, file), robot_policy, merge=True)
    [topic] = [topic for topic in BagReader(out).topics if topic.name == '/grip']
    assert (topic.type_name, topic.messages) == ('robot_msgs/msg/Grip', 1)
    assert 'float64 force' in topic.definition
    [message] = BagReader(out).messages(['/grip'])
    assert message.serialised == b'\x00\x01\x00\x00' + bytes(8)


def test_memory_does_not_grow_with_what_is_written(recorded_bag, robot_policy, tmp_path):
    def peak(count):
        recording = recorded_bag(run(count))
        recording.check(robot_policy.spec)
        steps = recording.steps(recording.episodes(None)[0], robot_policy.spec)
        tracemalloc.start()
        with AttentionBag(tmp_path / f'{count}.mcap', recording, merge=True) as bag:
            for step in steps:
                bag.write(step, maps, step.pictures, step.index + 1)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    [(_, maps, _)] = seen_by(robot_policy, recorded_bag(run(1)))
    peak(100)  # what is made once and stays
    assert peak(300) < peak(101) + 2**20  # what is written differs by 15 MB


def test_foxgloves_own_reader_gives_back_every_message(recorded_bag, robot_policy, out):
    written = write(out, recorded_bag(run(3)), robot_policy, merge=True)
    with out.open('rb') as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        assert reader.get_header().profile == 'ros2'
        read = [
            (channel.topic, message.log_time, decoded)
            for _, channel, message, decoded in reader.iter_decoded_messages()
        ]
    times = [time for _, time, _ in read]
    assert times == sorted(times)
    maps = [message for topic, _, message in read if topic == f'{NAME}front/map']
    for message, (step, seen, _) in zip(maps, written, strict=True):
        values = np.frombuffer(message.data, np.float32).reshape(message.height, message.width)
        assert np.array_equal(values, seen.cameras[FRONT])
        stamp = step.origin.headers[FRONT].stamp
        assert (message.header.stamp.sec, message.header.stamp.nanosec) == (
            stamp.sec,
            stamp.nanosec,
        )
    names = {topic for topic, _, _ in read}
    assert {'/front/image_raw', '/joint_states', f'{NAME}share', f'{NAME}wrist/image'} <= names


# Of a dataset


class DatasetSteps:
    """Steps of a real dataset, as far as a bag wants to know of them."""

    def __init__(self, folder):
        self._dataset = LeRobotRecording.open(folder)

    def camera_name(self, feature):
        return feature.rpartition('.')[2]

    def steps(self, spec, places):
        for frame in self._dataset.frames(places, spec):
            yield Step(
                index=frame.index,
                time_s=frame.index / 10,
                observation=frame.observation,
                pictures=frame.observation.images,
            )


@pytest.fixture(scope='module')
def dataset_policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp('policy')
    return load_policy(str(make_act_checkpoint(folder, state=2, actions=2)), 'cpu')


def write_dataset(path, folder, policy, **options):
    recording = DatasetSteps(folder)
    places = [(0, 0), (0, 1), (1, 0), (1, 1)]
    with AttentionBag(path, recording, **options) as bag:
        for step in recording.steps(policy.spec, places):
            maps = policy.infer(step.observation, AttentionRequest('raw')).maps()
            bag.write(step, maps, step.pictures, step.index + 1)


def test_episodes_of_a_dataset_follow_each_other_in_time(recorded, dataset_policy, out):
    write_dataset(out, recorded, dataset_policy)
    maps = list(BagReader(out).messages([f'{NAME}front/map']))
    times = [round(1.0 * SECOND), round(1.1 * SECOND), round(2.1 * SECOND), round(2.2 * SECOND)]
    assert [message.log_ns for message in maps] == times
    headers = [message.decoded().header for message in maps]
    assert [nanoseconds(header.stamp) for header in headers] == times
    assert {header.frame_id for header in headers} == {'front'}


def test_pictures_and_state_of_a_dataset_become_messages(recorded, dataset_policy, out):
    write_dataset(out, recorded, dataset_policy, merge=True, state_names=JOINTS)
    frames = on(out, '/front/image_raw')
    assert np.array_equal(decode_image(frames[3]), picture_at(1, 1, 'front'))
    state = on(out, '/joint_states')[3]
    assert list(state.name) == JOINTS
    assert list(state.position) == [1.0, 1.0]


def test_state_without_names_is_left_out(recorded, dataset_policy, out):
    write_dataset(out, recorded, dataset_policy, merge=True, compressed=True)
    topics = {topic.name for topic in BagReader(out).topics}
    assert '/joint_states' not in topics
    assert {'/front/image_raw/compressed', '/wrist/image_raw/compressed'} < topics


# What goes wrong


def test_nothing_is_left_of_a_bag_whose_analysis_failed(recorded_bag, robot_policy, tmp_path):
    recording = recorded_bag(run(3))
    out = tmp_path / 'new' / 'out.mcap'
    with pytest.raises(RuntimeError), AttentionBag(out, recording, merge=True) as bag:
        for step, maps, overlays in seen_by(robot_policy, recording):
            bag.write(step, maps, overlays, 1)
            raise RuntimeError('the model failed')
    assert list((tmp_path / 'new').iterdir()) == []


def test_inputs_of_a_clock_that_jumps_back_are_not_merged(
    recorded_bag, robot_policy, robot_checkpoint, tmp_path, out
):
    bags = [
        write_bag(tmp_path / name, [(t, ms + later, m) for t, ms, m in run(3)])
        for name, later in (('one', 0), ('two', -5000))
    ]
    both = joined(tmp_path / 'both', bags)
    file = write_parameters(tmp_path / 'r.yaml', robot_checkpoint, stamp_source='receive')
    with pytest.raises(ValueError, match='jumps back, so its messages and the attention cannot'):
        write(out, BagRecording.open(both, file), robot_policy, merge=True)
    assert not out.exists()
