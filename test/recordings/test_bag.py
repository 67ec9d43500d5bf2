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

"""A bag is an episode as the policy node would have seen it: ticks, frames, state, actions."""

import math

import cv2
import numpy as np
import pytest
from robot_bag import action_entry, image_entry, joints_entry, picture, run, STORAGES

from attention_mapper_ros.nodes.act_policy_config import RESIZES
from attention_mapper_ros.recordings.bag_topics import NodeNames
from attention_mapper_ros.ros.images import decode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import Float64MultiArray
from attention_mapper_ros.ros.messages import nanoseconds

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'


def steps_of(recording, policy):
    recording.check(policy.spec)
    [episode] = recording.episodes(None)
    return list(recording.steps(episode, policy.spec))


def times_of(steps):
    return [round(step.time_s, 9) for step in steps]


def shows(step, number):
    """Whether both cameras' frames are those of this number."""
    return np.array_equal(step.pictures[FRONT], picture(number, 'front')) and np.array_equal(
        step.pictures[WRIST], picture(number, 'wrist')
    )


# Ticks at the rate


@pytest.mark.parametrize('storage', STORAGES)
def test_ticks_come_at_the_rate_whatever_the_storage(recorded_bag, robot_policy, storage):
    recording = recorded_bag(run(6), storage)
    steps = steps_of(recording, robot_policy)
    assert times_of(steps) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [step.index for step in steps] == [0, 1, 2, 3, 4, 5]
    assert all(shows(step, number) for number, step in enumerate(steps))
    assert recording.fps == 10.0
    assert not recording.skipped


def test_tick_sees_the_newest_messages_before_it_and_none_that_come_later(
    recorded_bag, robot_policy
):
    steps = steps_of(recorded_bag(run(21, period_ms=20)), robot_policy)
    assert times_of(steps) == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert all(map(shows, steps, (0, 5, 10, 15, 20)))


def test_first_tick_is_at_the_first_complete_observation(recorded_bag, robot_policy):
    entries = [
        *(image_entry('front', 10 + 50 * number, number) for number in range(8)),
        *(joints_entry(10 + 50 * number) for number in range(8)),
        *(image_entry('wrist', 275 + 50 * number, number) for number in range(3)),
    ]
    steps = steps_of(recorded_bag(sorted(entries, key=lambda entry: entry[1])), robot_policy)
    assert np.array_equal(steps[0].pictures[FRONT], picture(5, 'front'))
    assert np.array_equal(steps[0].pictures[WRIST], picture(0, 'wrist'))


def test_state_is_matched_by_name_and_in_the_policys_units(recorded_bag, robot_policy):
    recording = recorded_bag(run(3), joints__lift__unit='deg')
    states = [step.observation.state for step in steps_of(recording, robot_policy)]
    assert states[2] == pytest.approx([0.02, math.degrees(-0.2)])


def test_compressed_pictures_are_decoded_as_live(recorded_bag, robot_policy):
    entries = run(2, compressed=True)
    steps = steps_of(recorded_bag(entries, image_transport='compressed'), robot_policy)
    assert np.array_equal(steps[0].pictures[FRONT], decode_compressed(entries[0][2]))


def test_moment_of_a_step_holds_the_headers_of_its_frames(recorded_bag, robot_policy):
    [first, *_] = steps_of(recorded_bag(run(2)), robot_policy)
    header = first.origin.headers[WRIST]
    assert header.frame_id == 'wrist_camera'
    assert first.origin.time_ns - nanoseconds(header.stamp) == 3_000_000  # 11 - 2 ms, at 12 ms


# Ticks that the node would have skipped


def test_old_frames_skip_ticks_and_a_long_outage_begins_a_plan(recorded_bag, robot_policy):
    entries = run(3) + [(topic, ms + 1500, message) for topic, ms, message in run(5)[6:]]
    recording = recorded_bag(entries, max_skew_s=0.0)
    steps = steps_of(recording, robot_policy)
    assert recording.skipped['stale'] > 5
    assert 'newest message on front is' in recording.reasons['stale']
    begun = [step.index for step in steps if step.begins_plan]
    assert [shows(steps[index], 2) for index in begun] == [True]
    assert steps[begun[0]].time_s - steps[begun[0] - 1].time_s > 0.5


def test_short_outage_begins_no_plan(recorded_bag, robot_policy):
    entries = [entry for entry in run(10) if not 300 < entry[1] < 500]
    cameras = {f'cameras__{camera}__max_age_s': 0.15 for camera in ('front', 'wrist')}
    recording = recorded_bag(entries, **cameras)
    steps = steps_of(recording, robot_policy)
    assert 0 < recording.skipped['stale'] < 5
    assert not any(step.begins_plan for step in steps)


def test_frozen_camera_skips_ticks(recorded_bag, robot_policy):
    entries = [
        image_entry('front', ms, 0) if topic.startswith('/front') else (topic, ms, message)
        for topic, ms, message in run(10)
    ]
    recording = recorded_bag(entries, cameras__front__max_frozen_s=0.35)
    assert len(steps_of(recording, robot_policy)) == 4
    assert dict(recording.skipped) == {'frozen': 6}


def test_frames_whose_stamps_are_too_far_apart_skip_ticks(recorded_bag, robot_policy):
    entries = [
        (topic, ms, image_entry('wrist', ms - 300, 0)[2])
        if topic.startswith('/wrist') and 200 < ms < 500
        else (topic, ms, message)
        for topic, ms, message in run(8)
    ]
    recording = recorded_bag(entries, max_skew_s=0.25)
    assert len(steps_of(recording, robot_policy)) == 5
    assert dict(recording.skipped) == {'skew': 3}
    assert 'newest message on wrist is stamped 0.30 s before' in recording.reasons['skew']
    assert len(steps_of(recorded_bag(entries, stamp_source='receive'), robot_policy)) == 8


def test_unusable_message_skips_its_tick_and_the_rest_goes_on(recorded_bag, robot_policy):
    entries = run(6)
    topic, ms, message = entries[9]
    entries[9] = (topic, ms, encode_image(np.zeros((32, 96, 3), np.uint8), message.header))
    recording = recorded_bag(entries)
    steps = steps_of(recording, robot_policy)
    assert times_of(steps) == [0.0, 0.1, 0.2, 0.4, 0.5]
    assert dict(recording.skipped) == {'unusable': 1}
    assert 'camera front: image is 96 x 32 pixels' in recording.reasons['unusable']


def test_picture_that_cannot_be_decoded_skips_its_tick(recorded_bag, robot_policy):
    entries = run(4, compressed=True)
    message = entries[3][2]
    png = cv2.imencode('.png', picture(1, 'front'))[1].tobytes()
    message.data = png[:40] + png[-12:]  # head and end of a picture, and nothing between them
    recording = recorded_bag(entries, image_transport='compressed')
    assert len(steps_of(recording, robot_policy)) == 3
    assert dict(recording.skipped) == {'unusable': 1}
    assert 'camera front: compressed image' in recording.reasons['unusable']


# Actions


def test_action_is_the_newest_recorded_one_in_the_policys_units(recorded_bag, robot_policy):
    actions = [action_entry(12 + 100 * n, 20 + 100 * n, 0.5 * n, math.pi) for n in range(3)]
    recording = recorded_bag(
        sorted(run(4) + actions, key=lambda entry: entry[1]), joints__lift__unit='deg'
    )
    steps = steps_of(recording, robot_policy)
    assert recording.action_names == ('pan', 'lift')
    assert steps[0].action is None
    assert steps[1].action == pytest.approx([0.0, 180.0])
    assert steps[3].action == pytest.approx([1.0, 180.0])


def test_action_that_is_long_past_is_none(recorded_bag, robot_policy):
    entries = sorted([*run(12), action_entry(12, 20, 1.0, 1.0)], key=lambda entry: entry[1])
    actions = [step.action for step in steps_of(recorded_bag(entries), robot_policy)]
    assert [action is not None for action in actions] == [False] + [True] * 5 + [False] * 6


def test_action_without_the_joints_is_none_and_counted(recorded_bag, robot_policy):
    topic, ms, message = action_entry(12, 20, 1.0, 1.0)
    message.name = ['gripper', 'wheel']
    recording = recorded_bag(sorted([*run(2), (topic, ms, message)], key=lambda entry: entry[1]))
    assert steps_of(recording, robot_policy)[1].action is None
    assert recording.skipped['action'] == 1
    assert "joint 'pan' is missing" in recording.reasons['action']


def test_array_of_numbers_is_an_action_in_the_order_of_the_policy(recorded_bag, robot_policy):
    action = ('/act_policy/action', 20, Float64MultiArray(data=[0.3, 0.4]))
    entries = sorted([*run(2), action], key=lambda entry: entry[1])
    assert steps_of(recorded_bag(entries), robot_policy)[1].action == pytest.approx([0.3, 0.4])


# Recorded ticks


def with_actions(ticks_ms, count=9):
    entries = run(count, period_ms=50) + [
        action_entry(ms, ms + 30, 0.01 * ms, 0.0) for ms in ticks_ms
    ]
    return sorted(entries, key=lambda entry: entry[1])


def test_recorded_ticks_are_at_the_stamps_of_the_actions_that_they_sent(
    recorded_bag, robot_policy
):
    recording = recorded_bag(with_actions([65, 135, 290]), opened={'ticks': 'recorded'})
    steps = steps_of(recording, robot_policy)
    assert times_of(steps) == [0.0, 0.07, 0.225]
    assert all(map(shows, steps, (1, 2, 5)))
    assert [step.action[0] for step in steps] == pytest.approx([0.65, 1.35, 2.9])


def test_tick_whose_action_was_recorded_after_everything_else_is_seen(recorded_bag, robot_policy):
    recording = recorded_bag(with_actions([65, 425]), opened={'ticks': 'recorded'})
    assert times_of(steps_of(recording, robot_policy)) == [0.0, 0.36]


def test_recorded_ticks_without_recorded_actions_are_refused(recorded_bag, robot_policy):
    recording = recorded_bag(run(3), opened={'ticks': 'recorded'})
    with pytest.raises(ValueError, match="has nothing there: choose ticks 'rate'"):
        recording.check(robot_policy.spec)


def test_recorded_ticks_need_actions_with_a_stamp(recorded_bag, robot_policy):
    action = ('/act_policy/action', 20, Float64MultiArray(data=[0.3, 0.4]))
    recording = recorded_bag([*run(2), action], opened={'ticks': 'recorded'})
    with pytest.raises(ValueError, match='has std_msgs/msg/Float64MultiArray there: choose'):
        recording.check(robot_policy.spec)


def test_recorded_ticks_of_another_clock_than_the_bags_are_refused(recorded_bag, robot_policy):
    entries = sorted([*run(3), action_entry(-90_000, 50, 0.0, 0.0)], key=lambda entry: entry[1])
    recording = recorded_bag(entries, opened={'ticks': 'recorded'})
    with pytest.raises(
        ValueError, match=r'stamped 90\.050 s before it was recorded.*another clock'
    ):
        steps_of(recording, robot_policy)


# Names


def test_relative_topics_are_looked_up_in_the_namespace(recorded_bag, robot_policy):
    entries = [(f'/left{topic}', ms, message) for topic, ms, message in run(3)]
    recording = recorded_bag(entries, opened={'names': NodeNames(namespace='/left')})
    assert len(steps_of(recording, robot_policy)) == 3
    assert recording.names.topic('~/attention/share') == '/left/act_policy/attention/share'


def test_remapped_topics_are_looked_up_where_they_went(recorded_bag, robot_policy):
    elsewhere = {'/front/image_raw': '/camera_1/image', '/joint_states': '/arm/joints'}
    entries = [(elsewhere.get(topic, topic), ms, m) for topic, ms, m in run(3)]
    entries.append(('/leader/joints', 15, entries[2][2]))
    entries.sort(key=lambda entry: entry[1])
    remap = {
        'front/image_raw': '/camera_1/image',
        'joint_states': 'arm/joints',
        '~/action': '/leader/joints',
    }
    steps = steps_of(recorded_bag(entries, opened={'names': NodeNames(remap=remap)}), robot_policy)
    assert len(steps) == 3
    assert steps[1].action == pytest.approx([0.0, -0.2])


def test_camera_is_called_what_the_parameter_file_calls_it(recorded_bag):
    recording = recorded_bag(run(1))
    assert recording.camera_name(WRIST) == 'wrist'
    with pytest.raises(ValueError, match=r'no camera .* feature observation\.images\.top'):
        recording.camera_name('observation.images.top')


# What the parameter file says


def test_parameter_file_says_what_is_to_be_shown(recorded_bag, robot_policy, robot_checkpoint):
    parameters = {'attention__method': 'raw', 'attention__head': 2, 'overlay__max_ratio': 7.0}
    recording = recorded_bag(run(1), n_action_steps=3, **parameters)
    live = recording.live(robot_policy.spec)
    assert live.request.method == 'raw'
    assert live.request.selection.queries_executed == 3
    assert live.style.max_ratio == 7.0
    assert 'head 2' in live.label
    assert recording.config.policy == str(robot_checkpoint)


def test_schedule_is_the_configured_one_and_always_a_new_one(recorded_bag, robot_policy):
    recording = recorded_bag(run(1), schedule='latest')
    one, other = (recording.schedule(robot_policy.spec) for _ in range(2))
    assert one.queries_executed == 1
    assert one is not other


def test_cells_lie_on_the_cameras_own_picture(recorded_bag, robot_policy):
    large = np.zeros((128, 192, 3), np.uint8)
    entries = [
        (topic, ms, encode_image(large, message.header) if 'image' in topic else message)
        for topic, ms, message in run(2)
    ]
    resized = {f'cameras__{camera}__resize': 'stretch' for camera in ('front', 'wrist')}
    recording = recorded_bag(entries, **resized)
    [step, *_] = steps_of(recording, robot_policy)
    assert step.pictures[FRONT].shape == (128, 192, 3)
    assert step.observation.images[FRONT].shape == (64, 96, 3)
    camera = robot_policy.layout.cameras[0]
    assert recording.cells(camera, 128, 192) == camera.geometry.scaled(2.0, 2.0)
    assert recording.cells(camera, 64, 96) == camera.geometry


# What cannot be replayed


def refused(recording, policy):
    with pytest.raises(ValueError) as refusal:
        recording.check(policy.spec)
    return str(refusal.value)


def test_missing_topic_is_named_with_those_that_there_are(recorded_bag, robot_policy):
    said = refused(recorded_bag([e for e in run(2) if 'wrist' not in e[0]]), robot_policy)
    assert (
        'has no topic /wrist/image_raw (camera wrist), it has /front/image_raw (sensor_msgs'
        in (said)
    )
    assert '/joint_states (sensor_msgs/msg/JointState): remap it, or set cameras.wrist.topic' in (
        said
    )


def test_missing_joints_are_named(recorded_bag, robot_policy):
    said = refused(recorded_bag([e for e in run(2) if 'joint' not in e[0]]), robot_policy)
    assert 'has no topic /joint_states (joints), it has' in said


def test_topic_of_another_type_is_named(recorded_bag, robot_policy):
    entries = [*run(2), ('/top/image_raw', 30, run(1)[2][2])]
    said = refused(recorded_bag(entries, cameras__wrist__topic='top/image_raw'), robot_policy)
    assert 'carries sensor_msgs/msg/JointState, wanted is sensor_msgs/msg/Image' in said


def test_frames_of_another_size_are_refused_with_what_resizes_them(recorded_bag, robot_policy):
    entries = [
        (topic, ms, encode_image(np.zeros((48, 64, 3), np.uint8), message.header))
        if topic.startswith('/wrist')
        else (topic, ms, message)
        for topic, ms, message in run(3)
    ]
    said = refused(recorded_bag(entries), robot_policy)
    assert 'topic /wrist/image_raw' in said
    assert 'image is 64 x 48 pixels, the policy wants 96 x 64' in said
    assert f'cameras.wrist.resize to {" or ".join(RESIZES[1:])}' in said


def test_joints_of_another_robot_are_refused(recorded_bag, robot_policy):
    said = refused(recorded_bag(run(2), joints__lift__robot_name='elbow'), robot_policy)
    assert "joint 'elbow' is missing from the joint message, which has lift, pan" in said


def test_actions_of_another_type_are_refused(recorded_bag, robot_policy):
    entries = [*run(2), ('/act_policy/action', 30, run(1)[0][2])]
    assert 'remap ~/action to where the actions' in refused(recorded_bag(entries), robot_policy)


def test_empty_bag_is_refused(recorded_bag):
    with pytest.raises(ValueError, match='holds no messages: record it again'):
        recorded_bag([])


def test_bag_whose_streams_never_meet_says_so(recorded_bag, robot_policy):
    cameras = [entry for entry in run(3) if 'image' in entry[0]]
    recording = recorded_bag([joints_entry(10), *((t, ms + 2000, m) for t, ms, m in cameras)])
    with pytest.raises(ValueError, match='nothing to see: newest message on joint_states is 2'):
        steps_of(recording, robot_policy)


def test_bag_is_one_episode_and_has_no_other(recorded_bag):
    recording = recorded_bag(run(1))
    [episode] = recording.episodes([0])
    assert (episode.number, episode.length) == (0, None)
    with pytest.raises(ValueError, match='has no episode 3: a bag is one episode, 0'):
        recording.episodes([0, 3])


def test_unknown_kind_of_ticks_is_refused(recorded_bag):
    with pytest.raises(ValueError, match="ticks is 'fast': choose one of rate, recorded"):
        recorded_bag(run(1), opened={'ticks': 'fast'})


def test_policy_of_other_cameras_is_refused(recorded_bag, robot_policy):
    recording = recorded_bag(run(1), cameras__wrist__feature='observation.images.top')
    assert 'mapped to feature observation.images.top, which the policy does not' in refused(
        recording, robot_policy
    )
