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
How often a policy brings the gripper to the red cube.

`python -m attention_mapper_ros.sim.evaluation --policy PATH --episodes 50 --json FILE`

Closed loop at 10 Hz of simulated time with LeRobot's own select_action and processors, on seeds
that no training has seen. `--policy untrained` plays the same network with random weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path
import sys
from typing import Any

import numpy as np

from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM
from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    DeskArm,
    Floats,
    Image,
    JOINT_NAMES,
    POLICY_HEIGHT,
    policy_view,
    POLICY_WIDTH,
)

CHECKPOINT = Path(__file__).with_name('checkpoint')  # the shipped one
UNTRAINED = 'untrained'
EPISODES = 50
TICKS = 60  # 6 s, several times what the expert needs
NEAR_M, VERY_NEAR_M = 0.03, 0.02


@dataclass(frozen=True)
class Outcome:
    """How one episode went."""

    seed: int
    final_m: float  # gripper to cube when the time was up
    closest_m: float
    reached_s: float | None  # when it first came within NEAR_M


@dataclass(frozen=True)
class Score:
    """Share of episodes that ended within a distance, with a 95 % Wilson interval."""

    within_m: float
    successes: int
    episodes: int
    share: float
    low: float
    high: float


class PolicyRunner:
    """A LeRobot policy with its processors: one observation in, one action out."""

    def __init__(self, policy: Any, preprocess: Any, postprocess: Any) -> None:
        self._policy = policy
        self._preprocess = preprocess
        self._postprocess = postprocess

    @classmethod
    def load(cls, path: Path, action_steps: int | None = None) -> PolicyRunner:
        """Load a checkpoint; `action_steps` replaces how much of a chunk is executed."""
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors

        policy = ACTPolicy.from_pretrained(path, config=_config(path, action_steps), strict=True)
        return cls(policy, *make_pre_post_processors(policy.config, pretrained_path=str(path)))

    @classmethod
    def untrained(cls, path: Path = CHECKPOINT, seed: int = 0) -> PolicyRunner:
        """Make the same network with random weights; the processors are the checkpoint's."""
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors
        import torch

        torch.manual_seed(seed)
        policy = ACTPolicy(_config(path, None)).eval()
        return cls(policy, *make_pre_post_processors(policy.config, pretrained_path=str(path)))

    def reset(self) -> None:
        """Begin a new episode."""
        self._policy.reset()
        self._preprocess.reset()
        self._postprocess.reset()

    def action(self, arm: DeskArm) -> Floats:
        """Return the joint target for the next tick, radians, (6,)."""
        images = {camera: policy_view(arm.render(camera)) for camera in CAMERAS}
        return self.act(images, arm.positions())

    def act(self, images: Mapping[str, Image], state_rad: Floats) -> Floats:
        """Like ``action``, of what was seen: camera to (144, 192, 3) RGB, and (6,) radians."""
        import torch

        observation: dict[str, Any] = {
            'observation.state': torch.from_numpy(state_rad.astype(np.float32))
        }
        for camera, image in images.items():
            picture = torch.from_numpy(image)  # (row, col, 3)
            observation[f'observation.images.{camera}'] = picture.permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            action = self._policy.select_action(self._preprocess(observation))
            action = self._postprocess(action)
        return np.asarray(action.squeeze(0).numpy(), np.float64)


def evaluate(
    runner: PolicyRunner,
    episodes: int = EPISODES,
    seed: int = EVALUATION_SEEDS_FROM,
    ticks: int = TICKS,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Play `episodes` episodes with consecutive seeds."""
    arm = DeskArm(seed)
    outcomes = []
    try:
        for episode_seed in range(seed, seed + episodes):
            outcomes.append(play(arm, runner, episode_seed, ticks))
            report(outcomes[-1])
    finally:
        arm.close()
    return outcomes


def play(arm: DeskArm, runner: PolicyRunner, seed: int, ticks: int = TICKS) -> Outcome:
    """Play one episode to its time limit."""
    arm.reset(seed)
    runner.reset()
    distances_m = []
    for _ in range(ticks):
        arm.step(runner.action(arm), 1 / CONTROL_HZ)
        distances_m.append(arm.gripper_to_target_m())
    near = [tick for tick, distance_m in enumerate(distances_m) if distance_m <= NEAR_M]
    return Outcome(
        seed=seed,
        final_m=distances_m[-1],
        closest_m=min(distances_m),
        reached_s=(near[0] + 1) / CONTROL_HZ if near else None,
    )


def score(outcomes: Sequence[Outcome], within_m: float) -> Score:
    """Count the episodes that ended within `within_m` of the cube."""
    successes = sum(outcome.final_m <= within_m for outcome in outcomes)
    low, high = wilson_interval(successes, len(outcomes))
    return Score(within_m, successes, len(outcomes), successes / len(outcomes), low, high)


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share; unlike the usual one it holds near 0 and 1."""
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    half /= 1 + z * z / trials
    return max(0.0, middle - half), min(1.0, middle + half)


def _config(path: Path, action_steps: int | None) -> Any:
    if not (path / 'config.json').is_file():
        raise ValueError(
            f'policy {path} has no config.json; name a LeRobot checkpoint folder or {UNTRAINED!r}'
        )
    from lerobot.configs.policies import PreTrainedConfig
    import lerobot.policies.act.configuration_act  # noqa: F401  (registers the type "act")

    config = PreTrainedConfig.from_pretrained(path)
    if config.type != 'act':
        raise ValueError(f'policy {path} is of type {config.type!r}; the desk arm evaluates "act"')
    _check_fit(path, config)
    config.pretrained_backbone_weights = None  # the checkpoint brings its own, no download
    if action_steps is not None:
        if not 1 <= action_steps <= config.chunk_size:
            raise ValueError(
                f'action steps is {action_steps}; '
                f'the chunk of {path} allows 1 to {config.chunk_size}'
            )
        config.n_action_steps = action_steps
    return config


def _check_fit(path: Path, config: Any) -> None:
    picture = (3, POLICY_HEIGHT, POLICY_WIDTH)
    wanted: dict[str, tuple[int, ...]] = {
        f'observation.images.{camera}': picture for camera in CAMERAS
    }
    wanted['observation.state'] = (len(JOINT_NAMES),)
    shapes = {name: tuple(one.shape) for name, one in config.input_features.items()}
    if shapes != wanted:
        raise ValueError(
            f'policy {path} wants {shapes}, the desk arm has {wanted}; '
            'name a policy that was trained on it'
        )


def _line(result: Score) -> str:
    return (
        f'within {result.within_m * 100:.0f} cm: {result.successes}/{result.episodes} = '
        f'{result.share:.0%} (95 % interval {result.low:.0%} to {result.high:.0%})'
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m attention_mapper_ros.sim.evaluation',
        description='Success rate of an ACT policy on the simulated desk arm.',
    )
    parser.add_argument(
        '--policy',
        default=str(CHECKPOINT),
        help=f'checkpoint folder, or {UNTRAINED!r}; the shipped one if not given',
    )
    parser.add_argument('--episodes', type=int, default=EPISODES)
    parser.add_argument('--seed', type=int, default=EVALUATION_SEEDS_FROM, help='of the first')
    parser.add_argument('--ticks', type=int, default=TICKS, help='time limit, 10 ticks a second')
    parser.add_argument(
        '--action-steps', type=int, help='actions executed of each chunk, else as the policy says'
    )
    parser.add_argument('--json', type=Path, help='file for all outcomes')
    return parser


def _check_request(arguments: argparse.Namespace) -> None:
    for name, least in (('episodes', 1), ('ticks', 1), ('seed', EVALUATION_SEEDS_FROM)):
        value = getattr(arguments, name)
        if value < least:
            raise ValueError(f'--{name} is {value}; it must be {least} or more')


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate from the command line."""
    arguments = _parser().parse_args(argv)

    def report(outcome: Outcome) -> None:
        print(f'seed {outcome.seed}: {outcome.final_m * 100:.1f} cm', flush=True)  # noqa: T201

    try:
        _check_request(arguments)
        if arguments.policy == UNTRAINED:
            runner = PolicyRunner.untrained()
        else:
            runner = PolicyRunner.load(Path(arguments.policy), arguments.action_steps)
        outcomes = evaluate(runner, arguments.episodes, arguments.seed, arguments.ticks, report)
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)  # noqa: T201
        return 2
    scores = [score(outcomes, NEAR_M), score(outcomes, VERY_NEAR_M)]
    for result in scores:
        print(_line(result))  # noqa: T201
    if arguments.json is not None:
        summary = {
            'policy': arguments.policy if arguments.policy == UNTRAINED else 'checkpoint',
            'scores': [asdict(result) for result in scores],
            'outcomes': [asdict(outcome) for outcome in outcomes],
        }
        arguments.json.write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
