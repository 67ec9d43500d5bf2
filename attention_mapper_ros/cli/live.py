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
`attention-mapper live`: the policy node on whichever ROS client is there, and the page beside it.

What `ros2 launch attention_mapper_ros act_live.launch.py` is for a ROS 2 installation, this is for
every other machine: the same node, the same topics on the wire.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
import subprocess
import sys

from attention_mapper_ros.cli.installed_files import config_file

ROS_ARGUMENTS = '--ros-args'
PAGE_STOPS_WITHIN_S = 5.0


def main(arguments: Sequence[str]) -> int:
    own, for_ros = split_at_ros_arguments(arguments)
    options = parser().parse_args(own)
    params_file = options.params_file or config_file('act_live.yaml')
    if not params_file.is_file():
        print(
            f'--params-file {params_file} does not exist; copy {config_file("act_live.yaml")} '
            'and describe your cameras and joints in it',
            file=sys.stderr,
        )
        return 2

    # Imported now: it brings torch and LeRobot, and a mistyped option should not wait for them.
    from attention_mapper_ros.nodes import act_policy

    node_arguments = [ROS_ARGUMENTS, '--params-file', str(params_file)]
    if options.policy:
        node_arguments += ['-p', f'policy:={options.policy}']
    with page(for_ros) if options.page else nullcontext():
        return act_policy.main([*node_arguments, *for_ros])


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper live',
        description='Run a LeRobot ACT policy on the robot graph and show what it looks at.',
        epilog="Everything after --ros-args is the node's: -p rate_hz:=20, -r __ns:=/left …",
    )
    parser.add_argument(
        '--policy', metavar='PATH_OR_ID', help='LeRobot checkpoint: a local folder or a hub id'
    )
    parser.add_argument(
        '--params-file',
        type=Path,
        metavar='FILE',
        help='ROS parameter file with cameras and joints; the default is the act_live.yaml that '
        'comes with the package',
    )
    parser.add_argument(
        '--page',
        action=argparse.BooleanOptionalAction,
        default=False,
        help='also serve the overlays on http://127.0.0.1:8080',
    )
    return parser


def split_at_ros_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split the line into this command's options and what follows `--ros-args`."""
    arguments = list(arguments)
    if ROS_ARGUMENTS not in arguments:
        return arguments, []
    at = arguments.index(ROS_ARGUMENTS)
    return arguments[:at], arguments[at + 1 :]


@contextmanager
def page(for_ros: Sequence[str]) -> Iterator[None]:
    """Serve the page from a process of its own, as long as the node runs."""
    command = [sys.executable, '-m', 'attention_mapper_ros.nodes.attention_page']
    process = subprocess.Popen([*command, ROS_ARGUMENTS, *namespace_arguments(for_ros)])
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PAGE_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def namespace_arguments(for_ros: Sequence[str]) -> list[str]:
    """Pick the namespace out of the node's arguments: it is the only one the page shares."""
    return [
        part
        for flag, rule in pairwise(for_ros)
        if flag in ('-r', '--remap') and rule.startswith('__ns:=')
        for part in (flag, rule)
    ]
