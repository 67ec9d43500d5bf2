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

"""The executables end at once and quietly, however often they are told to."""

import os
import signal
import subprocess
import sys
import time

import pytest

from attention_mapper_ros.ros.client import CLIENT

STOPS_WITHIN_S = 60.0  # a free machine takes 1 to 3: it must end, not hang, on a busy one too


@pytest.fixture
def start(loopback, checkpoint):
    """Return a function that starts an executable and waits until it says something."""
    processes = []
    arguments = {
        'act_policy': ['-p', f'policy:={checkpoint}', '-p', 'device:=cpu'],
        'attention_page': ['-p', 'port:=0'],
        'sim_robot': [],
    }
    for option, value in (
        ('cameras.names', '[front, wrist]'),
        ('joints.names', '[pan, lift]'),
    ):
        arguments['act_policy'] += ['-p', f'{option}:={value}']

    def run(name, until):
        process = subprocess.Popen(
            [
                sys.executable,
                '-m',
                f'attention_mapper_ros.nodes.{name}',
                '--ros-args',
                *arguments[name],
            ],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, 'ATTENTION_MAPPER_ROS_CLIENT': CLIENT, 'OMP_NUM_THREADS': '1'},
        )
        processes.append(process)
        said = ''
        while until not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize('first', [signal.SIGINT, signal.SIGTERM], ids=['SIGINT', 'SIGTERM'])
@pytest.mark.parametrize(
    ('name', 'until'),
    [
        ('act_policy', 'loading policy'),
        ('act_policy', 'actions enabled'),
        ('attention_page', 'page of'),
        ('sim_robot', 'simulated arm'),
    ],
)
def test_signals_after_the_first_do_not_disturb_the_cleaning_up(start, name, until, first):
    process = start(name, until)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(first)
    while process.poll() is None and time.monotonic() < began + STOPS_WITHIN_S:
        time.sleep(0.02)
        process.send_signal(signal.SIGINT)
    took = time.monotonic() - began
    errors = process.stderr.read() if process.poll() is not None else 'still running'
    assert (process.poll(), 'Traceback' in errors) == (0, False), errors
    assert took < STOPS_WITHIN_S
