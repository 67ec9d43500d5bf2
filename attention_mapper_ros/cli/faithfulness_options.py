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

"""The options of `attention-mapper faithfulness`; what is wrong with them is said at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from attention_mapper_ros.attention.confidence import MINIMUM_CLUSTERS
from attention_mapper_ros.cli.installed_files import SHIPPED_POLICY


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper faithfulness',
        description='Say which attention method is right for a policy: blur what a method ranks '
        'first and see whether the action changes, draw the weights anew and see whether the map '
        'changes, and, in simulation, look whether the peak lies on the target. Writes '
        'faithfulness.json and faithfulness.png.',
    )
    parser.add_argument(
        '--policy',
        metavar='PATH_OR_ID',
        help='LeRobot checkpoint: a local folder or a hub id; with --sim the shipped one if not '
        'given',
    )
    frames = parser.add_mutually_exclusive_group(required=True)
    frames.add_argument(
        '--dataset',
        metavar='FOLDER_OR_HUB_ID',
        help='frames of a LeRobot dataset (v3): a local folder or a hub id',
    )
    frames.add_argument(
        '--sim',
        action='store_true',
        help='live frames of the simulated arm, which the policy drives',
    )
    parser.add_argument('--episodes', metavar='0,3,7-9', help='of the dataset; all if not given')
    parser.add_argument(
        '--frames', type=int, default=60, metavar='N', help='spread over the episodes (60)'
    )
    parser.add_argument(
        '--methods',
        metavar='NAMES',
        help='separated by commas: raw, rollout, gradient and occlusion; with a baseline as in '
        'raw-mean, raw-blank, raw/mean. If not given, all, with and without the mean picture',
    )
    parser.add_argument(
        '--executed',
        type=int,
        metavar='N',
        help="actions of a chunk that count; if not given, the policy's n_action_steps",
    )
    parser.add_argument(
        '--target',
        metavar='JOINT',
        help='name or number of one action: only it counts, and gradient explains it',
    )
    parser.add_argument(
        '--steps', type=int, default=20, metavar='N', help='parts in which cells are blurred (20)'
    )
    parser.add_argument(
        '--randomised-frames',
        type=int,
        default=8,
        metavar='N',
        help='frames that go through weight randomisation, the slowest test (8); 0 leaves it out',
    )
    parser.add_argument('--seed', type=int, default=0, help='of everything that is drawn (0)')
    parser.add_argument(
        '--batch', type=int, default=16, metavar='N', help='pictures in one forward (16)'
    )
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1, mps')
    parser.add_argument('--precision', default='float32', help='float32 or bfloat16')
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('faithfulness'),
        metavar='DIR',
        help='folder for the two files (./faithfulness)',
    )
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with the shipped policy filled in. Raises ValueError naming the range."""
    least = {'frames': MINIMUM_CLUSTERS, 'steps': 1, 'batch': 1, 'seed': 0, 'randomised_frames': 0}
    for name, minimum in least.items():
        value = getattr(options, name)
        if value < minimum:
            flag = name.replace('_', '-')
            raise ValueError(f'--{flag} is {value}; it must be {minimum} or more')
    if 0 < options.randomised_frames < MINIMUM_CLUSTERS:
        raise ValueError(
            f'--randomised-frames is {options.randomised_frames}; it must be 0, which leaves the '
            f'test out, or {MINIMUM_CLUSTERS} or more'
        )
    if options.sim and options.episodes is not None:
        raise ValueError(
            '--episodes chooses among those of a dataset, and --sim plays its own: leave it out '
            'and choose --frames and --seed'
        )
    if options.output.exists() and not options.output.is_dir():
        raise ValueError(f'--output {options.output} is a file; name a folder')
    if options.policy is None:
        if not options.sim:
            raise ValueError(
                '--policy is missing: name the checkpoint that was trained on '
                f'{options.dataset}; the shipped one only knows the simulated arm (--sim)'
            )
        options.policy = str(SHIPPED_POLICY)
    return options


def target_number(text: str | None, names: tuple[str, ...], size: int) -> int | None:
    """
    Return which number of the action ``--target`` means; None for None.

    ``names``: those of the action's numbers, as far as known; ``size``: how many it has. Raises
    ValueError naming the valid ones.
    """
    if text is None:
        return None
    if text in names:
        return names.index(text)
    if text.isdecimal() and int(text) < size:
        return int(text)
    known = f', or one of {", ".join(names)}' if names else ''
    raise ValueError(
        f'--target {text!r} is no number of the action: choose 0 to {size - 1}{known}'
    )
