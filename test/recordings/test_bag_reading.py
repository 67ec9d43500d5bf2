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

"""Long bags, bags of several files, and bags that break off while they are read."""

import tracemalloc

import pytest
from robot_bag import action_entry, joined, joints_entry, run, write_bag, write_parameters

from attention_mapper_ros.recordings.bag import BagRecording
from attention_mapper_ros.recordings.recording import EpisodeError


def steps_of(recording, policy):
    return recording.steps(recording.episodes(None)[0], policy.spec)


@pytest.fixture
def two_laps(tmp_path, robot_checkpoint):
    """Return a function that opens two recordings, the second of which begins so much later."""

    def open_them(later_ms, **opened):
        actions = [action_entry(12 + 100 * n, 20 + 100 * n, 0.0, 0.0) for n in range(10)]
        entries = sorted(run(10) + actions, key=lambda entry: entry[1])
        second = [(topic, ms + later_ms, message) for topic, ms, message in run(10)]
        bags = [write_bag(tmp_path / 'one', entries), write_bag(tmp_path / 'two', second)]
        bag = joined(tmp_path / 'both', bags)
        # The second lap's stamps are those of the first: let nothing be judged by them.
        file = write_parameters(tmp_path / 'robot.yaml', robot_checkpoint, stamp_source='receive')
        return BagRecording.open(bag, file, **opened)

    return open_them


def test_files_of_one_recording_follow_each_other(two_laps, robot_policy):
    steps = list(steps_of(two_laps(1000), robot_policy))
    assert len(steps) == 20
    assert not any(step.begins_plan for step in steps)


def test_clock_that_jumps_back_begins_a_plan_and_time_goes_on(two_laps, robot_policy):
    recording = two_laps(-5000)
    steps = list(steps_of(recording, robot_policy))
    assert len(steps) == 20
    assert [step.index for step in steps if step.begins_plan] == [10]
    assert not recording.skipped
    times = [step.time_s for step in steps]
    assert times == sorted(times)


def test_messages_written_a_moment_late_are_no_jump(two_laps, robot_policy):
    recording = two_laps(800)
    assert not any(step.begins_plan for step in steps_of(recording, robot_policy))


def test_clock_that_was_set_forward_begins_a_plan_and_skips_no_ticks(two_laps, robot_policy):
    recording = two_laps(10**9)  # eleven days
    steps = list(steps_of(recording, robot_policy))
    assert [step.index for step in steps if step.begins_plan] == [10]
    assert not recording.skipped
    assert steps[-1].time_s < 3.0


def test_cameras_that_begin_long_after_the_recording_are_no_jump(recorded_bag, robot_policy):
    other = ('/spare/joint_states', 0, joints_entry(0)[2])
    later = 7_200_000  # two hours
    entries = [(topic, ms + later, message) for topic, ms, message in run(3)]
    action = action_entry(later + 115, later + 130, 0.0, 0.0)
    entries = sorted([other, *entries, action], key=lambda entry: entry[1])
    recording = recorded_bag(entries, opened={'ticks': 'recorded'}, max_skew_s=0.0)
    assert len(list(steps_of(recording, robot_policy))) == 1


def test_recorded_ticks_cannot_be_told_from_each_other_after_a_jump(two_laps, robot_policy):
    recording = two_laps(-5000, ticks='recorded')
    with pytest.raises(EpisodeError, match=r"clock of bag .* jumps, .*choose ticks 'rate'"):
        list(steps_of(recording, robot_policy))


def test_damage_ends_the_episode_with_an_error_after_what_came_before_it(
    recorded_bag, robot_policy
):
    recording = recorded_bag(run(200), 'mcap, its chunks compressed')
    [file] = recording.reader.path.glob('*.mcap')
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2**21] = bytes(2**21)
    file.write_bytes(content)
    read = 0
    with pytest.raises(EpisodeError, match=r'cannot be read .*copy it again'):
        for _ in steps_of(recording, robot_policy):
            read += 1
    assert 0 < read < 200


@pytest.mark.parametrize('storage', ['sqlite3', 'mcap'])
def test_memory_does_not_grow_with_the_length_of_a_bag(recorded_bag, robot_policy, storage):
    def peak(count):
        recording = recorded_bag(run(count), storage)
        tracemalloc.start()
        for _ in steps_of(recording, robot_policy):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(100)  # what is made once and stays
    assert peak(400) < peak(100) + 2**20  # the bags differ by 11 MB
