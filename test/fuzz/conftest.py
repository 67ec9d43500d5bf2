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

"""One running policy node for all these tests, a robot that feeds it, and a liar beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
import os
from pathlib import Path
import random
import sys
import threading
import time
from typing import Any

from act_checkpoints import make_act_checkpoint
import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'ros_contract')]
from bad_pictures import HEIGHT, WIDTH  # noqa: E402
from fuzz_inputs import CompressedImage, Image, JOINTS, JOINTS_AGE_S, JointState, SEED  # noqa: E402
from policy_process import PolicyProcess  # noqa: E402
from ros_loopback import environment, free_domain  # noqa: E402
from rtps_datagrams import Impostor  # noqa: E402

from attention_mapper_ros.ros.dds import cyclone  # noqa: E402
from attention_mapper_ros.ros.dds.context import Context  # noqa: E402
from attention_mapper_ros.ros.dds.dds_types import topic_type, user_data  # noqa: E402
from attention_mapper_ros.ros.dds.executors import (  # noqa: E402
    ExternalShutdownException,
    SingleThreadedExecutor,
)
from attention_mapper_ros.ros.dds.graph import INFO_TOPIC, INFO_TYPE  # noqa: E402
from attention_mapper_ros.ros.dds.messages import message_class, service_class  # noqa: E402
from attention_mapper_ros.ros.dds.node import Node  # noqa: E402
from attention_mapper_ros.ros.dds.qos import qos_profile_discovery, to_dds  # noqa: E402

FEED_HZ = 20.0
STARTS_WITHIN_S = 90.0
ACTS_AGAIN_WITHIN_S = 20.0
ENOUGH_ACTIONS = 5
DISCOVERY_S = 10.0
ANSWERS_WITHIN_S = 20.0

Header = message_class('std_msgs/msg/Header')
Time = message_class('builtin_interfaces/msg/Time')


@pytest.fixture(scope='module')
def domain() -> Iterator[int]:
    """Keep everything on loopback, in a domain of its own."""
    before = dict(os.environ)
    number = free_domain()
    os.environ.update(environment(number))
    # Also beside rclpy this is about the client without ROS.
    os.environ['ATTENTION_MAPPER_ROS_CLIENT'] = 'dds'
    yield number
    os.environ.clear()
    os.environ.update(before)


class Robot:
    """
    A node beside the policy's: it feeds good messages, and sends any bytes under any name.

    ``actions`` counts what the policy answered. Everything but its executor's thread belongs
    to the test.
    """

    def __init__(self, domain_id: int) -> None:
        self._domain = domain_id
        self._context = Context()
        self._context.init(args=[], domain_id=domain_id)
        self.node = Node('robot', context=self._context, start_parameter_services=False)
        self.actions = 0
        self._publishers: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}
        self.node.create_subscription(JointState, 'act_policy/action', self._on_action, 10)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        self._random = np.random.default_rng(SEED)

    def publisher(self, topic: str, kind: Any) -> Any:
        """Return the publisher on the topic, once somebody listens to it."""
        if topic not in self._publishers:
            publisher = self._publishers[topic] = self.node.create_publisher(kind, topic, 1)
            self._wait(lambda: publisher.get_subscription_count() > 0, f'a subscriber on {topic}')
        return self._publishers[topic]

    def client(self, name: str, kind: str) -> Any:
        """Return a client of a service of the policy node."""
        if name not in self._clients:
            client = self._clients[name] = self.node.create_client(
                service_class(kind), f'act_policy/{name}'
            )
            assert client.wait_for_service(DISCOVERY_S), name
        return self._clients[name]

    @contextmanager
    def impostor(self, topic: str = '', service: str = '', kind: Any = None) -> Iterator[Impostor]:
        """Make a publisher or client of our own, to send damaged bytes under its identity."""
        if topic:
            entity: Any = self.node.create_publisher(kind, topic, 1)
            writer, destroy = entity._writer._ref, self.node.destroy_publisher
        else:
            entity = self.node.create_client(service_class(kind), f'act_policy/{service}')
            writer, destroy = entity.endpoint._writer._ref, self.node.destroy_client
        with self._matched(writer) as impostor:
            yield impostor
        destroy(entity)

    @contextmanager
    def announcer(self) -> Iterator[Impostor]:
        """Make a second voice on the topic on which participants announce their nodes."""
        writer = self.node._dds_participant.create_writer(
            INFO_TOPIC, topic_type(INFO_TYPE), to_dds(qos_profile_discovery, user_data(INFO_TYPE))
        )
        with self._matched(writer._ref) as impostor:
            yield impostor
        cyclone.dispose(writer)

    @contextmanager
    def _matched(self, writer: int) -> Iterator[Impostor]:
        self._wait(lambda: cyclone.matched_reader_count(writer) > 0, 'a reader to deceive')
        with closing(Impostor(writer, self._domain)) as impostor:
            yield impostor

    def image(self, **changes: Any) -> Any:
        pixels = self._random.integers(0, 256, HEIGHT * WIDTH * 3, dtype=np.uint8).tobytes()
        fields = {
            'header': self._header('front'),
            'height': HEIGHT,
            'width': WIDTH,
            'encoding': 'rgb8',
            'step': 3 * WIDTH,
            'data': pixels,
        }
        return Image(**{**fields, **changes})

    def compressed(self, data: bytes | None = None) -> Any:
        if data is None:
            frame = self._random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
            data = cv2.imencode('.jpg', frame)[1].tobytes()
        return CompressedImage(header=self._header('wrist'), format='jpeg', data=data)

    def joints(self, names: Any = JOINTS, positions: Any = (0.1, -0.2)) -> Any:
        return JointState(header=self._header(''), name=list(names), position=list(positions))

    def call(self, name: str, kind: str, **fields: Any) -> Any:
        """Call a service of the policy node with these fields and return its answer."""
        client = self.client(name, kind)
        return client.call(client.srv_type.Request(**fields), timeout_sec=ANSWERS_WITHIN_S)

    def services(self) -> dict[str, str]:
        """Return the type of every service of the policy node, by its name without the node's."""
        found = self.node.get_service_names_and_types_by_node('act_policy', '/')
        return {
            name.removeprefix('/act_policy/'): types[0]
            for name, types in found
            if name.startswith('/act_policy/')
        }

    def set_parameter(self, name: str, value: Any) -> None:
        """Set one parameter of the policy node."""
        parameter = message_class('rcl_interfaces/msg/Parameter')(name=name, value=value)
        answer = self.call(
            'set_parameters', 'rcl_interfaces/srv/SetParameters', parameters=[parameter]
        )
        assert answer.results[0].successful, answer.results[0].reason

    def feed(self, without: str = '') -> None:
        """Send one good message of every stream."""
        for topic, kind, make in (
            ('front/image_raw', Image, self.image),
            ('wrist/image_raw/compressed', CompressedImage, self.compressed),
            ('joint_states', JointState, self.joints),
        ):
            if topic != without:
                self.publisher(topic, kind).publish(make())

    @contextmanager
    def feeding(self, without: str = '') -> Iterator[None]:
        """Feed good messages, on all streams but one, while the block runs."""
        end = threading.Event()

        def feed() -> None:
            while not end.wait(1.0 / FEED_HZ):
                self.feed(without)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(5)
        self.node.destroy_node()
        self._context.try_shutdown()

    def _header(self, frame_id: str) -> Any:
        seconds, nanoseconds = divmod(time.time_ns(), 10**9)
        return Header(stamp=Time(sec=seconds, nanosec=nanoseconds), frame_id=frame_id)

    def _on_action(self, message: Any) -> None:
        self.actions += 1

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while not condition():
            assert time.monotonic() < end, what
            time.sleep(0.02)


class Attacked:
    """The policy process and the robot, and what must hold whatever was sent."""

    def __init__(self, policy: PolicyProcess, robot: Robot) -> None:
        self.policy, self.robot = policy, robot
        self._acts(STARTS_WITHIN_S)
        self.start_mib, self.start_peak_mib = policy.memory_mib(), policy.peak_mib()

    def send(self, publisher: Any, message: Any, pause_s: float = 0.002) -> None:
        """Send a message, with time to take it: one that is overwritten unread tests nothing."""
        publisher.publish(message)
        size = sum(len(getattr(message, field, ())) for field in ('data', 'name', 'position'))
        time.sleep(pause_s + size / 50e6)

    def send_bytes(
        self, impostor: Impostor, data: bytes, pause_s: float = 0.002, **options: Any
    ) -> None:
        """Send damaged bytes, with time to take them."""
        impostor.send(data, **options)
        time.sleep(pause_s)

    def check(self) -> None:
        """Fail unless the node lives, has no traceback in its log, and acts on good messages."""
        self._acts(ACTS_AGAIN_WITHIN_S)
        log = self.policy.log()
        assert 'Traceback' not in log, f'seed {SEED}\n{log[-5000:]}'

    def _acts(self, timeout_s: float) -> None:
        wanted = self.robot.actions + ENOUGH_ACTIONS
        end = time.monotonic() + timeout_s
        with self.robot.feeding():
            while self.robot.actions < wanted:
                log = self.policy.log()
                assert self.policy.lives(), f'seed {SEED}: the node died\n{log[-5000:]}'
                assert time.monotonic() < end, f'seed {SEED}: no actions\n{log[-5000:]}'
                time.sleep(0.05)


@pytest.fixture(scope='module')
def attacked(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """Start a small random policy with one raw and one compressed camera that may be resized."""
    folder = tmp_path_factory.mktemp('fuzz')
    cameras = {'front': (HEIGHT, WIDTH), 'wrist': (HEIGHT, WIDTH)}
    checkpoint = make_act_checkpoint(
        folder / 'policy', cameras=cameras, state=2, actions=2, chunk=8, n_action_steps=4
    )
    parameters = {
        'policy': str(checkpoint),
        'device': 'cpu',
        'torch_threads': '1',
        'rate_hz': '20.0',
        'cameras.names': '[front, wrist]',
        'cameras.front.max_age_s': '2.0',
        'cameras.wrist.max_age_s': '2.0',
        'cameras.wrist.transport': 'compressed',
        'cameras.wrist.resize': 'stretch',
        'joints.names': '[pan, lift]',
        'joints.max_age_s': str(JOINTS_AGE_S),
        'overlay.scale': '1',
    }
    policy = PolicyProcess(parameters, folder / 'log')
    robot = Robot(domain)
    try:
        yield Attacked(policy, robot)
    finally:
        robot.close()
        policy.stop()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Return the generator of this test: the same messages on every run, FUZZ_SEED for others."""
    return random.Random(f'{SEED} {request.node.name}')
