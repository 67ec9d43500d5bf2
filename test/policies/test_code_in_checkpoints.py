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

"""
Nothing that a checkpoint holds or names is run.

Every payload here leaves a mark when it runs. One test shows that LeRobot alone would run one, so
that a mark that is missing means something.
"""

import json
import os
from pathlib import Path
import pickle
import subprocess
import sys

import pytest

from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.registry import load_policy

PICKLES = (
    'dataset_stats.pkl',
    'model.bin',
    'optimizer_state.pt',
    'policy_last.ckpt',
    'pytorch_model.bin',
    'training_state.pth',
)
CODE = ('__init__.py', 'configuration_act.py', 'modeling_act.py', 'sitecustomize.py')

# Ends the process when anything is unpickled or started, and tells which files of the checkpoint
# Python opened (safetensors are read by a library of their own).
WATCHED = """
import os, sys
folder = sys.argv[1]
opened = set()
def watch(event, arguments):
    if event in ('pickle.find_class', 'os.system', 'os.exec', 'os.posix_spawn'):
        os.write(2, f'{event} {arguments}'.encode())
        os._exit(3)
    if event == 'open' and isinstance(arguments[0], str):
        path = os.path.realpath(arguments[0])
        if os.path.dirname(path) == os.path.realpath(folder):
            opened.add(os.path.basename(path))
import torch, lerobot.policies.factory, lerobot.policies.act.modeling_act
from attention_mapper_ros.policies.registry import load_policy
sys.addaudithook(watch)
load_policy(folder, 'cpu')
print('opened', *sorted(opened))
"""


class Payload:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple:
        return os.system, (f'touch {self._mark}',)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Return the file that is there once any payload has run."""
    return tmp_path / 'mark'


def change_json(path: Path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_pickles_and_modules_beside_the_safetensors_are_not_even_opened(copied, mark):
    for name in PICKLES:
        (copied / name).write_bytes(pickle.dumps(Payload(mark)))
    for name in CODE:
        (copied / name).write_text(f'import os\nos.system("touch {mark}")\n')
    change_json(
        copied / 'config.json',
        lambda config: config.update(pretrained_revision='main'),
    )
    result = subprocess.run(
        [sys.executable, '-c', WATCHED, str(copied)],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(path for path in sys.path if path)},
        cwd=copied.parent,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    opened = result.stdout.split('opened ')[1].split()
    assert {Path(name).suffix for name in opened} <= {'.json', '.safetensors'}
    assert 'config.json' in opened
    assert not mark.exists()


@pytest.mark.parametrize('name', PICKLES)
def test_pickle_instead_of_safetensors_is_refused_unread(copied, mark, name):
    (copied / 'model.safetensors').unlink()
    (copied / name).write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(PolicyError, match='pickles can run code'):
        load_policy(copied, 'cpu')
    assert not mark.exists()


def test_pickle_under_the_name_of_the_safetensors_is_refused_unread(copied, mark):
    (copied / 'model.safetensors').unlink()
    (copied / 'model.safetensors').write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(PolicyError, match='damaged'):
        load_policy(copied, 'cpu')
    assert not mark.exists()


def test_statistics_as_a_pickle_are_refused_unread(copied, mark):
    (state,) = copied.glob('policy_preprocessor_*.safetensors')
    state.write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(PolicyError, match=r'cannot load policy_preprocessor\.json'):
        load_policy(copied, 'cpu')
    assert not mark.exists()


@pytest.mark.parametrize(
    'custom',
    [
        {'auto_map': {'AutoConfig': 'configuration_act.Config', 'AutoModel': 'modeling_act.Act'}},
        {'trust_remote_code': True},
        {'policy_class': 'modeling_act.Act'},
        {'_target_': 'os.system', 'command': 'true'},
    ],
    ids=lambda custom: next(iter(custom)),
)
def test_config_that_brings_code_of_its_own_is_refused(copied, mark, custom):
    for name in CODE:
        (copied / name).write_text(f'import os\nos.system("touch {mark}")\n')
    change_json(copied / 'config.json', lambda config: config.update(custom))
    with pytest.raises(PolicyError, match=next(iter(custom))):
        load_policy(copied, 'cpu')
    assert not mark.exists()


@pytest.mark.parametrize('kind', ['modeling_act', 'os.system', '../act', 'act:Act', ''])
def test_config_of_an_unknown_type_imports_nothing(copied, mark, kind):
    (copied / 'modeling_act.py').write_text(f'import os\nos.system("touch {mark}")\n')
    change_json(copied / 'config.json', lambda config: config.update(type=kind))
    with pytest.raises(PolicyError, match='known types: '):
        load_policy(copied, 'cpu')
    assert not mark.exists()


def foreign_steps(mark: Path) -> dict[str, dict]:
    return {
        'any function': {'class': 'os.system', 'config': {'command': f'touch {mark}'}},
        'any class': {'class': 'subprocess.Popen', 'config': {'args': ['touch', str(mark)]}},
        'module beside it': {'class': 'payload.Step', 'config': {}},
        'not installed': {'class': 'somebodys_package.Step', 'config': {}},
        # Its field trust_remote_code is true unless told otherwise.
        'tokenizer with code': {
            'registry_name': 'action_tokenizer_processor',
            'config': {'action_tokenizer_name': str(mark.parent)},
        },
        'no name': {'config': {}},
        'name that is no text': {'registry_name': ['device_processor'], 'config': {}},
    }


@pytest.mark.parametrize('name', ['policy_preprocessor.json', 'policy_postprocessor.json'])
@pytest.mark.parametrize('step', list(foreign_steps(Path('mark'))))
def test_processor_step_that_is_not_of_act_is_refused_before_it_is_imported(
    copied, mark, monkeypatch, name, step
):
    monkeypatch.syspath_prepend(copied)
    (copied / 'payload.py').write_text(f'import os\nos.system("touch {mark}")\n')
    entry = foreign_steps(mark)[step]
    change_json(copied / name, lambda pipeline: pipeline['steps'].append(entry))
    with pytest.raises(PolicyError, match='could run any code') as refused:
        ActAdapter.load(copied, 'cpu')
    named = entry.get('registry_name', entry.get('class'))
    assert f'{copied / name} has a step {named!r}' in str(refused.value)
    assert 'payload' not in sys.modules
    assert not mark.exists()


def test_without_the_refusal_lerobot_would_call_what_a_step_names(copied, mark):
    from lerobot.processor import PolicyProcessorPipeline

    entry = foreign_steps(mark)['any function']
    change_json(
        copied / 'policy_preprocessor.json', lambda pipeline: pipeline['steps'].append(entry)
    )
    with pytest.raises(Exception):  # noqa: B017 - whatever it says, it is too late
        PolicyProcessorPipeline.from_pretrained(copied, config_filename='policy_preprocessor.json')
    assert mark.exists()
