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

"""One small dataset for all, and no network."""

import socket

import pytest
from small_dataset import make_dataset


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
