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

"""Finding an adapter, a checkpoint and LeRobot, with and without a network."""

import hashlib
import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

from attention_mapper_ros.policies import lerobot_install, registry
from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.registry import load_policy, policy_types

# Ends the process on the first attempt to reach the network.
WITHOUT_NETWORK = """
import os, sys
def refuse(event, arguments):
    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname'):
        os.write(2, f'network: {event} {arguments}'.encode())
        os._exit(1)
sys.addaudithook(refuse)
from attention_mapper_ros.policies.registry import load_policy
for policy in sys.argv[1:]:
    print('identity', load_policy(policy, 'cpu').spec.identity)
"""


def test_local_folder_and_cached_hub_id_load_without_a_network(copied, tmp_path):
    # A configuration as LeRobot's training writes it: it would download ImageNet's weights.
    config = json.loads((copied / 'config.json').read_text())
    config['pretrained_backbone_weights'] = 'ResNet18_Weights.IMAGENET1K_V1'
    config['device'] = 'cuda'
    (copied / 'config.json').write_text(json.dumps(config))
    repository = tmp_path / 'hub' / 'models--somebody--act'
    (repository / 'refs').mkdir(parents=True)
    (repository / 'refs' / 'main').write_text('0' * 40)
    (repository / 'snapshots').mkdir()
    (repository / 'snapshots' / ('0' * 40)).symlink_to(copied)
    result = subprocess.run(
        [sys.executable, '-c', WITHOUT_NETWORK, str(copied), 'somebody/act'],
        env={
            **os.environ,
            'PYTHONPATH': os.pathsep.join(path for path in sys.path if path),
            'HF_HUB_CACHE': str(tmp_path / 'hub'),
            'HF_HUB_OFFLINE': '1',
            'TORCH_HOME': str(tmp_path / 'torch'),
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    identity = hashlib.sha256((copied / 'model.safetensors').read_bytes()).hexdigest()[:12]
    assert result.stdout.count(f'identity {identity}') == 2


def test_hub_id_that_cannot_be_fetched_says_so(monkeypatch, tmp_path):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(tmp_path))
    for loading in (load_policy, ActAdapter.load):
        with pytest.raises(PolicyError, match=r"'somebody/nothing' is no folder.*check the path"):
            loading('somebody/nothing', 'cpu')


def test_policy_type_chooses_the_adapter(checkpoint):
    assert isinstance(load_policy(checkpoint, 'cpu'), ActAdapter)
    assert isinstance(load_policy(str(checkpoint), 'cpu'), ActAdapter)


def test_spec_says_what_the_checkpoint_wants(adapter, checkpoint):
    spec = adapter.spec
    assert spec.family == 'act'
    assert [(i.name, i.height, i.width) for i in spec.images] == [
        ('observation.images.front', 96, 128),
        ('observation.images.wrist', 96, 128),
    ]
    assert (spec.state_size, spec.action_size, spec.environment_size) == (6, 6, 0)
    assert (spec.chunk_size, spec.action_steps, spec.temporal_ensemble_coeff) == (8, 8, None)
    digest = hashlib.sha256((checkpoint / 'model.safetensors').read_bytes()).hexdigest()
    assert spec.identity == digest[:12]


def test_spec_tells_of_temporal_ensembling(load):
    spec = load(n_action_steps=1, temporal_ensemble_coeff=0.01, cameras={'front': (64, 64)}).spec
    assert (spec.action_steps, spec.temporal_ensemble_coeff) == (1, 0.01)


def test_unknown_policy_type_lists_the_known_ones(copied):
    (copied / 'config.json').write_text('{"type": "diffusion"}')
    with pytest.raises(PolicyError, match=r"type 'diffusion'.*known types: .*act"):
        load_policy(copied, 'cpu')


def write_distribution(folder: Path, entry_point: str) -> None:
    metadata = folder / 'somebodys_policy-1.0.dist-info'
    metadata.mkdir()
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: somebodys-policy\n')
    (metadata / 'entry_points.txt').write_text(f'[{registry.GROUP}]\n{entry_point}\n')


def test_another_package_adds_an_adapter(copied, tmp_path, monkeypatch):
    write_distribution(tmp_path, 'somebodys = somebodys_adapter:Adapter')
    (tmp_path / 'somebodys_adapter.py').write_text(
        'class Adapter:\n'
        '    @classmethod\n'
        '    def load(cls, policy, device, precision):\n'
        '        return policy, device, precision\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    (copied / 'config.json').write_text('{"type": "somebodys"}')
    assert set(policy_types()) >= {'act', 'somebodys'}
    assert load_policy(copied, 'cpu') == (copied, 'cpu', 'float32')


def test_adapter_that_cannot_be_imported_is_named(copied, tmp_path, monkeypatch):
    write_distribution(tmp_path, 'broken = package_that_is_gone:Adapter')
    monkeypatch.syspath_prepend(tmp_path)
    (copied / 'config.json').write_text('{"type": "broken"}')
    with pytest.raises(PolicyError, match=r'package_that_is_gone:Adapter.*install'):
        load_policy(copied, 'cpu')


def test_missing_lerobot_names_what_to_install(monkeypatch):
    # Hides the installed distribution's metadata, as on a machine without it.
    monkeypatch.setattr(sys, 'path', [])
    with pytest.raises(PolicyError, match=r"not installed.*pip install 'lerobot"):
        lerobot_install.require_lerobot()


def test_machine_without_the_learning_stack_is_told_what_to_install(checkpoint):
    program = (
        'import sys\n'
        'for name in ("torch", "lerobot", "huggingface_hub", "safetensors"):\n'
        '    sys.modules[name] = None\n'
        'from attention_mapper_ros.policies.registry import load_policy, PolicyError\n'
        'for policy in sys.argv[1:]:\n'
        '    try:\n'
        '        load_policy(policy)\n'
        '    except PolicyError as error:\n'
        '        print(error)\n'
    )
    result = subprocess.run(
        [sys.executable, '-c', program, str(checkpoint), 'somebody/act'],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert len(result.stdout.splitlines()) == 2
    assert result.stdout.count(f"pip install '{lerobot_install.REQUIREMENT}'") == 2


def test_broken_lerobot_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'lerobot.policies.factory', None)
    with pytest.raises(PolicyError, match=r"cannot be imported.*pip install 'lerobot"):
        lerobot_install.require_lerobot()


def test_the_advice_fits_this_python():
    old = sys.version_info < (3, 12)
    assert ('0.4.4' if old else '0.6') in lerobot_install.REQUIREMENT


def test_closed_adapter_lets_go_of_the_model(checkpoint):
    import gc
    import weakref

    loaded = ActAdapter.load(checkpoint, 'cpu')
    model = weakref.ref(loaded._forward)
    loaded.close()
    gc.collect()
    assert model() is None
