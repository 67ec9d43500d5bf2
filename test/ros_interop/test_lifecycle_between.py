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

"""A lifecycle node of one client, managed by the other and by `ros2 lifecycle`."""

from pathlib import Path

import pytest

PEER = Path(__file__).with_name('lifecycle_peer.py')

pytestmark = pytest.mark.needs_rclpy


@pytest.mark.parametrize(('managing', 'managed'), [('dds', 'rclpy'), ('rclpy', 'dds')])
def test_one_client_leads_a_node_of_the_other_through_its_life(start, managing, managed):
    node = start(managed, PEER, 'managed').wait_for('ready')
    manager = start(managing, PEER, 'manager').wait_for('done')
    assert [line for line in manager.text.splitlines() if 'WARN' not in line] == [
        "activate (False, 'unconfigured')",
        "configure (True, 'inactive')",
        "cleanup (False, 'inactive')",
        "activate (True, 'active')",
        "deactivate (True, 'inactive')",
        'graph 25',
        "shutdown (True, 'finalized')",
        'told inactive shuttingdown',
        'done',
    ]
    assert 'on_activate from inactive' in node.text
    assert 'Traceback' not in node.text


def test_ros2_lifecycle_finds_shows_and_changes_a_node_without_ros(start, ros2):
    node = start('dds', PEER, 'managed').wait_for('ready')

    def lifecycle(*words):
        return ros2('lifecycle', *words, '--no-daemon', '--spin-time', '1')

    assert lifecycle('nodes') == '/managed\n'
    assert lifecycle('list', '/managed').splitlines() == [
        '- configure [1]',
        '\tStart: unconfigured',
        '\tGoal: configuring',
        '- shutdown [5]',
        '\tStart: unconfigured',
        '\tGoal: shuttingdown',
    ]
    assert lifecycle('set', '/managed', 'configure') == 'Transitioning successful\n'
    assert 'Unknown transition requested' in lifecycle('set', '/managed', 'deactivate')
    assert lifecycle('set', '/managed', 'activate') == 'Transitioning successful\n'
    assert lifecycle('get', '/managed') == 'active [3]\n'
    assert 'Traceback' not in node.text
