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

"""Checkpoints that the tests of this folder share: made once, never written to."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import shutil
import sys
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))

from act_checkpoints import make_act_checkpoint

from attention_mapper_ros.policies.act import ActAdapter


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a policy with two cameras of 96x128, six joints and chunks of eight."""
    return make_act_checkpoint(tmp_path_factory.mktemp('act') / 'pretrained_model')


@pytest.fixture
def copied(checkpoint: Path, tmp_path: Path) -> Path:
    """Return a copy to damage; its weights are a link: replace them, do not write into them."""
    folder = tmp_path / 'pretrained_model'
    shutil.copytree(checkpoint, folder, copy_function=_link_weights)
    return folder


@pytest.fixture(scope='session')
def adapter(checkpoint: Path) -> ActAdapter:
    """Load the two-camera policy."""
    return ActAdapter.load(checkpoint, 'cpu')


@pytest.fixture(scope='module')
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ActAdapter]]:
    """Make and load a checkpoint with the arguments of ``make_act_checkpoint``."""

    def make_and_load(**arguments: Any) -> ActAdapter:
        folder = make_act_checkpoint(tmp_path_factory.mktemp('act'), **arguments)
        loaded = ActAdapter.load(folder, 'cpu')
        shutil.rmtree(folder)
        return loaded

    return make_and_load


def _link_weights(source: str, target: str) -> str:
    if source.endswith('model.safetensors'):
        os.link(source, target)
        return target
    return shutil.copy2(source, target)
