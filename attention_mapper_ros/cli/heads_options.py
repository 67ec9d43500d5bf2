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

"""The options of `attention-mapper heads`; what is wrong with them is said at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from attention_mapper_ros.cli.installed_files import SHIPPED_POLICY

SUFFIXES = ('.png', '.jpg', '.jpeg')
# Options and the source of the frame to which each belongs.
_BELONGS = {
    'episode': ('dataset',),
    'frame': ('dataset', 'sim'),
    'seed': ('sim',),
    'state': ('images',),
    'environment': ('images',),
}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper heads',
        description='Show what every head of every layer of a policy looks at, on one frame: a '
        'picture with a tile per head, and a table of their numbers.',
    )
    parser.add_argument(
        '--policy',
        metavar='PATH_OR_ID',
        help='LeRobot checkpoint: a local folder or a hub id; with --sim the shipped one if not '
        'given',
    )
    frame = parser.add_mutually_exclusive_group(required=True)
    frame.add_argument(
        '--dataset', metavar='FOLDER_OR_HUB_ID', help='the frame of a LeRobot dataset (v3)'
    )
    frame.add_argument(
        '--sim', action='store_true', help='a frame of the simulated arm, which the policy drives'
    )
    frame.add_argument(
        '--images',
        nargs='+',
        metavar='CAMERA=FILE',
        help="pictures of all the policy's cameras, at the size that it was trained on",
    )
    parser.add_argument('--episode', type=int, metavar='E', help='of the dataset (0)')
    parser.add_argument(
        '--frame', type=int, metavar='F', help='within the episode, of a dataset or simulated (0)'
    )
    parser.add_argument('--seed', type=int, metavar='S', help='of the simulated episode (0)')
    parser.add_argument(
        '--state',
        metavar='0.1,0,…',
        help="joint positions beside --images, in the dataset's units",
    )
    parser.add_argument(
        '--environment', metavar='0.1,0,…', help='environment state beside --images'
    )
    parser.add_argument(
        '--query',
        default='mean',
        metavar='QUERY',
        help='of the cross-attention: an action of the chunk (3), several (0,2), mean or max of '
        'those that are executed (mean)',
    )
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1, mps')
    parser.add_argument(
        '--output', type=Path, default=Path('heads.png'), metavar='FILE', help='heads.png'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='also write the numbers here')
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with the shipped policy filled in. Raises ValueError with a remedy."""
    source = next(name for name in ('dataset', 'sim', 'images') if getattr(options, name))
    for name, sources in _BELONGS.items():
        if getattr(options, name) is not None and source not in sources:
            belongs = ' or '.join(f'--{each}' for each in sources)
            raise ValueError(f'--{name} belongs to {belongs}: leave it out beside --{source}')
    for name in ('episode', 'frame', 'seed'):
        if (getattr(options, name) or 0) < 0:
            raise ValueError(f'--{name} is {getattr(options, name)}; it must be 0 or more')
    if options.output.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f'--output {options.output} is no picture file: let it end in {", ".join(SUFFIXES)}'
        )
    for name in ('output', 'json'):
        path = getattr(options, name)
        if path is not None and not path.parent.is_dir():
            raise ValueError(f'--{name} {path}: the folder {path.parent} does not exist, make it')
    if options.policy is None:
        if source != 'sim':
            raise ValueError(
                f'--policy is missing: name the checkpoint that was trained on such frames as '
                f'those of --{source}; the shipped one only knows the simulated arm (--sim)'
            )
        options.policy = str(SHIPPED_POLICY)
    return options
