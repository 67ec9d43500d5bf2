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
Turns what LeRobot's trainer leaves into a checkpoint small enough to ship.

The weights go to float16; LeRobot's loader copies them into float32 parameters. Everything that
belongs to the machine or to the training run (paths, hub names) is left behind.
"""

from __future__ import annotations

import json
from pathlib import Path
import shutil
from typing import Any

LARGEST_BYTES = 25_000_000
WEIGHTS = 'model.safetensors'
CONFIG = 'config.json'
PROCESSOR_FILES = ('policy_preprocessor*', 'policy_postprocessor*')


def export_checkpoint(trained: Path, to: Path) -> None:
    """Write the checkpoint in `trained` to `to`, which must not exist, in float16."""
    if not (trained / WEIGHTS).is_file():
        raise ValueError(f'{trained} has no {WEIGHTS}; name a pretrained_model folder of LeRobot')
    to.mkdir(parents=True)
    _halve_weights(trained / WEIGHTS, to / WEIGHTS)
    config = json.loads((trained / CONFIG).read_text(encoding='utf-8'))
    (to / CONFIG).write_text(json.dumps(portable(config), indent=4) + '\n', encoding='utf-8')
    for pattern in PROCESSOR_FILES:
        for file in sorted(trained.glob(pattern)):
            shutil.copyfile(file, to / file.name)
    size = folder_bytes(to)
    if size > LARGEST_BYTES:
        raise ValueError(
            f'{to} has {size} bytes, more than {LARGEST_BYTES}; make the transformer smaller'
        )


def portable(config: dict[str, Any]) -> dict[str, Any]:
    """Return an ACT config that loads on any machine, without the internet."""
    return {
        **config,
        'device': 'cpu',
        'pretrained_backbone_weights': None,
        'pretrained_path': None,
        'push_to_hub': False,
        'repo_id': None,
    }


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob('*') if file.is_file())


def _halve_weights(source: Path, target: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file
    import torch

    weights = load_file(source)
    with safe_open(source, framework='pt') as opened:
        metadata = opened.metadata()
    halved = {}
    for name, weight in weights.items():
        half = weight.to(torch.float16) if weight.dtype == torch.float32 else weight
        if not torch.isfinite(half).all():
            raise ValueError(f'weight {name} of {source} does not fit in float16')
        halved[name] = half.contiguous()
    save_file(halved, target, metadata=metadata)
    target.chmod(0o644)  # safetensors lets nobody else read, an installed package must be readable
