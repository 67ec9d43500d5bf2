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

"""The options of `attention-mapper analyze`; what is wrong with them is said at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import re

from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF
from attention_mapper_ros.attention.request import METHODS
from attention_mapper_ros.cli.episode_numbers import episode_numbers
from attention_mapper_ros.recordings.options import (
    AnalysisOptions,
    AttentionOptions,
    BagOptions,
    FRAMES,
    OutputOptions,
    TICKS,
)

_SHARD = re.compile(r'(\d+)/(\d+)')


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper analyze',
        description='Run a policy over recorded episodes and write where it looked: videos, GIFs, '
        'a picture per layer, a table, the maps. Finished episodes are kept and not done again.',
        epilog='doc/analysis.md describes what is written.',
    )
    parser.add_argument(
        'source',
        metavar='SOURCE',
        help='LeRobot dataset (v3), a local folder or a hub id; or a rosbag2, a folder, an .mcap '
        'or a .db3 file',
    )
    parser.add_argument(
        '--policy',
        metavar='PATH_OR_ID',
        help='LeRobot checkpoint: a local folder or a hub id; for a bag, if not given, that of '
        'the parameter file',
    )
    parser.add_argument(
        '--output', type=Path, default=Path('analysis'), metavar='DIR', help='(./analysis)'
    )
    parser.add_argument('--episodes', metavar='0,3,7-9', help='of the dataset; all if not given')
    parser.add_argument(
        '--strict',
        action='store_true',
        help='an episode that cannot be analysed ends it all; else it is skipped and named',
    )
    _add_model(parser.add_argument_group('model'))
    _add_attention(parser.add_argument_group('attention, as the parameters of the live node'))
    _add_outputs(parser.add_argument_group('what is written'))
    _add_bag(parser.add_argument_group('bags'))
    _add_crew(parser.add_argument_group('many episodes'))
    return parser


def analysis_options(given: argparse.Namespace) -> AnalysisOptions:
    """Return what the command line asks for. Raises ValueError naming the valid range."""
    numbers = episode_numbers(given.episodes)
    return AnalysisOptions(
        source=given.source,
        policy=given.policy or '',
        output=given.output,
        episodes=None if numbers is None else tuple(numbers),
        device=given.device,
        precision=given.precision,
        batch=given.batch,
        threads=given.threads,
        attention=AttentionOptions(
            given.method,
            given.layer,
            given.head,
            given.query,
            given.module,
            given.target,
            given.baseline,
        ),
        outputs=OutputOptions(
            video=given.video,
            camera_videos=given.camera_videos,
            gif=given.gif,
            gif_fps=given.gif_fps,
            gif_width=given.gif_width,
            frames=given.frames,
            frames_module=given.frames_module,
            maps=given.maps,
            boxes=given.boxes,
            bag=given.bag,
            bag_inputs=given.bag_inputs,
            bag_compressed=given.bag_compressed,
        ),
        bag=BagOptions(
            params_file=given.params_file,
            namespace=given.namespace,
            remappings=remappings(given.remap),
            ticks=given.ticks,
            node=given.node,
        ),
        strict=given.strict,
    )


def shard(text: str | None) -> tuple[int, int]:
    """Read ``i/n``, counted from 0; the whole for None. Raises ValueError otherwise."""
    if text is None:
        return 0, 1
    found = _SHARD.fullmatch(text)
    if found is None or not int(found[1]) < int(found[2]):
        raise ValueError(f'--shard {text!r}: give a part and their number, 0/4 to 3/4')
    return int(found[1]), int(found[2])


def remappings(texts: Sequence[str]) -> dict[str, str]:
    """Read ``from:=to`` as on ROS's command line. Raises ValueError otherwise."""
    pairs = [text.partition(':=') for text in texts]
    for text, (name, _, other) in zip(texts, pairs, strict=True):
        if not (name and other):
            raise ValueError(f'--remap {text!r}: give FROM:=TO, as in front/image_raw:=/cam0')
    return {name: other for name, _, other in pairs}


def _add_model(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1, mps')
    group.add_argument('--precision', default='float32', help='float32 or bfloat16')
    group.add_argument(
        '--batch', type=int, default=8, metavar='N', help='steps of one forward (8)'
    )
    group.add_argument(
        '--threads', type=int, default=0, metavar='N', help='CPU threads of one forward'
    )


def _add_attention(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--method', choices=METHODS, help='(rollout)')
    group.add_argument('--layer', metavar='PICK', help='index, several (0,2), last, mean, max')
    group.add_argument('--head', metavar='PICK', help='likewise (mean)')
    group.add_argument('--query', metavar='PICK', help='index into the action chunk (mean)')
    group.add_argument('--module', help='decoder_cross, or encoder_self with method raw')
    group.add_argument('--target', metavar='JOINT', help='one action, with method gradient')
    group.add_argument('--baseline', help='none, blank, mean; divided by with blank/, mean/')


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    switch = argparse.BooleanOptionalAction
    defaults = OutputOptions()
    group.add_argument('--video', action=switch, default=True, help='attention.mp4')
    group.add_argument(
        '--camera-videos', action=switch, default=False, help='one video per camera as well'
    )
    group.add_argument('--gif', action=switch, default=True, help='attention.gif')
    group.add_argument('--gif-fps', type=float, default=defaults.gif_fps, metavar='N')
    group.add_argument('--gif-width', type=int, default=defaults.gif_width, metavar='PIXELS')
    group.add_argument(
        '--frames',
        choices=FRAMES,
        default=defaults.frames,
        help='pictures of every step: one per layer, also one per head, or none (layers)',
    )
    group.add_argument(
        '--frames-module',
        choices=(DECODER_CROSS, ENCODER_SELF),
        help='whose layers they show; the shown one if not given',
    )
    group.add_argument('--maps', action=switch, default=True, help='maps.zarr')
    group.add_argument(
        '--boxes',
        type=float,
        metavar='QUANTILE',
        help='outline and follow the regions above this quantile, 0.9 say; off if not given',
    )
    group.add_argument(
        '--bag',
        type=Path,
        metavar='FILE.mcap',
        help='also write the attention topics of the live node; of a dataset a file per episode',
    )
    group.add_argument(
        '--bag-inputs', action=switch, default=False, help='with the inputs in the same bag'
    )
    group.add_argument(
        '--bag-compressed', action=switch, default=False, help='with its pictures as JPEG'
    )


def _add_bag(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--params-file', type=Path, metavar='YAML', help='the parameter file of the live node'
    )
    group.add_argument('--namespace', default='/', help='in which the node would run (/)')
    group.add_argument('--remap', action='append', default=[], metavar='FROM:=TO')
    group.add_argument('--node', default='act_policy', help='its name (act_policy)')
    group.add_argument(
        '--ticks',
        choices=TICKS,
        default='rate',
        help='tick at rate_hz, or when the recorded actions were sent (rate)',
    )


def _add_crew(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--workers', type=int, default=1, metavar='N', help='processes (1)')
    group.add_argument(
        '--ray',
        metavar='ADDRESS',
        help='run on a Ray cluster, auto or ray://…; --workers says how many actors',
    )
    group.add_argument('--shard', metavar='I/N', help='every N-th episode from the I-th on')
