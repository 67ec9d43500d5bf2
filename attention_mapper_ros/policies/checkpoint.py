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
A LeRobot checkpoint on disk: where it is, what it is, and whether it is whole.

Weights are read from safetensors only: a pickle can run code.
"""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
import json
from pathlib import Path
import re
from typing import Any

from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.lerobot_install import REMEDY

CONFIG = 'config.json'
WEIGHTS = 'model.safetensors'
PREPROCESSOR = 'policy_preprocessor.json'
POSTPROCESSOR = 'policy_postprocessor.json'

# What a running policy needs of a hub repository; training states and videos stay there.
_WANTED = (CONFIG, WEIGHTS, 'policy_*')
_PICKLES = ('*.bin', '*.pt', '*.pth', '*.ckpt', '*.pkl')
_HUB_ID = re.compile(r'[\w.-]+/[\w.-]+')
_IDENTITY_DIGITS = 12
# Prefixes under which policies before LeRobot 0.4 kept statistics, as in LeRobot's migration.
_STATISTICS = re.compile(r'(un)?normal\w*|(in|out)put_normalizer')
_COMPILED_PREFIX = '_orig_mod.'
_READ_BYTES = 1 << 20


def checkpoint_folder(policy: str | Path) -> Path:
    """
    Return the checkpoint's folder: the local one, else what the hub has under this name.

    A local folder is used as it is, without a word to the network. Raises PolicyError.
    """
    folder = Path(policy).expanduser()
    return folder if folder.is_dir() else _fetch(str(policy), _WANTED)


def policy_config(policy: str | Path) -> dict[str, Any]:
    """
    Read the checkpoint's config.json; of a hub checkpoint only that is downloaded.

    Raises PolicyError when it is missing, no JSON, or names no policy type.
    """
    folder = Path(policy).expanduser()
    if not folder.is_dir():
        folder = _fetch(str(policy), (CONFIG,))
    path = folder / CONFIG
    if not path.is_file():
        raise PolicyError(_without_config(folder))
    config = read_json(path)
    if not isinstance(config.get('type'), str):
        raise PolicyError(
            f'{path} names no policy type: it is not the config.json of a LeRobot policy; point '
            'the parameter policy at the folder pretrained_model of a LeRobot training run'
        )
    return config


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises PolicyError naming the place of the error."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(
            f'{path} is not valid JSON ({error}): copy the checkpoint again'
        ) from error
    if not isinstance(content, dict):
        raise PolicyError(f'{path} holds no JSON object: copy the checkpoint again')
    return content


def check_weights(folder: Path) -> None:
    """
    Refuse weights that are missing, a pickle, damaged, compiled, or hold statistics.

    Reads the file's header only. Needs safetensors, which comes with LeRobot.
    """
    from safetensors import safe_open, SafetensorError

    path = folder / WEIGHTS
    if not path.is_file():
        raise PolicyError(_without_weights(folder))
    try:
        with safe_open(path, framework='pt') as weights:
            names = list(weights.keys())
    except SafetensorError as error:
        raise PolicyError(f'{path} is damaged ({error}): copy the checkpoint again') from error
    statistics = [name for name in names if _STATISTICS.fullmatch(name.split('.')[0])]
    if statistics:
        raise PolicyError(
            f'{path} keeps normalisation statistics inside the weights ({statistics[0]}): a '
            f'checkpoint from before LeRobot 0.4; {migration(folder)}'
        )
    if any(_COMPILED_PREFIX in name for name in names):
        raise PolicyError(
            f"{path} was saved from a torch.compile'd model (names with {_COMPILED_PREFIX}): "
            'save it again from the model as it was before torch.compile'
        )


def check_processors(folder: Path) -> None:
    """Refuse a checkpoint whose pre- or post-processor, or a file of theirs, is missing."""
    for name in (PREPROCESSOR, POSTPROCESSOR):
        path = folder / name
        if not path.is_file():
            raise PolicyError(
                f'{path} is missing: without it observations and actions are not normalised. '
                f'If this is a checkpoint from before LeRobot 0.4, {migration(folder)}; if not, '
                'copy the whole folder pretrained_model'
            )
        for step in processor_steps(path):
            state = step.get('state_file')
            if state is not None and not (folder / state).is_file():
                raise PolicyError(
                    f'{folder / state} is missing, {name} takes its statistics from it: copy '
                    'the whole folder pretrained_model'
                )


def processor_steps(path: Path) -> list[dict[str, Any]]:
    """Read the steps of a saved processor pipeline."""
    steps = read_json(path).get('steps')
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise PolicyError(f'{path} lists no processor steps: copy the checkpoint again')
    return steps


def identity(folder: Path) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of the weights' file."""
    digest = hashlib.sha256()
    with (folder / WEIGHTS).open('rb') as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()[:_IDENTITY_DIGITS]


def weights_identity(weights: Mapping[str, Any]) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of tensors, name by name."""
    import torch

    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f'{name} {tensor.dtype} {tuple(tensor.shape)}'.encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:_IDENTITY_DIGITS]


def migration(folder: Path) -> str:
    """Return the remedy for a checkpoint from before LeRobot 0.4."""
    return (
        'convert it with "python -m lerobot.processor.migrate_policy_normalization '
        f'--pretrained-path {folder}"'
    )


def _fetch(policy: str, files: tuple[str, ...]) -> Path:
    """Download these files of a hub repository, unless they are in the cache already."""
    if Path(policy).expanduser().is_file():
        raise PolicyError(
            f'policy {policy} is a file: give the folder that holds {CONFIG} and {WEIGHTS}'
        )
    if not _HUB_ID.fullmatch(policy):
        raise PolicyError(
            f'policy {policy!r} is neither a folder on this machine nor a hub id (owner/name): '
            'check the path'
        )
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise PolicyError(
            f'policy {policy!r} is no folder on this machine, and fetching it from the hub needs '
            f'huggingface_hub, which comes with LeRobot: {REMEDY}'
        ) from error
    try:
        return Path(snapshot_download(policy, allow_patterns=list(files)))
    # OSError: no network, or nothing in the cache while offline.
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise PolicyError(
            f'policy {policy!r} is no folder on this machine and could not be fetched from the '
            f'hub ({type(error).__name__}: {_first_line(error)}): check the path or the id; for '
            'a private repository log in with "hf auth login"'
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition('\n')[0]


def _without_config(folder: Path) -> str:
    nested = sorted(folder.glob('**/pretrained_model/config.json'))
    if nested:
        return f'{folder} holds no {CONFIG}: did you mean {nested[-1].parent}?'
    if pickle := _pickle(folder):
        return (
            f'{folder} holds {pickle.name}, a pickle, and no {CONFIG}: pickles can run code and '
            'are not loaded; train or convert the policy with LeRobot, which saves safetensors'
        )
    return (
        f'{folder} holds no {CONFIG}: point the parameter policy at the folder pretrained_model '
        'of a LeRobot training run'
    )


def _without_weights(folder: Path) -> str:
    if pickle := _pickle(folder):
        return (
            f'{folder} holds its weights as {pickle.name}, a pickle: pickles can run code and are '
            f'not loaded; load the policy in LeRobot and save it with save_pretrained, which '
            f'writes {WEIGHTS}'
        )
    if (folder / 'adapter_model.safetensors').is_file():
        return (
            f'{folder} holds a PEFT adapter and no {WEIGHTS}: merge it into its base policy and '
            'save that'
        )
    return f'{folder / WEIGHTS} is missing: copy the whole folder pretrained_model'


def _pickle(folder: Path) -> Path | None:
    found = sorted(path for pattern in _PICKLES for path in folder.glob(pattern))
    return found[0] if found else None
