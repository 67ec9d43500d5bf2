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
The recipe behind the shipped checkpoint, from nothing to a policy, in one command.

`python -m attention_mapper_ros.sim.training --output DIR`

Four stages, each in a folder of its own below DIR, each kept once it is finished: `dataset` (the
expert's episodes), `start` (an untrained ACT policy whose backbone already sees cubes), `run`
(LeRobot's own trainer, going on from `start`) and `checkpoint` (what is shipped: float16).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import subprocess
import sys
import time
from typing import Any

from attention_mapper_ros.sim import recording
from attention_mapper_ros.sim.export import export_checkpoint
from attention_mapper_ros.sim.scene import CAMERAS, JOINT_NAMES, POLICY_HEIGHT, POLICY_WIDTH

Report = Callable[[str], None]

CHUNK_SIZE = 16  # 1.6 s of actions
ACTION_STEPS = 8  # of them executed before the queue is filled again


@dataclass(frozen=True)
class Recipe:
    """Every number of the training."""

    seed: int = 0
    episodes: int = recording.DEFAULT_EPISODES
    scenes: int = 1200
    backbone_steps: int = 450
    steps: int = 2000
    batch: int = 8
    peak_rate: float = 2e-4
    final_rate: float = 4e-6
    warmup_steps: int = 100
    save_every: int = 500


def act_config() -> Any:
    """Return the ACTConfig of the desk arm's policy; 12.3 M parameters, 11.2 M of them vision."""
    from lerobot.configs.types import FeatureType, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig

    joints = (len(JOINT_NAMES),)
    picture = (3, POLICY_HEIGHT, POLICY_WIDTH)
    inputs = {
        f'observation.images.{camera}': PolicyFeature(FeatureType.VISUAL, picture)
        for camera in CAMERAS
    }
    inputs['observation.state'] = PolicyFeature(FeatureType.STATE, joints)
    return ACTConfig(
        input_features=inputs,
        output_features={'action': PolicyFeature(FeatureType.ACTION, joints)},
        chunk_size=CHUNK_SIZE,
        n_action_steps=ACTION_STEPS,
        vision_backbone='resnet18',
        pretrained_backbone_weights=None,
        dim_model=128,
        n_heads=4,
        dim_feedforward=512,
        n_encoder_layers=4,
        n_decoder_layers=1,
        use_vae=False,
        dropout=0.0,  # the run sees every frame two or three times, nothing to overfit
        device='cpu',
        push_to_hub=False,
    )


def run_recipe(output: Path, recipe: Recipe, report: Report) -> Path:
    """Run what is not finished yet; return the folder of the checkpoint."""
    stages: list[tuple[str, Callable[[Path], None]]] = [
        ('dataset', lambda to: recording.record(to, recipe.episodes, recipe.seed)),
        ('start', lambda to: make_start(to, output / 'dataset', recipe, report)),
        ('run', lambda to: run_lerobot_trainer(to, output, recipe)),
        ('checkpoint', lambda to: export_checkpoint(trained_policy(output / 'run', recipe), to)),
    ]
    output.mkdir(parents=True, exist_ok=True)
    for name, make in stages:
        finished = output / name
        if finished.exists():
            report(f'{name}: already there, kept')
            continue
        partial = output / f'{name}.partial'
        if partial.exists() and name != 'run':  # the trainer goes on from its last checkpoint
            shutil.rmtree(partial)
        report(f'{name}: begins')
        began = time.monotonic()
        make(partial)
        partial.rename(finished)
        report(f'{name}: done in {time.monotonic() - began:.0f} s')
    return output / 'checkpoint'


def make_start(to: Path, dataset_root: Path, recipe: Recipe, report: Report) -> None:
    """Save an ACT policy with random weights but a backbone that sees, and its processors."""
    from lerobot.datasets.lerobot_dataset import LeRobotDatasetMetadata

    from attention_mapper_ros.sim.backbone import render_pictures, train_backbone

    pictures = render_pictures(recipe.scenes, recipe.seed)
    backbone = train_backbone(pictures, recipe.backbone_steps, recipe.seed, report)
    metadata = LeRobotDatasetMetadata(f'local/{dataset_root.name}', root=dataset_root)
    save_start(to, backbone.state_dict(), metadata.stats, recipe.seed)


def save_start(to: Path, backbone: dict[str, Any], stats: Any, seed: int) -> None:
    """Save the policy that LeRobot's trainer goes on from."""
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors
    import torch

    torch.manual_seed(seed)
    config = act_config()
    policy = ACTPolicy(config)
    # FrozenBatchNorm2d has the same names but no counter of batches.
    frozen = {k: v for k, v in backbone.items() if not k.endswith('num_batches_tracked')}
    policy.model.backbone.load_state_dict(frozen, strict=True)
    policy.save_pretrained(to)
    for processor in make_pre_post_processors(config, dataset_stats=stats):
        processor.save_pretrained(to)


def trained_policy(run: Path, recipe: Recipe) -> Path:
    """Return the folder that LeRobot's trainer leaves behind at its last step."""
    return run / 'checkpoints' / f'{recipe.steps:06d}' / 'pretrained_model'


def run_lerobot_trainer(run: Path, output: Path, recipe: Recipe) -> None:
    """Let `lerobot-train` work in a child process, from `start` or from its last checkpoint."""
    command = [sys.executable, '-m', 'lerobot.scripts.lerobot_train']
    last = run / 'checkpoints' / 'last' / 'pretrained_model' / 'train_config.json'
    if last.exists():
        command += [f'--config_path={last}', '--resume=true', f'--steps={recipe.steps}']
    else:
        shutil.rmtree(run, ignore_errors=True)
        command += trainer_arguments(run, output, recipe)
    environment = {**os.environ, 'ACCELERATE_MIXED_PRECISION': 'bf16', 'HF_HUB_OFFLINE': '1'}
    status = subprocess.run(command, env=environment, check=False).returncode
    if status != 0:
        raise RuntimeError(
            f'lerobot-train ended with status {status}; its own message stands above. '
            'Run the same command again to go on from the last checkpoint'
        )
    if not trained_policy(run, recipe).is_dir():
        raise RuntimeError(f'lerobot-train left no {trained_policy(run, recipe)}; see its output')


def trainer_arguments(run: Path, output: Path, recipe: Recipe) -> list[str]:
    """Return the command line of `lerobot-train`."""
    return [
        f'--policy.path={output / "start"}',
        '--policy.push_to_hub=false',
        '--policy.device=cpu',
        '--dataset.repo_id=local/dataset',
        f'--dataset.root={output / "dataset"}',
        f'--output_dir={run}',
        f'--seed={recipe.seed}',
        f'--batch_size={recipe.batch}',
        f'--steps={recipe.steps}',
        f'--save_freq={recipe.save_every}',
        '--log_freq=50',
        '--num_workers=1',
        '--wandb.enable=false',
        # ACT's preset has a constant rate; a falling one gains the last millimetres.
        '--use_policy_training_preset=false',
        '--optimizer.type=adamw',
        f'--optimizer.lr={recipe.peak_rate}',
        '--optimizer.weight_decay=1e-4',
        '--optimizer.grad_clip_norm=10',
        '--scheduler.type=cosine_decay_with_warmup',
        f'--scheduler.num_warmup_steps={recipe.warmup_steps}',
        f'--scheduler.num_decay_steps={recipe.steps}',
        f'--scheduler.peak_lr={recipe.peak_rate}',
        f'--scheduler.decay_lr={recipe.final_rate}',
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Train from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m attention_mapper_ros.sim.training',
        description='Make the checkpoint of the simulated desk arm; about an hour on two cores.',
    )
    parser.add_argument('--output', type=Path, required=True, help='folder for all stages')
    parser.add_argument('--seed', type=int, default=Recipe.seed)
    parser.add_argument('--episodes', type=int, default=Recipe.episodes, help='to record')
    parser.add_argument('--scenes', type=int, default=Recipe.scenes, help='for the backbone')
    parser.add_argument('--backbone-steps', type=int, default=Recipe.backbone_steps)
    parser.add_argument('--steps', type=int, default=Recipe.steps, help="of LeRobot's trainer")
    arguments = parser.parse_args(argv)
    recipe = Recipe(
        seed=arguments.seed,
        episodes=arguments.episodes,
        scenes=arguments.scenes,
        backbone_steps=arguments.backbone_steps,
        steps=arguments.steps,
    )

    def report(line: str) -> None:
        print(line, flush=True)  # noqa: T201

    try:
        checkpoint = run_recipe(arguments.output.absolute(), recipe, report)
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)  # noqa: T201
        return 2
    report(f'{checkpoint}: ready')
    return 0


if __name__ == '__main__':
    sys.exit(main())
