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

"""Both clients on one graph: nodes of each in processes of their own, and ROS 2's own tools."""

import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import threading

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / 'ros_contract'))
from ros_loopback import environment, free_domain  # noqa: E402

STARTS_WITHIN_S = 30.0


@pytest.fixture(scope='session')
def graph(tmp_path_factory):
    """Return the variables of a graph on loopback that only these tests use."""
    return {
        **os.environ,
        **environment(free_domain()),
        # Services need the same DDS on both sides.
        'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp',
        'ROS_LOG_DIR': str(tmp_path_factory.mktemp('log')),
        'PYTHONPATH': os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
    }


class Running:
    """A node in another process, and everything that it says."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self.lines = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self):
        return ''.join(self.lines)

    def wait_for(self, text):
        with self._changed:
            seen = self._changed.wait_for(lambda: text in self.text, STARTS_WITHIN_S)
        assert seen, self.text
        return self

    def stop(self):
        """Press Ctrl-C; return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        return self.process.returncode

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()


@pytest.fixture
def start(graph):
    """Start a Python program with one of the clients; all are stopped after the test."""
    running = []

    def start(client, *command):
        started = Running(
            [sys.executable, *map(str, command)],
            {**graph, 'ATTENTION_MAPPER_ROS_CLIENT': client},
        )
        running.append(started)
        return started

    yield start
    for started in running:
        started.stop()


@pytest.fixture
def ros2(graph):
    """Run ROS 2's command line tool; return what it wrote to either stream."""
    program = shutil.which('ros2')
    if program is None:
        pytest.fail('rclpy is here but the command ros2 is not: install ros2cli')

    def run(*arguments):
        ran = subprocess.run(
            [program, *arguments],
            env=graph,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return ran.stdout

    yield run
    # Some of its commands start a daemon, which would outlive the tests by two hours.
    run('daemon', 'stop')


@pytest.fixture(scope='session')
def interop_checkpoint(tmp_path_factory):
    """Return a small random ACT policy with two cameras and two joints."""
    from act_checkpoints import make_act_checkpoint

    return make_act_checkpoint(
        tmp_path_factory.mktemp('policy'),
        cameras={'front': (64, 96), 'wrist': (64, 96)},
        state=2,
        actions=2,
        chunk=8,
        n_action_steps=4,
    )
