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

"""One small dataset for all, bags of a small robot and its policy, and no network."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
import socket
from typing import Any

from act_checkpoints import make_act_checkpoint
import pytest
from robot_bag import CAMERAS, Entry, write_bag, write_parameters
from small_dataset import make_dataset

from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.bag import BagRecording


@pytest.fixture(scope='session')
def recorded(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp('recorded') / 'two_joints')


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Cut the network, as on a robot: a local folder must be enough."""

    def refused(*arguments, **named):
        raise OSError('the network was asked')

    monkeypatch.setattr(socket, 'create_connection', refused)
    monkeypatch.setattr(socket, 'getaddrinfo', refused)


@pytest.fixture(scope='session')
def robot_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small random ACT policy of the robot in ``robot_bag``."""
    folder = tmp_path_factory.mktemp('policy')
    return make_act_checkpoint(
        folder, cameras=CAMERAS, state=2, actions=2, chunk=8, n_action_steps=4
    )


@pytest.fixture(scope='session')
def robot_policy(robot_checkpoint: Path) -> PolicyAdapter:
    return load_policy(str(robot_checkpoint), 'cpu')


@pytest.fixture
def recorded_bag(tmp_path: Path, robot_checkpoint: Path) -> Callable[..., BagRecording]:
    """
    Return a function that writes messages to a bag and opens it.

    Names of parameters have __ for dots; ``opened`` goes to ``BagRecording.open``.
    """
    numbers = count()

    def record(
        entries: list[Entry],
        storage: str = 'mcap',
        opened: dict[str, Any] | None = None,
        **parameters: Any,
    ) -> BagRecording:
        number = next(numbers)
        file = write_parameters(tmp_path / f'{number}.yaml', robot_checkpoint, **parameters)
        bag = write_bag(tmp_path / f'bag_{number}', entries, storage)
        return BagRecording.open(bag, file, **(opened or {}))

    return record
