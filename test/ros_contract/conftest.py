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

"""Fixtures of the contract: a private domain, nodes in this process, peers in others."""

import os
from pathlib import Path
import subprocess
import sys
import threading
import time

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from ros_loopback import environment, free_domain  # noqa: E402

ROOT = HERE.parents[1]
# Before the client is imported: rclpy's messages read it once.
os.environ.setdefault('ROS_PYTHON_CHECK_FIELDS', '1')


@pytest.fixture(scope='session')
def ros_environment():
    """Set the variables of a domain that only these tests use."""
    before = dict(os.environ)
    os.environ.update(environment(free_domain()))
    yield dict(os.environ)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def ros(ros_environment):
    """Initialise the client; it is shut down after the test."""
    from attention_mapper_ros.ros.client import rclpy

    rclpy.init(args=[])
    yield rclpy
    rclpy.try_shutdown()


@pytest.fixture
def node(ros):
    """Make a node to create things on."""
    from attention_mapper_ros.ros.client import Node

    node = Node('tester', start_parameter_services=False)
    yield node
    node.destroy_node()


@pytest.fixture
def spin_until(ros):
    """Spin a node until something is true, or fail."""

    def spin(node, condition, timeout=10.0):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, 'what was waited for did not happen'
            ros.spin_once(node, timeout_sec=0.05)

    return spin


class Peer:
    """A node in another process; its standard output is read line by line."""

    def __init__(self, environment, role, *args):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / 'contract_peer.py'), role, *args],
            env={**environment, 'PYTHONPATH': os.pathsep.join([str(ROOT), *sys.path])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.errors = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()

    def line(self):
        return self.process.stdout.readline().strip()

    def wait_ready(self):
        assert self.line() == 'ready', ''.join(self.errors)
        return self

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def _read_errors(self):
        self.errors.extend(self.process.stderr)


@pytest.fixture
def peer(ros_environment):
    """Start a peer by its role; all are stopped after the test."""
    peers = []

    def start(role, *args):
        started = Peer(ros_environment, role, *args)
        peers.append(started)
        return started.wait_ready()

    yield start
    for started in peers:
        started.stop()
