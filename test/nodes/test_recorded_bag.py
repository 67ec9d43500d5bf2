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

"""A bag recorded from the live node replays to the very maps that the node published."""

from collections import defaultdict
import threading

import numpy as np
import pytest
from robot_bag import rewritten
import yaml

from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.bag import BagRecording
from attention_mapper_ros.ros.bag import BagWriter
from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.images import encode_map
from attention_mapper_ros.ros.interfaces import get_message
from attention_mapper_ros.ros.messages import nanoseconds, shares_by_group

CAMERAS = ('front', 'wrist')
RATE_HZ = 5.0  # leaves 200 ms between two ticks to send all of the next inputs in
SETS = 15
MAP, SHARE = '/act_policy/attention/{}/map', '/act_policy/attention/share'


class Recorder(Node):
    """Writes what it hears, as `ros2 bag record` does: still serialised, when it came."""

    def __init__(self, folder, compressed):
        super().__init__('recorder')
        self._bag = BagWriter(folder)
        self._ears = []
        self.counts = defaultdict(int)
        self._writing = threading.Lock()
        kind, suffix = ('CompressedImage', '/compressed') if compressed else ('Image', '')
        for camera in CAMERAS:
            self._hear(f'/{camera}/image_raw{suffix}', f'sensor_msgs/msg/{kind}')
            self._hear(MAP.format(camera), 'sensor_msgs/msg/Image')
        self._hear('/joint_states', 'sensor_msgs/msg/JointState')
        self._hear('/act_policy/action', 'sensor_msgs/msg/JointState')
        self._hear(SHARE, 'std_msgs/msg/Float32MultiArray')

    def _hear(self, topic, type_name):
        self._bag.add_topic(topic, type_name)

        def keep(serialised):
            with self._writing:
                if self._bag is not None:
                    now_ns = self.get_clock().now().nanoseconds
                    self._bag.write(topic, now_ns, bytes(serialised))
                    self.counts[topic] += 1

        kind = get_message(type_name)
        self._ears.append(self.create_subscription(kind, topic, keep, 20, raw=True))

    def close(self):
        with self._writing:
            self._bag.close()
            self._bag = None


def record(graph, until, folder, compressed):
    """Send the next inputs whenever an action has come, and record all there is."""
    recorder = Recorder(folder, compressed)
    graph._executor.add_node(recorder)
    robot = graph.robot
    with graph.feeding(lambda: robot.send_all(compressed), 2.0):
        until(lambda: robot.actions and recorder.counts[SHARE], 'the first share')
    for number in range(SETS):
        heard = len(robot.actions)
        robot.send_images(compressed)
        robot.send_joints(positions=[0.05 * number, -0.03 * number])
        until(lambda heard=heard: len(robot.actions) > heard, 'an action')
    until(lambda: recorder.counts[SHARE] >= SETS, 'the shares of all ticks')
    recorder.close()
    graph._executor.remove_node(recorder)
    recorder.destroy_node()


def attention_in(bag):
    """Return the recorded maps by camera and stamp, and the shares by the stamp in their label."""
    maps, shares = defaultdict(list), defaultdict(list)
    for message in BagReader(bag).messages():
        if message.topic == SHARE:
            share = message.decoded()
            seconds, _, rest = share.layout.dim[0].label.removeprefix('stamp=').partition('.')
            stamp_ns = int(seconds) * 10**9 + int(rest.partition(' ')[0])
            shares[stamp_ns].append(shares_by_group(share))
        for camera in CAMERAS:
            if message.topic == MAP.format(camera):
                recorded = message.decoded()
                maps[camera, nanoseconds(recorded.header.stamp)].append(recorded)
    return maps, shares


def replayed_attention(recording, adapter):
    """Return what the same forwards give on a replay, in the form of ``attention_in``."""
    recording.check(adapter.spec)
    live = recording.live(adapter.spec)
    maps, shares = defaultdict(list), defaultdict(list)
    for step in recording.steps(recording.episodes(None)[0], adapter.spec):
        seen = adapter.infer(step.observation, live.request).maps()
        headers = step.origin.headers
        for feature, attention_map in seen.cameras.items():
            key = recording.camera_name(feature), nanoseconds(headers[feature].stamp)
            maps[key].append(encode_map(attention_map, headers[feature]))
        names = {feature: recording.camera_name(feature) for feature in seen.cameras}
        first = next(iter(headers.values()))
        shares[nanoseconds(first.stamp)].append(seen.named_shares(names))
    return maps, shares


def parameter_file(node, file):
    """Write the parameters that a node runs with."""
    values = {
        name: list(parameter.value) if name.endswith('.names') else parameter.value
        for name, parameter in node.get_parameters_by_prefix('').items()
    }
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}), encoding='utf-8')
    return file


def values_of(message):
    return np.frombuffer(message.data, np.float32)


@pytest.mark.parametrize('compressed', [False, True], ids=['raw', 'compressed'])
def test_bag_of_the_live_node_replays_to_the_same_maps(
    make_graph, until, checkpoint, tmp_path, compressed
):
    transport = 'compressed' if compressed else 'raw'
    graph = make_graph({'rate_hz': RATE_HZ, 'image_transport': transport})
    record(graph, until, tmp_path / 'mcap', compressed)
    parameters = parameter_file(graph.policy, tmp_path / 'robot.yaml')
    adapter = load_policy(str(checkpoint), 'cpu')
    maps, shares = attention_in(tmp_path / 'mcap')
    assert len(shares) >= SETS
    for bag in (tmp_path / 'mcap', rewritten(tmp_path / 'mcap', tmp_path / 'sqlite3')):
        recording = BagRecording.open(bag, parameters, ticks='recorded')
        again_maps, again_shares = replayed_attention(recording, adapter)
        assert set(maps) <= set(again_maps)
        for key, recorded in maps.items():
            for message in recorded:
                near = [np.abs(values_of(message) - values_of(m)).max() for m in again_maps[key]]
                assert min(near) < 1e-5, key
                assert {m.header.frame_id for m in again_maps[key]} == {message.header.frame_id}
        for stamp_ns, recorded_shares in shares.items():
            for share in recorded_shares:
                assert any(share == pytest.approx(s, abs=1e-5) for s in again_shares[stamp_ns])
