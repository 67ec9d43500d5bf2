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
The command `attention-mapper`: finds the subcommand and hands over the rest of the line.

Every subcommand lives in a module with ``main(arguments)`` that returns the exit status. Modules
are imported only when called, because most of them bring torch with them and `--help` must not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
import sys

EXIT_MISSING = 3


@dataclass(frozen=True)
class Command:
    """A subcommand: its name, what it is for, and the module whose ``main`` does it."""

    name: str
    purpose: str
    module: str
    extra: str
    """The pip extra that brings what the module imports."""


COMMANDS = (
    Command(
        'live',
        'run a policy on the robot graph and show what it looks at',
        'attention_mapper_ros.cli.live',
        'live',
    ),
    Command(
        'demo',
        'a simulated arm, its policy and the page, on this machine alone',
        'attention_mapper_ros.cli.demo',
        'live,sim',
    ),
    Command(
        'doctor',
        'what is installed, what is missing, and the command that installs it',
        'attention_mapper_ros.cli.doctor',
        'live',
    ),
    Command(
        'record',
        "record episodes in simulation as a LeRobot dataset: the expert's, or a policy's",
        'attention_mapper_ros.sim.recording',
        'live,sim',
    ),
    Command(
        'train',
        'train the checkpoint that the package ships',
        'attention_mapper_ros.sim.training',
        'live,sim',
    ),
    Command(
        'evaluate',
        'success rate of a policy over seeded episodes in simulation',
        'attention_mapper_ros.sim.evaluation',
        'live,sim',
    ),
    Command(
        'analyze',
        'recorded episodes in; videos, GIFs, pictures, tables and maps of attention out',
        'attention_mapper_ros.cli.analyze',
        'analysis',
    ),
    Command(
        'report',
        'what analysed episodes say together: trends, failures, policies compared',
        'attention_mapper_ros.cli.report',
        'analysis',
    ),
    Command(
        'heads',
        'what every layer and head of a policy looks at on one frame: a picture, a table',
        'attention_mapper_ros.cli.heads',
        'live,sim',
    ),
    Command(
        'faithfulness',
        'which attention method is right for a policy: tables, a figure, JSON',
        'attention_mapper_ros.cli.faithfulness',
        'live,sim',
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    # The rest is the subcommand's: argparse would take its options for the parser's own.
    chosen = parser().parse_args(arguments[:1])
    command = next(command for command in COMMANDS if command.name == chosen.command)
    try:
        module = import_module(command.module)
    except ModuleNotFoundError as error:
        if (error.name or '').startswith('attention_mapper_ros'):
            raise
        print(
            f'attention-mapper {command.name} needs the Python package {error.name}; install it '
            f"with: pip install 'attention_mapper_ros[{command.extra}]'",
            file=sys.stderr,
        )
        return EXIT_MISSING
    return module.main(arguments[1:]) or 0


def parser() -> argparse.ArgumentParser:
    table = '\n'.join(f'  {command.name:<14}{command.purpose}' for command in COMMANDS)
    parser = argparse.ArgumentParser(
        prog='attention-mapper',
        usage='attention-mapper [-h] COMMAND ...',
        description='See what a transformer robot policy looks at.\n\ncommands:\n' + table,
        epilog='attention-mapper COMMAND --help describes the options of one command.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'command',
        choices=[command.name for command in COMMANDS],
        metavar='COMMAND',
        help='one of the above',
    )
    return parser


if __name__ == '__main__':
    sys.exit(main())
