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

"""The recipe, run through once in small with LeRobot's own trainer."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load_file
import torch

from attention_mapper_ros.sim import training
from attention_mapper_ros.sim.export import export_checkpoint, portable
from attention_mapper_ros.sim.training import Recipe, run_recipe

SMALL = Recipe(episodes=1, scenes=4, backbone_steps=1, steps=2, batch=2, save_every=1)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    output = tmp_path_factory.mktemp('recipe') / 'out'
    lines = []
    run_recipe(output, SMALL, lines.append)
    return output, lines


def test_the_recipe_ends_in_a_checkpoint_of_half_precision(trained):
    output, lines = trained
    assert [line.split(':')[0] for line in lines if line.endswith('begins')] == [
        'dataset',
        'start',
        'run',
        'checkpoint',
    ]
    weights = load_file(output / 'checkpoint' / 'model.safetensors')
    assert {weight.dtype for weight in weights.values()} == {torch.float16}
    before = load_file(output / 'start' / 'model.safetensors')
    assert any(not torch.equal(weights[name].float(), before[name]) for name in weights)


def test_finished_stages_are_kept(trained):
    output, _ = trained
    lines = []
    run_recipe(output, SMALL, lines.append)
    assert [line.split(': ')[1] for line in lines] == ['already there, kept'] * 4


def test_the_trainer_goes_on_from_its_last_checkpoint(trained, tmp_path):
    output, _ = trained
    (output / 'run').rename(output / 'run.partial')
    (output / 'checkpoint').rename(tmp_path / 'kept')
    longer = Recipe(**{**SMALL.__dict__, 'steps': 3})
    run_recipe(output, longer, lambda line: None)
    steps = sorted(folder.name for folder in (output / 'run' / 'checkpoints').iterdir())
    assert steps == ['000001', '000002', '000003', 'last']
    (output / 'checkpoint' / 'config.json').unlink()
    for file in (tmp_path / 'kept').iterdir():
        file.replace(output / 'checkpoint' / file.name)


def test_the_shipped_config_names_no_machine(trained):
    output, _ = trained
    config = json.loads((output / 'checkpoint' / 'config.json').read_text())
    assert config['device'] == 'cpu'
    assert config['pretrained_backbone_weights'] is None
    assert str(output) not in json.dumps(config)
    assert portable(config) == config


def test_export_refuses_a_folder_without_weights(tmp_path):
    with pytest.raises(ValueError, match=r'has no model\.safetensors; name a pretrained_model'):
        export_checkpoint(tmp_path, tmp_path / 'new')


def test_training_from_the_command_line_says_what_is_wrong(tmp_path, capsys):
    assert training.main(['--output', str(tmp_path), '--episodes', '0']) == 2
    assert 'episodes is 0; it must be 1 or more' in capsys.readouterr().err
