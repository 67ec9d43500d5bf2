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

"""What is drawn can be changed while the node runs, and the very next overlay follows."""

from dataclasses import replace
import re
import threading
import time

import numpy as np
import pytest

from attention_mapper_ros.attention.request import AttentionRequest, Baseline
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.adapter import Observation
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.ros.client import Parameter
from attention_mapper_ros.ros.images import decode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    DescribeParameters,
    Float32MultiArray,
    Image,
    SetParameters,
)

RNG = np.random.default_rng(3)
FRAMES = {
    camera: RNG.integers(0, 256, (64, 96, 3), dtype=np.uint8) for camera in ('front', 'wrist')
}
JOINTS = (0.1, -0.2)
EXECUTED = 4
MAP = 'act_policy/attention/front/map'


def send_same(robot):
    """Send the same frames and joints each time, so that only the settings change the maps."""
    for camera, frame in FRAMES.items():
        robot.send_image(camera, encode_image(frame, robot.header(camera)))
    robot.send_joints(positions=JOINTS)


def set_parameter(graph, name, value):
    """Set one parameter as `ros2 param set` does; return the node's result."""
    client = graph.robot.create_client(SetParameters, 'act_policy/set_parameters')
    message = Parameter(name, value=value).to_parameter_msg()
    try:
        return graph.call(client, SetParameters.Request(parameters=[message])).results[0]
    finally:
        graph.robot.destroy_client(client)


def shown(message):
    """Return the numbers of a map message, (row, col)."""
    return np.frombuffer(message.data, dtype='<f4').reshape(message.height, message.width)


@pytest.fixture(scope='module')
def direct(checkpoint):
    """Return a function: what the policy itself says to a request on the frames sent."""
    adapter = load_policy(checkpoint, 'cpu')
    observation = Observation(
        images={f'observation.images.{name}': frame for name, frame in FRAMES.items()},
        state=np.array(JOINTS, dtype=np.float32),
    )
    yield lambda request: adapter.infer(observation, request)
    adapter.close()


class Gate:
    """Holds the forwards of a policy node, and remembers what they were asked for."""

    def __init__(self, adapter):
        self._infer = adapter.infer
        self._open = threading.Event()
        self._open.set()
        self.asked = []
        self.waiting = threading.Event()
        adapter.infer = self.infer

    def infer(self, observation, request, *others):
        self.asked.append(request)
        if not self._open.is_set():
            self.waiting.set()
            assert self._open.wait(30)
        return self._infer(observation, request, *others)

    def close(self):
        self.waiting.clear()
        self._open.clear()
        assert self.waiting.wait(30)

    def open(self):
        self._open.set()


@pytest.fixture
def raw_graph(make_graph):
    return make_graph({'attention.method': 'raw'})


CHANGES = [
    ('attention.head', 1, AttentionRequest('raw', Selection(-1, 1, 'mean'))),
    ('attention.head', [0, 2], AttentionRequest('raw', Selection(-1, (0, 2), 'mean'))),
    ('attention.head', '1,2', AttentionRequest('raw', Selection(-1, (1, 2), 'mean'))),
    ('attention.head', 'max', AttentionRequest('raw', Selection(-1, 'max', 'mean'))),
    ('attention.query', 'last', AttentionRequest('raw', Selection(-1, 'max', -1))),
    (
        'attention.module',
        'encoder_self',
        AttentionRequest('raw', Selection(-1, 'max', -1, 'encoder_self')),
    ),
    (
        'attention.baseline',
        'mean',
        AttentionRequest('raw', Selection(-1, 'max', -1, 'encoder_self'), Baseline('mean')),
    ),
]


def test_first_overlay_after_a_change_follows_it_though_a_forward_was_under_way(
    raw_graph, until, direct
):
    graph = raw_graph
    gate = Gate(graph.policy._runtime._adapter)
    maps = graph.robot.hear(MAP, Image)
    seen = []
    with graph.feeding(lambda: send_same(graph.robot)):
        until(lambda: len(maps) >= 2, 'maps')
        for name, value, request in CHANGES:
            gate.close()
            time.sleep(0.3)  # what was drawn before has come by then
            assert set_parameter(graph, name, value).successful
            before = len(maps)
            gate.open()
            until(lambda before=before: len(maps) >= before + 2, f'two maps of {value}')
            executed = replace(request.selection, queries_executed=EXECUTED)
            expected = direct(replace(request, selection=executed)).maps()
            expected = expected.cameras['observation.images.front']
            for message in maps[before:]:
                np.testing.assert_allclose(shown(message), expected, atol=1e-3)
            assert all(not np.allclose(other, expected, atol=2e-3) for other in seen), value
            seen.append(expected)
    assert graph.robot.diagnostics()['overlays_dropped'] == '0'


def test_methods_and_targets_are_named_in_the_diagnostics(graph, until):
    def says(words):
        until(lambda: graph.robot.diagnostics().get('attention') == words, words)

    with graph.feeding(graph.robot.send_all):
        says('rollout, last layer, mean of heads, queries 0-3')
        assert set_parameter(graph, 'attention.target', 'lift').successful
        says('rollout, last layer, mean of heads, queries 0-3')
        assert set_parameter(graph, 'attention.method', 'gradient').successful
        says('gradient of lift, last layer, mean of heads, queries 0-3')
        assert set_parameter(graph, 'attention.baseline', 'blank').successful
        assert set_parameter(graph, 'attention.baseline_operation', 'divide').successful
        says('gradient of lift, last layer, mean of heads, queries 0-3, over blank picture')
        shares = graph.robot.hear('act_policy/attention/share', Float32MultiArray)
        until(lambda: shares, 'shares by gradient')
        assert graph.robot.diagnostics()['failed_forwards'] == '0'


REFUSED = {
    'attention.layer': (7, 'layer 7 is outside this policy.*choose -1 to 0'),
    'attention.head': ([0, 99], 'head 99 is outside this policy.*choose -4 to 3'),
    'attention.query': ('first', "attention.query is 'first': give an index"),
    'attention.module': ('encoder_self', "cannot start at 'encoder_self'"),
    'attention.target': ('elbow', 'choose action or a joint, pan, lift'),
    'attention.method': ('magic', 'choose one of .*rollout'),
    'attention.baseline': ('white', 'choose one of .*blank'),
    'precision': ('bfloat16', 'while the node is unconfigured only, it is active'),
}


def test_change_that_the_policy_cannot_do_is_refused_with_the_valid_range(graph):
    for name, (value, words) in REFUSED.items():
        result = set_parameter(graph, name, value)
        assert not result.successful, name
        assert re.search(words, result.reason), result.reason
    assert graph.policy.get_parameter('attention.layer').value == -1


def test_descriptions_tell_what_this_policy_can_do(graph):
    names = ['attention.layer', 'attention.query', 'attention.target', 'attention.method']
    client = graph.robot.create_client(DescribeParameters, 'act_policy/describe_parameters')
    answer = graph.call(client, DescribeParameters.Request(names=names))
    layer, query, target, method = (d.additional_constraints for d in answer.descriptors)
    assert layer.startswith('0 to 0 of decoder_cross, 0 to 1 of encoder_self')
    assert query.startswith('0 to 7 of decoder_cross, 0 to 13 of encoder_self')
    assert target == 'one of: action, pan, lift'
    assert method == 'one of: raw, rollout, gradient'
    assert [d.dynamic_typing for d in answer.descriptors] == [True, True, False, False]


def test_weights_of_every_head_come_out_only_for_who_asked(raw_graph, until, direct):
    graph = raw_graph
    gate = Gate(graph.policy._runtime._adapter)
    maps = graph.robot.hear(MAP, Image)
    weights = graph.robot.hear('act_policy/attention/weights', Float32MultiArray)
    with graph.feeding(lambda: send_same(graph.robot)):
        until(lambda: len(maps) >= 3, 'maps')
        assert weights == []
        assert not any(request.head_weights for request in gate.asked if request)
        assert set_parameter(graph, 'attention.publish_weights', True).successful
        until(lambda: weights, 'weights')
    message = weights[0]
    labels = [dimension.label for dimension in message.layout.dim]
    assert labels[0].startswith('stamp=')
    assert labels[1:] == ['layer', 'head', 'token']
    read = np.array(message.data).reshape([dimension.size for dimension in message.layout.dim])[0]
    asked = AttentionRequest('raw', Selection(queries_executed=EXECUTED), head_weights=True)
    expected = direct(asked).head_weights['decoder_cross']
    np.testing.assert_allclose(read, expected, atol=1e-5)
    np.testing.assert_allclose(read.sum(axis=-1), 1.0, atol=1e-5)


def test_grid_of_heads_stands_on_the_first_cameras_frame(graph, until):
    gate = Gate(graph.policy._runtime._adapter)
    frames = graph.robot.hear('front/image_raw', Image)
    grids = graph.robot.hear('act_policy/attention/grid', Image)
    small = graph.robot.hear('act_policy/attention/grid/compressed', CompressedImage)
    with graph.feeding(graph.robot.send_all):
        until(lambda: len(grids) >= 3 and len(small) >= 3, 'grids')
        graph.robot.deaf('act_policy/attention/grid')
        graph.robot.deaf('act_policy/attention/grid/compressed')
        until(lambda: gate.asked[-1] is None, 'the end of what nobody looks at')
    stamps = {(f.header.stamp.sec, f.header.stamp.nanosec, f.header.frame_id) for f in frames}
    for grid in grids[:3]:
        header = grid.header
        assert (header.stamp.sec, header.stamp.nanosec, header.frame_id) in stamps
        assert header.frame_id == 'front_camera'
    assert decode_compressed(small[0]).shape == (grids[0].height, grids[0].width, 3)
