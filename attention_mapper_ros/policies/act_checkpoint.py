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

"""Load a LeRobot ACT checkpoint with LeRobot, and refuse what LeRobot would let pass."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from safetensors import SafetensorError
import torch

from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.checkpoint import (
    check_processors,
    check_weights,
    CONFIG,
    policy_config,
    POSTPROCESSOR,
    PREPROCESSOR,
    processor_steps,
    WEIGHTS,
)
from attention_mapper_ros.policies.lerobot_install import require_lerobot

# Written by newer LeRobot versions; where a checkpoint came from does not change what it does.
_BOOKKEEPING = frozenset({'pretrained_revision'})
# Enough for the first names of what may be hundreds of missing weights.
_REASON_CHARACTERS = 400
_DEVICE_STEP = 'device_processor'
_RENAME_STEP = 'rename_observations_processor'
# The steps that LeRobot gives ACT. LeRobot would import and call whatever else a step names, any
# function of any installed module or a tokenizer that brings its own code: os.system, say.
_STEPS = frozenset(
    {
        _DEVICE_STEP,
        _RENAME_STEP,
        'normalizer_processor',
        'to_batch_processor',
        'unnormalizer_processor',
    }
)
# What the normalisation modes of LeRobot read; datasets also store counts, which have no shape.
_STATISTICS_USED = frozenset({'mean', 'std', 'min', 'max', 'q01', 'q99', 'q10', 'q90'})


def load_act(folder: Path, device: torch.device) -> tuple[Any, Any, Any]:
    """
    Return LeRobot's ACTPolicy on the device, its pre-processor and its post-processor.

    Nothing is downloaded, and nothing that the checkpoint names is imported or called. Raises
    PolicyError for a checkpoint that is not a whole ACT policy.
    """
    saved = policy_config(folder)
    if saved['type'] != 'act':
        raise PolicyError(
            f'{folder} is a policy of type {saved["type"]!r}, this adapter runs ACT (type act) '
            'only: give an ACT checkpoint'
        )
    installed = require_lerobot()
    check_weights(folder)
    check_processors(folder)
    _check_steps(folder)
    config = _config(folder, saved, device, installed)
    return _policy(folder, config), *_processors(folder, config)


def _check_steps(folder: Path) -> None:
    """Refuse processor steps that are not LeRobot's own of ACT: a checkpoint chooses no code."""
    for name in (PREPROCESSOR, POSTPROCESSOR):
        for step in processor_steps(folder / name):
            known = step.get('registry_name')
            if not (isinstance(known, str) and known in _STEPS):
                raise PolicyError(
                    f'{folder / name} has a step {known or step.get("class")!r}: it could run any '
                    f"code. Of a checkpoint only LeRobot's own steps for ACT are loaded "
                    f'({", ".join(sorted(_STEPS))}): save the processors that '
                    'make_pre_post_processors makes'
                )


def _config(folder: Path, saved: dict[str, Any], device: torch.device, installed: str) -> Any:
    """Let LeRobot parse the saved configuration, changed where this machine differs."""
    from draccus.utils import DraccusException
    from lerobot.configs.policies import PreTrainedConfig

    wanted = {name: value for name, value in saved.items() if name not in _BOOKKEEPING}
    wanted['device'] = str(device)
    # ACT's constructor would download ImageNet weights, which the checkpoint overwrites.
    wanted['pretrained_backbone_weights'] = None
    with TemporaryDirectory() as staging:
        Path(staging, CONFIG).write_text(json.dumps(wanted), encoding='utf-8')
        try:
            config = PreTrainedConfig.from_pretrained(staging)
            config.validate_features()
        except (DraccusException, ValueError, TypeError, NotImplementedError) as error:
            raise PolicyError(
                f'LeRobot {installed} does not accept {folder / CONFIG} '
                f'({_reason(error)}): use the LeRobot version that trained the policy'
            ) from error
    if config.action_feature is None:
        raise PolicyError(
            f'{folder / CONFIG} names no output feature "action": copy the checkpoint again'
        )
    return config


def _policy(folder: Path, config: Any) -> Any:
    from lerobot.policies.act.modeling_act import ACTPolicy

    try:
        return ACTPolicy.from_pretrained(folder, config=config, strict=True)
    # AttributeError: a vision backbone that torchvision does not have.
    except (RuntimeError, AttributeError) as error:
        reason = ' '.join(str(error).split())[:_REASON_CHARACTERS]
        raise PolicyError(
            f'{folder / WEIGHTS} does not fit {folder / CONFIG} ({reason}): copy both from the '
            'same checkpoint'
        ) from error


def _processors(folder: Path, config: Any) -> tuple[Any, Any]:
    """Let LeRobot load the saved pipelines, moved to the policy's device."""
    from lerobot.policies.factory import make_pre_post_processors

    # The saved pipelines name the device of the training machine. Observations come under the
    # policy's own feature names, so that renaming would only do harm.
    changes: dict[str, dict[str, Any]] = {
        _DEVICE_STEP: {'device': config.device},
        _RENAME_STEP: {'rename_map': {}},
    }
    present = {step.get('registry_name') for step in processor_steps(folder / PREPROCESSOR)}
    try:
        preprocessor, postprocessor = make_pre_post_processors(
            config,
            pretrained_path=str(folder),
            preprocessor_overrides={
                name: change for name, change in changes.items() if name in present
            },
        )
    except (ImportError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise PolicyError(
            f'LeRobot cannot load {PREPROCESSOR} and {POSTPROCESSOR} in {folder} '
            f'({_reason(error)}): use the LeRobot version that trained the policy'
        ) from error
    _check_statistics(folder / PREPROCESSOR, preprocessor)
    _check_statistics(folder / POSTPROCESSOR, postprocessor)
    return preprocessor, postprocessor


def _check_statistics(path: Path, pipeline: Any) -> None:
    """
    Refuse a normaliser that lacks a feature's statistics: LeRobot passes that one unchanged.

    The pre-processor's normaliser also lists the action, which it never sees at inference.
    """
    from lerobot.configs.types import FeatureType, NormalizationMode
    from lerobot.processor import NormalizerProcessorStep, UnnormalizerProcessorStep

    for step in pipeline.steps:
        if not isinstance(step, NormalizerProcessorStep | UnnormalizerProcessorStep):
            continue
        undoes = isinstance(step, UnnormalizerProcessorStep)
        chosen = step.normalize_observation_keys  # None: all
        for name, feature in step.features.items():
            is_action = feature.type is FeatureType.ACTION
            mode = step.norm_map.get(feature.type, NormalizationMode.IDENTITY)
            if (
                is_action is undoes
                and mode is not NormalizationMode.IDENTITY
                and (is_action or chosen is None or name in chosen)
            ):
                _check_feature(path, name, tuple(feature.shape), step.state_dict())


def _check_feature(path: Path, name: str, shape: tuple[int, ...], state: dict[str, Any]) -> None:
    """Refuse missing statistics and those of another robot. Keys are ``feature.statistic``."""
    statistics = {key: values for key, values in state.items() if key.rpartition('.')[0] == name}
    if not statistics:
        raise PolicyError(
            f'{path} has no statistics for {name}, which the policy wants normalised: save the '
            'processors with the statistics of the dataset (dataset_stats of '
            'make_pre_post_processors)'
        )
    for key, values in statistics.items():
        if key.rpartition('.')[2] in _STATISTICS_USED and values.shape[:1] != shape[:1]:
            raise PolicyError(
                f'{path}: {key} has shape {tuple(values.shape)}, the feature has {shape}: save '
                'the processors with the statistics of the dataset that the policy was trained on'
            )


def _reason(error: Exception) -> str:
    """Return what went wrong in one line, with the cause where the error hides it."""
    line = str(error).strip().partition('\n')[0]
    return f'{line} {error.__cause__}' if error.__cause__ else line
