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

"""A robot and a real policy node on a real DDS graph, on loopback, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import threading
import time
from typing import Any

from act_checkpoints import make_act_checkpoint
import numpy as np
import pytest

from attention_mapper_ros.nodes.act_policy import ActPolicyNode
from attention_mapper_ros.policies.adapter import Inference
from attention_mapper_ros.ros.client import (
    ExternalShutdownException,
    Node,
    Parameter,
    rclpy,
)
from attention_mapper_ros.ros.diagnostics import level_of
from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import (
    ChangeState,
    CompressedImage,
    DiagnosticArray,
    GetState,
    Header,
    Image,
    JointState,
    SetBool,
    SetParameters,
    Transition,
    Trigger,
)
from attention_mapper_ros.ros.messages import ACTION_MESSAGES

HEIGHT, WIDTH = 64, 96
CAMERAS = ('front', 'wrist')
JOINTS = ('pan', 'lift')
TIMEOUT_S = 20.0


@pytest.fixture(scope='session', autouse=True)
def loopback() -> Iterator[None]:
    """Keep every graph of these tests on this machine, apart from others that run on it."""
    settings = {
        'ROS_DOMAIN_ID': str(1 + os.getpid() % 90),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small random ACT policy with two cameras and two joints, chunks of 8."""
    return make_act_checkpoint(
        tmp_path_factory.mktemp('policy'),
        cameras=dict.fromkeys(CAMERAS, (HEIGHT, WIDTH)),
        state=len(JOINTS),
        actions=len(JOINTS),
        chunk=8,
        n_action_steps=4,
    )


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = TIMEOUT_S) -> Any:
    """Return the condition's first true value; fail, saying what was waited for, without one."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f'{what} did not happen within {timeout_s:g} s')


class Robot(Node):
    """Cameras, joints, and ears for everything that the policy node publishes."""

    def __init__(self, action_message: str) -> None:
        super().__init__('robot')
        self._images = {c: self.create_publisher(Image, f'{c}/image_raw', 1) for c in CAMERAS}
        self._compressed = {
            c: self.create_publisher(CompressedImage, f'{c}/image_raw/compressed', 1)
            for c in CAMERAS
        }
        self._joints = self.create_publisher(JointState, 'joint_states', 1)
        self.received: dict[str, list[Any]] = {}
        self.sent: list[int] = []  # stamps of the front camera's frames, nanoseconds
        self._ears: dict[str, Any] = {}
        self.hear('act_policy/action', ACTION_MESSAGES[action_message][0])
        self.hear('/diagnostics', DiagnosticArray)
        self.enable = self.create_client(SetBool, 'act_policy/enable')
        self.reset = self.create_client(Trigger, 'act_policy/reset')
        self.change_state = self.create_client(ChangeState, 'act_policy/change_state')
        self.get_state = self.create_client(GetState, 'act_policy/get_state')
        self.set_parameters_of_policy = self.create_client(
            SetParameters, 'act_policy/set_parameters'
        )
        self.rng = np.random.default_rng(0)

    def hear(self, topic: str, kind: Any) -> list[Any]:
        """Collect everything on a topic from now on."""
        messages = self.received.setdefault(topic, [])
        self._ears[topic] = self.create_subscription(kind, topic, messages.append, 10)
        return messages

    def deaf(self, topic: str) -> None:
        """Stop to listen to a topic."""
        self.destroy_subscription(self._ears.pop(topic))

    @property
    def actions(self) -> list[Any]:
        """Every action so far."""
        return self.received['act_policy/action']

    def diagnostics(self) -> dict[str, str]:
        """Return the newest figures of the policy node, empty before the first."""
        for message in reversed(self.received['/diagnostics']):
            own = [s for s in message.status if s.name.startswith('act_policy: ')]
            if own:
                figures = {pair.key: pair.value for status in own for pair in status.values}
                return {'level': max(status.level for status in own), **figures}
        return {}

    def concern(self, name: str) -> tuple[int, str]:
        """Return level and words of the newest status of a concern, (-1, '') before the first."""
        for message in reversed(self.received['/diagnostics']):
            for status in message.status:
                if status.name == f'act_policy: {name}':
                    return int(level_of(status)), str(status.message)
        return -1, ''

    def frame(self) -> np.ndarray:
        return self.rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)

    def header(self, camera: str = '') -> Header:
        return Header(stamp=self.get_clock().now().to_msg(), frame_id=f'{camera}_camera')

    def send_images(self, compressed: bool = False) -> None:
        for camera in CAMERAS:
            header = self.header(camera)
            if compressed:
                self._compressed[camera].publish(encode_compressed(self.frame(), header, 90))
            else:
                self._images[camera].publish(encode_image(self.frame(), header))

    def send_image(self, camera: str, message: Any) -> None:
        self._images[camera].publish(message)

    def send_joints(self, names: Any = JOINTS, positions: Any = (0.1, -0.2)) -> None:
        self._joints.publish(
            JointState(header=self.header(), name=list(names), position=list(positions))
        )

    def send_all(self, compressed: bool = False) -> None:
        self.send_images(compressed)
        self.send_joints()


class Forwards:
    """
    Stands before the forwards of a policy node.

    ``hold`` holds up every forward until ``open``; ``error`` is raised instead of an answer;
    ``says`` is what every action of a chunk is, one number per joint in rad.
    """

    def __init__(self, adapter: Any) -> None:
        self._infer = adapter.infer
        self._open = threading.Event()
        self._open.set()
        self.waiting = threading.Event()
        self.error: BaseException | None = None
        self.says: Any = None
        adapter.infer = self.infer

    def infer(self, observation: Any, request: Any, on_actions: Any = None) -> Inference:
        says, error = self.says, self.error

        def say(actions: np.ndarray, forward_s: float) -> None:
            if says is not None:
                actions = np.tile(np.float32(says), (len(actions), 1))
            on_actions(actions, forward_s)

        if not self._open.is_set():
            self.waiting.set()
            assert self._open.wait(60)
        if error is not None:
            raise error
        return self._infer(observation, request, on_actions and say)

    def hold(self) -> None:
        """Hold up the next forward."""
        self.waiting.clear()
        self._open.clear()

    def close(self) -> None:
        """Hold up the next forward, and wait until one is held up."""
        self.hold()
        assert self.waiting.wait(60)

    def open(self) -> None:
        """Let it go on, and every other."""
        self._open.set()

    def forget(self) -> None:
        """Let go of the adapter, after the last forward."""
        self._infer = None


class Graph:
    """A robot and a policy node, spun on one executor thread."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.policy = ActPolicyNode(
            parameter_overrides=[
                Parameter(name, value=value) for name, value in parameters.items()
            ]
        )
        assert self.policy.autostart(), self.policy.refusal
        self.robot = Robot(parameters.get('action_message', 'joint_state'))
        self._executor = rclpy.executors.SingleThreadedExecutor()
        self._executor.add_node(self.policy)
        self._executor.add_node(self.robot)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    @contextmanager
    def feeding(self, send: Callable[[], None], rate_hz: float = 40.0) -> Iterator[None]:
        """Call ``send`` at this rate while the block runs."""
        end = threading.Event()

        def feed() -> None:
            while not end.wait(1.0 / rate_hz):
                send()

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def transition(self, label: str) -> bool:
        """Ask for a transition as ``ros2 lifecycle set`` does; return whether it succeeded."""
        request = ChangeState.Request(transition=Transition(label=label))
        return bool(self.call(self.robot.change_state, request).success)

    def state(self) -> str:
        """Return the state that the policy node says it is in."""
        return str(self.call(self.robot.get_state, GetState.Request()).current_state.label)

    def set_parameter(self, name: str, value: Any) -> Any:
        """Set a parameter as ``ros2 param set`` does; return the node's result."""
        message = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[message])
        return self.call(self.robot.set_parameters_of_policy, request).results[0]

    def enable(self, data: bool) -> None:
        """Switch the actions as a user does."""
        assert self.call(self.robot.enable, SetBool.Request(data=data)).success

    def ticks(self) -> int:
        """Return the number of the newest tick."""
        return int(self.policy._runtime._tick)

    def call(self, client: Any, request: Any) -> Any:
        """Call a service of the policy node and return its answer."""
        assert client.wait_for_service(timeout_sec=TIMEOUT_S)
        future = client.call_async(request)
        wait_for(future.done, 'answer of the service')
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(TIMEOUT_S)
        self.policy.close()
        self.policy.destroy_node()
        self.robot.destroy_node()


def policy_parameters(checkpoint: Path, **changes: Any) -> dict[str, Any]:
    """Return parameters of a policy node that fits the checkpoint and the robot."""
    parameters: dict[str, Any] = {
        'policy': str(checkpoint),
        'device': 'cpu',
        'torch_threads': 1,
        'rate_hz': 20.0,
        'cameras.names': list(CAMERAS),
        'joints.names': list(JOINTS),
        'overlay.scale': 1,
        'ramp_s': 0.0,
        **{f'cameras.{camera}.max_age_s': 2.0 for camera in CAMERAS},
        **{f'cameras.{camera}.max_frozen_s': 0.0 for camera in CAMERAS},
        'joints.max_age_s': 2.0,
        **{f'joints.{joint}.lower': -1000.0 for joint in JOINTS},
        **{f'joints.{joint}.upper': 1000.0 for joint in JOINTS},
    }
    parameters.update(changes)
    return parameters


@pytest.fixture
def ros() -> Iterator[None]:
    """Provide an initialised client library."""
    rclpy.init(args=[])
    yield
    rclpy.try_shutdown()


@pytest.fixture
def make_graph(ros: None, checkpoint: Path) -> Iterator[Callable[..., Graph]]:
    """Return a function that starts a graph; names of parameters have _ for dots there."""
    graphs = []

    def make(parameters: dict[str, Any] | None = None) -> Graph:
        graph = Graph(policy_parameters(checkpoint, **(parameters or {})))
        graphs.append(graph)
        return graph

    yield make
    for graph in graphs:
        graph.close()


@pytest.fixture
def graph(make_graph: Callable[..., Graph]) -> Graph:
    """Return a graph with default parameters."""
    return make_graph()


@pytest.fixture
def start_policy(ros: None, checkpoint: Path) -> Callable[..., ActPolicyNode]:
    """Return a function that makes a policy node alone, to see it refuse its parameters."""

    def start(**changes: Any) -> ActPolicyNode:
        parameters = policy_parameters(checkpoint, **changes)
        node = ActPolicyNode(
            parameter_overrides=[
                Parameter(name, value=value)
                for name, value in parameters.items()
                if value is not None
            ]
        )
        if not node.autostart():
            node.close()
            node.destroy_node()
            raise ValueError(node.refusal)
        return node

    return start


@pytest.fixture
def forwards() -> Iterator[Callable[[Graph], Forwards]]:
    """Return a function that stands before the forwards of a configured policy node."""
    made = []

    def stand_before(graph: Graph) -> Forwards:
        made.append(Forwards(graph.policy._runtime._adapter))
        return made[-1]

    yield stand_before
    for each in made:
        each.open()


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """
    Return a function that returns the lines that were logged so far.

    Not by /rosout: a node there falls silent when an older one of its name is destroyed late.
    """
    said: list[str] = []

    def lines() -> list[str]:
        said.append(capfd.readouterr().err)
        return ''.join(said).splitlines()

    return lines


@pytest.fixture
def until() -> Callable[..., Any]:
    """Return ``wait_for``."""
    return wait_for
