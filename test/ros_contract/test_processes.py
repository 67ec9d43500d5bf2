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

"""A process logs in ROS's format and ends at once when it is told to."""

import re
import signal
import time

import pytest


def end(started, number):
    begin = time.monotonic()
    started.process.send_signal(number)
    ended = started.line()
    code = started.process.wait(10)
    return ended, code, time.monotonic() - begin


@pytest.mark.parametrize('role', ['idle', 'busy', 'threaded'])
def test_sigterm_shuts_down_cleanly_and_promptly(peer, role):
    started = peer(role)
    time.sleep(0.3)
    ended, code, seconds = end(started, signal.SIGTERM)
    assert (ended in ('returned', 'ExternalShutdownException'), code) == (True, 0)
    assert seconds < 3.0


@pytest.mark.parametrize('role', ['idle', 'busy'])
def test_sigint_shuts_down_cleanly_and_promptly(peer, role):
    started = peer(role)
    time.sleep(0.3)
    ended, code, seconds = end(started, signal.SIGINT)
    assert (ended in ('KeyboardInterrupt', 'ExternalShutdownException', 'returned'), code) == (
        True,
        0,
    )
    assert seconds < 3.0


def test_log_lines_have_level_time_and_node(peer):
    started = peer('log', '--ros-args', '-r', '__ns:=/left')
    started.stop()
    text = ''.join(started.errors)
    for level in ('INFO', 'WARN', 'ERROR', 'FATAL'):
        assert re.search(rf'\[{level}\] \[\d+\.\d{{9}}\] \[left\.peer\]: a \w+ line', text), text
    assert 'a debug line' not in text


def test_the_log_level_is_an_argument(peer):
    started = peer('log', '--ros-args', '--log-level', 'peer:=debug')
    started.stop()
    assert 'a debug line' in ''.join(started.errors)
    started = peer('log', '--ros-args', '--log-level', 'error')
    started.stop()
    text = ''.join(started.errors)
    assert 'a warning line' not in text
    assert 'a error line' in text


def test_log_calls_can_be_limited(node, capfd):
    logger = node.get_logger()
    for number in range(3):
        logger.info(f'once {number}', once=True)
        logger.info(f'late {number}', skip_first=True)
        logger.info(f'slow {number}', throttle_duration_sec=60.0)
    text = capfd.readouterr().err
    assert re.findall(r'(once|late|slow) (\d)', text) == [
        ('once', '0'),
        ('slow', '0'),
        ('late', '1'),
        ('late', '2'),
    ]


def test_a_log_call_cannot_change_its_severity(node):
    logger = node.get_logger()
    with pytest.raises(ValueError, match='severity cannot be changed'):
        for log in (logger.info, logger.warning):
            log('one place, two levels')
