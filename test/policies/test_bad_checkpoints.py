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

"""A checkpoint that cannot be run is refused at once, with the thing, the value and the remedy."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from act_checkpoints import make_act_checkpoint
import pytest
from safetensors.torch import load_file, save_file
import torch

from attention_mapper_ros.policies.act import ActAdapter
from attention_mapper_ros.policies.adapter import PolicyError


def refusal(folder: str | Path) -> str:
    with pytest.raises(PolicyError) as caught:
        ActAdapter.load(folder, 'cpu')
    return str(caught.value)


def change_config(folder: Path, **values: Any) -> None:
    path = folder / 'config.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    path = folder / 'model.safetensors'
    weights = load_file(path)
    change(weights)
    path.unlink()  # a link to the shared one
    save_file(weights, path)


def test_missing_folder(tmp_path):
    told = refusal(tmp_path / 'nowhere')
    assert str(tmp_path / 'nowhere') in told
    assert 'neither a folder' in told


def test_relative_path_that_is_not_there():
    assert 'neither a folder' in refusal('outputs/train/act/pretrained_model')


def test_file_instead_of_folder(copied):
    assert 'is a file: give the folder' in refusal(copied / 'model.safetensors')


def test_folder_above_the_checkpoint_names_the_checkpoint(copied):
    assert f'did you mean {copied}?' in refusal(copied.parent)


def test_missing_config(copied):
    (copied / 'config.json').unlink()
    assert 'holds no config.json' in refusal(copied)


@pytest.mark.parametrize('content', ['{"type": "act",', '[]', '\x00\xff'])
def test_config_that_is_no_json(copied, content):
    (copied / 'config.json').write_bytes(content.encode('latin-1'))
    told = refusal(copied)
    assert 'config.json' in told
    assert 'copy the checkpoint again' in told


def test_config_of_something_else(copied):
    (copied / 'config.json').write_text('{"model_type": "llama"}')
    assert 'names no policy type' in refusal(copied)


def test_other_policy_type(copied):
    change_config(copied, type='diffusion')
    told = refusal(copied)
    assert "type 'diffusion'" in told
    assert 'type act' in told


def test_config_field_that_this_lerobot_does_not_know(copied):
    change_config(copied, colour_of_the_arm='red')
    told = refusal(copied)
    assert 'colour_of_the_arm' in told
    assert 'use the LeRobot version that trained the policy' in told


def test_config_value_that_lerobot_refuses(copied):
    change_config(copied, n_action_steps=9)
    assert 'chunk size is the upper bound' in refusal(copied)


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        ({'output_features': {}}, 'no output feature "action"'),
        ({'input_features': {}}, 'at least one image'),
        ({'vision_backbone': 'resnet19'}, 'resnet19'),
        ({'replace_final_stride_with_dilation': True}, 'Dilation'),
    ],
)
def test_config_that_describes_no_runnable_act(copied, change, told):
    change_config(copied, **change)
    assert told in refusal(copied)


def test_checkpoint_of_a_newer_lerobot_loads_with_its_bookkeeping_fields(copied):
    change_config(copied, pretrained_revision=None)
    assert ActAdapter.load(copied, 'cpu').spec.chunk_size == 8


@pytest.mark.parametrize('name', ['policy_preprocessor.json', 'policy_postprocessor.json'])
def test_missing_processors_name_lerobots_migration(copied, name):
    (copied / name).unlink()
    told = refusal(copied)
    assert f'{name} is missing' in told
    assert (
        f'python -m lerobot.processor.migrate_policy_normalization --pretrained-path {copied}'
        in told
    )


def test_the_migration_that_is_named_exists():
    from importlib.util import find_spec

    assert find_spec('lerobot.processor.migrate_policy_normalization')


def test_missing_statistics_of_a_processor(copied):
    (state,) = copied.glob('policy_postprocessor_*.safetensors')
    state.unlink()
    assert f'{state} is missing' in refusal(copied)


def test_processors_saved_without_statistics(copied):
    (state,) = copied.glob('policy_preprocessor_*.safetensors')
    statistics = {
        key: value for key, value in load_file(state).items() if 'observation.state' not in key
    }
    save_file(statistics, state)
    told = refusal(copied)
    assert 'no statistics for observation.state' in told


def test_statistics_of_another_robot(copied):
    (state,) = copied.glob('policy_postprocessor_*.safetensors')
    statistics = {
        key: torch.cat([value, value]) if key.startswith('action.') else value
        for key, value in load_file(state).items()
    }
    save_file(statistics, state)
    told = refusal(copied)
    assert 'has shape (12,), the feature has (6,)' in told


def test_statistics_inside_the_weights(copied):
    change_weights(
        copied,
        lambda weights: weights.update(
            {'normalize_inputs.buffer_observation_state.mean': torch.zeros(6)}
        ),
    )
    told = refusal(copied)
    assert 'statistics inside the weights' in told
    assert 'before LeRobot 0.4' in told
    assert 'migrate_policy_normalization' in told


def test_missing_weight(copied):
    change_weights(copied, lambda weights: weights.pop('model.action_head.bias'))
    told = refusal(copied)
    assert 'model.action_head.bias' in told
    assert 'does not fit' in told


def test_unexpected_weight(copied):
    change_weights(copied, lambda weights: weights.update({'model.extra': torch.zeros(1)}))
    assert 'model.extra' in refusal(copied)


def test_weight_of_another_shape(copied):
    change_config(copied, dim_feedforward=128)
    assert 'linear1' in refusal(copied)


def test_missing_weights(copied):
    (copied / 'model.safetensors').unlink()
    assert 'model.safetensors is missing' in refusal(copied)


def test_weights_as_a_pickle_are_never_loaded(copied):
    (copied / 'model.safetensors').unlink()
    (copied / 'pytorch_model.bin').write_bytes(b'cos\nsystem\n(S"true"\ntR.')
    told = refusal(copied)
    assert 'pytorch_model.bin, a pickle' in told
    assert 'save_pretrained' in told


def test_checkpoint_of_the_original_act_is_told_apart(tmp_path):
    (tmp_path / 'policy_best.ckpt').write_bytes(b'')
    (tmp_path / 'dataset_stats.pkl').write_bytes(b'')
    told = refusal(tmp_path)
    assert 'a pickle, and no config.json' in told


def test_adapter_weights_are_told_apart(copied):
    (copied / 'model.safetensors').unlink()
    (copied / 'adapter_model.safetensors').write_bytes(b'')
    assert 'PEFT' in refusal(copied)


@pytest.mark.parametrize('keep', [0, 4, 1000, 1_000_000])
def test_truncated_weights(copied, keep):
    path = copied / 'model.safetensors'
    content = path.read_bytes()[:keep]
    path.unlink()
    path.write_bytes(content)
    told = refusal(copied)
    assert 'damaged' in told
    assert 'copy the checkpoint again' in told


def test_weights_of_a_compiled_model(copied):
    def compile_names(weights: dict[str, torch.Tensor]) -> None:
        for name in list(weights):
            weights[f'_orig_mod.{name}'] = weights.pop(name)

    change_weights(copied, compile_names)
    assert "torch.compile'd model" in refusal(copied)


def test_camera_that_is_not_rgb(tmp_path):
    from lerobot.configs.types import FeatureType, PolicyFeature

    folder = make_act_checkpoint(tmp_path / 'policy', cameras={'front': (64, 64)})
    features = {'observation.images.front': PolicyFeature(FeatureType.VISUAL, (1, 64, 64))}
    path = folder / 'config.json'
    config = json.loads(path.read_text())
    for name, feature in features.items():
        config['input_features'][name] = {'type': 'VISUAL', 'shape': list(feature.shape)}
    path.write_text(json.dumps(config))
    told = refusal(folder)
    assert 'observation.images.front has shape (1, 64, 64)' in told


def test_feature_type_that_lerobot_does_not_know(copied):
    config = json.loads((copied / 'config.json').read_text())
    config['input_features']['observation.images.front']['type'] = 'POINT_CLOUD'
    change_config(copied, input_features=config['input_features'])
    assert 'POINT_CLOUD' in refusal(copied)


def test_environment_state_under_a_name_that_act_does_not_read(copied):
    config = json.loads((copied / 'config.json').read_text())
    config['input_features']['observation.poses'] = {'type': 'ENV', 'shape': [4]}
    change_config(copied, input_features=config['input_features'])
    told = refusal(copied)
    assert 'environment' in told


@pytest.mark.parametrize('device', ['cuda:99', 'gpu', 'meta'])
def test_device_that_is_not_there(checkpoint, device):
    with pytest.raises(PolicyError, match=f"device '{device}' .*choose auto"):
        ActAdapter.load(checkpoint, device)
