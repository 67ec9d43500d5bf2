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
_DEVICE_STEP = 'device_processor'
_RENAME_STEP = 'rename_observations_processor'
# What the normalisation modes of LeRobot read; datasets also store counts, which have no shape.
_STATISTICS_USED = frozenset({'mean', 'std', 'min', 'max', 'q01', 'q99', 'q10', 'q90'})


def load_act(folder: Path, device: torch.device) -> tuple[Any, Any, Any]:
    """
    Return LeRobot's ACTPolicy on the device, its pre-processor and its post-processor.

    Nothing is downloaded. Raises PolicyError for a checkpoint that is not a whole ACT policy.
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
    config = _config(folder, saved, device, installed)
    return _policy(folder, config), *_processors(folder, config)


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
            return PreTrainedConfig.from_pretrained(staging)
        except (DraccusException, ValueError, TypeError, NotImplementedError) as error:
            raise PolicyError(
                f'LeRobot {installed} does not accept {folder / CONFIG} '
                f'({_reason(error)}): use the LeRobot version that trained the policy'
            ) from error


def _policy(folder: Path, config: Any) -> Any:
    from lerobot.policies.act.modeling_act import ACTPolicy

    try:
        return ACTPolicy.from_pretrained(folder, config=config, strict=True)
    except RuntimeError as error:
        raise PolicyError(
            f'{folder / WEIGHTS} does not fit {folder / CONFIG} ({error}): copy both from the '
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
            f'({_reason(error)}): use the LeRobot version that trained the policy, and '
            'install the package of any step of your own'
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
        for name, feature in step.features.items():
            mode = step.norm_map.get(feature.type, NormalizationMode.IDENTITY)
            undoes = isinstance(step, UnnormalizerProcessorStep)
            if (
                mode is NormalizationMode.IDENTITY
                or (feature.type is FeatureType.ACTION) != undoes
            ):
                continue
            statistics = {
                key: values
                for key, values in step.state_dict().items()
                if key.rpartition('.')[0] == name
            }
            if not statistics:
                raise PolicyError(
                    f'{path} has no statistics for {name}, which the policy wants normalised '
                    f'({mode.value}): save the processors with the statistics of the dataset '
                    '(dataset_stats of make_pre_post_processors)'
                )
            shape = tuple(feature.shape)
            for key, values in statistics.items():
                used = key.rpartition('.')[2] in _STATISTICS_USED
                if used and values.shape[:1] != shape[:1]:
                    raise PolicyError(
                        f'{path}: {key} has shape {tuple(values.shape)}, the feature has '
                        f'{shape}: save the processors with the statistics of the dataset that '
                        'the policy was trained on'
                    )


def _reason(error: Exception) -> str:
    """Return what went wrong in one line, with the cause where the error hides it."""
    line = str(error).strip().partition('\n')[0]
    return f'{line} {error.__cause__}' if error.__cause__ else line
