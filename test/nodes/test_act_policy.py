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

"""The policy node on a real graph: what comes in, what goes out, and in which order."""

import math

from act_checkpoints import make_act_checkpoint
import numpy as np
import pytest

from attention_mapper_ros.ros.images import decode_compressed
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    Float32MultiArray,
    Image,
    SetBool,
    Trigger,
)

ROWS, COLS = 2, 3  # of a 64 x 96 picture's cells


def stamp_ns(message) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_actions_come_out_by_joint_name(make_graph, until, transport):
    graph = make_graph({'image_transport': transport})
    with graph.feeding(lambda: graph.robot.send_all(transport == 'compressed')):
        until(lambda: len(graph.robot.actions) >= 5, 'five actions')
    action = graph.robot.actions[-1]
    assert list(action.name) == ['pan', 'lift']
    assert np.isfinite(action.position).all()
    assert stamp_ns(action) > stamp_ns(graph.robot.actions[0])


@pytest.mark.parametrize('kind', ['joint_trajectory', 'float64_multi_array'])
def test_actions_in_the_other_message_types(make_graph, until, kind):
    graph = make_graph({'action_message': kind})
    with graph.feeding(graph.robot.send_all):
        action = until(lambda: graph.robot.actions and graph.robot.actions[-1], 'an action')
    if kind == 'joint_trajectory':
        assert list(action.joint_names) == ['pan', 'lift']
        assert action.points[0].time_from_start.nanosec == pytest.approx(50_000_000, abs=2)
        positions = action.points[0].positions
    else:
        positions = action.data
    assert len(positions) == 2
    assert np.isfinite(positions).all()


def test_joint_that_only_the_action_has_need_not_be_measured(make_graph, until, tmp_path):
    policy = make_act_checkpoint(
        tmp_path / 'policy',
        cameras=dict.fromkeys(('front', 'wrist'), (64, 96)),
        state=1,
        actions=2,
        chunk=8,
        n_action_steps=4,
    )
    graph = make_graph({'policy': str(policy)})

    def send():
        graph.robot.send_images()
        graph.robot.send_joints(names=['pan'], positions=[0.1])

    with graph.feeding(send):
        until(lambda: len(graph.robot.actions) >= 3, 'three actions')
    assert list(graph.robot.actions[-1].name) == ['pan', 'lift']


def test_overlay_carries_the_header_of_the_frame_that_the_model_saw(graph, until):
    overlays = graph.robot.hear('act_policy/attention/front/image', Image)
    frames = graph.robot.hear('front/image_raw', Image)
    with graph.feeding(graph.robot.send_all):
        until(lambda: len(overlays) >= 5, 'five overlays')
    headers = {(stamp_ns(frame), frame.header.frame_id) for frame in frames}
    assert {(stamp_ns(overlay), overlay.header.frame_id) for overlay in overlays} <= headers
    assert len({stamp_ns(overlay) for overlay in overlays}) > 1


def test_overlay_has_the_cameras_size_and_a_strip_below(graph, until):
    overlays = graph.robot.hear('act_policy/attention/wrist/image', Image)
    with graph.feeding(graph.robot.send_all):
        until(lambda: overlays, 'an overlay')
    assert overlays[0].encoding == 'rgb8'
    assert overlays[0].width == 96
    assert overlays[0].height > 64
    assert len(overlays[0].data) == overlays[0].height * overlays[0].step


def test_compressed_overlay_shows_the_same_picture(graph, until):
    compressed = graph.robot.hear('act_policy/attention/front/image/compressed', CompressedImage)
    overlays = graph.robot.hear('act_policy/attention/front/image', Image)
    with graph.feeding(graph.robot.send_all):
        until(lambda: len(compressed) > 4 and len(overlays) > 4, 'both kinds of overlay')
    pairs = [
        (small, large)
        for small in compressed
        for large in overlays
        if small.header == large.header
    ]
    small, large = pairs[-1]
    assert 'jpeg' in small.format
    assert decode_compressed(small).shape == (large.height, large.width, 3)


def test_map_is_relative_to_uniform_and_agrees_with_the_shares(graph, until):
    maps = {
        camera: graph.robot.hear(f'act_policy/attention/{camera}/map', Image)
        for camera in ('front', 'wrist')
    }
    shares = graph.robot.hear('act_policy/attention/share', Float32MultiArray)
    with graph.feeding(graph.robot.send_all, rate_hz=5):
        until(lambda: shares and all(maps.values()), 'maps and shares')
    assert shares[0].layout.dim[0].label in {
        f'stamp={m.header.stamp.sec}.{m.header.stamp.nanosec:09d} tick={tick}'
        for m in maps['front']
        for tick in range(1, 100)
    }
    labels = [dimension.label for dimension in shares[0].layout.dim[1:]]
    assert labels == ['latent', 'joints', 'front', 'wrist']
    assert sum(shares[0].data) == pytest.approx(1.0, abs=1e-5)
    tokens = 2 + 2 * ROWS * COLS
    for camera, messages in maps.items():
        first = messages[0]
        assert (first.encoding, first.height, first.width) == ('32FC1', ROWS, COLS)
        values = np.frombuffer(first.data, dtype='<f4')
        assert (values >= 0).all()
        share = shares[0].data[labels.index(camera)]
        assert values.sum() / tokens == pytest.approx(share, abs=1e-5)


def test_without_a_subscriber_nothing_is_drawn(graph, until):
    with graph.feeding(graph.robot.send_all):
        until(lambda: graph.robot.diagnostics().get('tick', '0') > '0', 'ticks')
        ticked = until(
            lambda: int(graph.robot.diagnostics()['tick']) >= 25 and graph.robot.diagnostics(),
            '25 ticks',
        )
        assert ticked['draw_ms'] == 'none yet'
        assert ticked['overlay_rate_hz'] == '0.00'
        overlays = graph.robot.hear('act_policy/attention/front/image', Image)
        until(lambda: overlays, 'an overlay once somebody looks')
        until(
            lambda: graph.robot.diagnostics()['draw_ms'] != 'none yet', 'a drawing in diagnostics'
        )
        graph.robot.deaf('act_policy/attention/front/image')
        until(
            lambda: float(graph.robot.diagnostics()['overlay_rate_hz']) < 1.0,
            'the end of drawing once nobody looks any more',
        )


def test_disabled_node_shows_attention_and_sends_no_action(make_graph, until):
    graph = make_graph({'start_enabled': False})
    shares = graph.robot.hear('act_policy/attention/share', Float32MultiArray)
    with graph.feeding(graph.robot.send_all):
        until(lambda: len(shares) >= 10, 'ten shares')
        assert graph.robot.actions == []
        assert graph.call(graph.robot.enable, SetBool.Request(data=True)).success
        until(lambda: len(graph.robot.actions) >= 5, 'five actions')
        assert graph.call(graph.robot.enable, SetBool.Request(data=False)).success
        sent = len(graph.robot.actions)
        seen = len(shares)
        until(lambda: len(shares) >= seen + 10, 'ten more shares')
    # the one that was on its way when the switch was answered
    assert len(graph.robot.actions) <= sent + 1


def test_reset_begins_a_new_episode(graph, until):
    with graph.feeding(graph.robot.send_all):
        until(lambda: len(graph.robot.actions) >= 3, 'three actions')
        answer = graph.call(graph.robot.reset, Trigger.Request())
        assert (answer.success, answer.message) == (True, 'episode 1')
        until(lambda: graph.robot.diagnostics().get('episode') == '1', 'episode 1')
        sent = len(graph.robot.actions)
        until(lambda: len(graph.robot.actions) >= sent + 3, 'three more actions')


def test_diagnostics_tell_rate_latency_and_input_ages(graph, until):
    with graph.feeding(graph.robot.send_all):
        until(lambda: int(graph.robot.diagnostics().get('tick', 0)) > 40, '40 ticks')
        figures = graph.robot.diagnostics()
    assert figures['state'] == 'enabled'
    assert float(figures['target_rate_hz']) == 20.0
    assert 0.0 < float(figures['rate_hz']) < 26.0  # a busy machine makes it less
    assert float(figures['forward_ms']) > 0
    assert math.isfinite(float(figures['age_ms front']))
    assert math.isfinite(float(figures['age_ms joint_states']))
    assert len(figures['checkpoint']) == 12
    assert 0 <= int(figures['action_age']) < 8  # of the eight that a chunk plans


def test_live_parameters_change_the_very_next_overlays(graph, until):
    from attention_mapper_ros.ros.client import Parameter

    overlays = graph.robot.hear('act_policy/attention/front/image', Image)
    with graph.feeding(graph.robot.send_all):
        until(lambda: overlays, 'an overlay')
        [result] = graph.policy.set_parameters([Parameter('overlay.strip', value='none')])
        assert result.successful
        until(lambda: overlays[-1].height == 64, 'an overlay without strip')
        [result] = graph.policy.set_parameters([Parameter('attention.layer', value=7)])
        assert not result.successful
        assert 'layer 7 is outside this policy' in result.reason
        [result] = graph.policy.set_parameters([Parameter('rate_hz', value=5.0)])
        assert not result.successful
