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

"""A graph of its own on loopback."""

from collections.abc import Iterator
import os
from pathlib import Path
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'ros_contract'))
from ros_loopback import environment, free_domain


@pytest.fixture(scope='session')
def loopback() -> Iterator[None]:
    """Set the variables of a domain that only these tests use."""
    before = dict(os.environ)
    os.environ.update(environment(free_domain()))
    yield
    os.environ.clear()
    os.environ.update(before)
