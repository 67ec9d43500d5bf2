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

"""Messages, quality of service and services between the two clients, both ways."""

from pathlib import Path

import pytest

PEER = Path(__file__).with_name('interop_peer.py')
MESSAGES = ('image', 'compressed', 'joints', 'share', 'command', 'trajectory', 'diagnostics')
PROFILES = (
    'reliable_reliable',
    'reliable_best_effort',
    'best_effort_best_effort',
    'best_effort_reliable',
    'latched_latched',
    'latched_volatile',
    'volatile_latched',
)

pytestmark = pytest.mark.needs_rclpy


@pytest.mark.parametrize(('probing', 'mirroring'), [('dds', 'rclpy'), ('rclpy', 'dds')])
def test_everything_passes_between_the_clients(start, probing, mirroring):
    mirror = start(mirroring, PEER, 'mirror').wait_for('ready')
    probe = start(probing, PEER, 'probe')
    probe.wait_for('done')
    said = probe.text
    assert [name for name in MESSAGES if f'{name} equal' not in said] == [], said
    assert [name for name in PROFILES if f'{name} as it should' not in said] == [], said
    assert said.count('answer') == 3
    for answer in ("(True, 'data True')", "(False, 'data False')", "(True, 'episode 2')"):
        assert f'answer {answer}' in said, said
    # Nothing on the wire surprises either side: type hashes, node names, USER_DATA.
    expected = 'incompatible QoS'
    for side in (probe, mirror):
        assert [x for x in side.lines if 'WARN' in x and expected not in x] == []
        assert [x for x in side.lines if 'ERROR' in x or 'Traceback' in x] == []
