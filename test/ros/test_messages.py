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

"""Actions, shares and diagnostics as messages."""

import numpy as np
import pytest

from attention_mapper_ros.ros.interfaces import Time
from attention_mapper_ros.ros.messages import (
    ACTION_MESSAGES,
    positions_by_name,
    shares,
    shares_by_group,
    weights,
)

NAMES = ['pan', 'lift']
POSITIONS = np.array([0.25, -0.5])
STAMP = Time(sec=7, nanosec=500)


def make(kind: str):
    message_type, make_message = ACTION_MESSAGES[kind]
    message = make_message(NAMES, POSITIONS, STAMP, 0.1)
    assert isinstance(message, message_type)
    return message


@pytest.mark.parametrize('kind', ACTION_MESSAGES)
def test_action_message_says_each_joints_position(kind):
    assert positions_by_name(make(kind), NAMES) == {'pan': 0.25, 'lift': -0.5}


def test_joint_state_has_the_ticks_stamp():
    assert make('joint_state').header.stamp == STAMP


def test_trajectory_has_one_point_a_period_ahead_and_starts_at_once():
    message = make('joint_trajectory')
    assert len(message.points) == 1
    assert message.points[0].time_from_start.sec == 0
    assert message.points[0].time_from_start.nanosec == pytest.approx(100_000_000, abs=1)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)


def test_shares_are_labelled_in_their_order():
    message = shares({'front': 0.6, 'wrist': 0.3, 'joints': 0.1}, STAMP, 7)
    stamp = f'stamp={STAMP.sec}.{STAMP.nanosec:09d} tick=7'
    labels = [dimension.label for dimension in message.layout.dim]
    assert labels == [stamp, 'front', 'wrist', 'joints']
    assert list(message.data) == pytest.approx([0.6, 0.3, 0.1])
    assert shares_by_group(message) == pytest.approx({'front': 0.6, 'wrist': 0.3, 'joints': 0.1})


def test_shares_without_a_group_for_each_number_are_refused():
    message = shares({'front': 0.6, 'wrist': 0.4}, STAMP, 7)
    message.data = [0.6]
    with pytest.raises(ValueError, match='share has 2 groups and 1 numbers'):
        shares_by_group(message)


def test_weights_say_their_dimensions_and_come_back_by_them():
    values = np.random.default_rng(0).random((2, 3, 5), dtype=np.float32)
    message = weights(values, STAMP, 7)
    assert [(d.label, d.size, d.stride) for d in message.layout.dim] == [
        (f'stamp={STAMP.sec}.{STAMP.nanosec:09d} tick=7', 1, 30),
        ('layer', 2, 30),
        ('head', 3, 15),
        ('token', 5, 5),
    ]
    read = np.array(message.data, np.float32).reshape([d.size for d in message.layout.dim])
    np.testing.assert_array_equal(read[0], values)


@pytest.mark.parametrize('positions', [[0.1], [0.1, float('nan')]])
def test_action_that_does_not_fit_its_names_is_refused(positions):
    message = make('joint_state')
    message.position = positions
    with pytest.raises(ValueError, match='each joint needs one finite position'):
        positions_by_name(message, NAMES)
