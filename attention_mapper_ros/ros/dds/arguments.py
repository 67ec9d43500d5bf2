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
ROS arguments on the command line: `--ros-args -r from:=to -p name:=value --params-file ... --`.

What rcl's parser accepts, with errors that name the argument. Reading parameter files and
applying the rules to names is done elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import re

from attention_mapper_ros.ros.parameter_file import (
    load_parameter_file,
    ParameterRule,
    parse_value,
)

_NAME = r'[A-Za-z0-9_~{}/]+'
# node:from:=to; the schemes narrow a rule to topics or services.
_REMAP = re.compile(
    rf'^(?:(?P<node>[A-Za-z_][A-Za-z0-9_]*):(?!//))?'
    rf'(?P<source>(?:rostopic://|rosservice://)?{_NAME}):=(?P<target>\S*)$'
)
_PARAMETER = re.compile(r'^(?:(?P<node>[^:=]+):)?(?P<name>[^:=]+):=(?P<value>.*)$', re.DOTALL)


class RCLInvalidROSArgsError(RuntimeError):
    """The arguments after --ros-args cannot be understood."""


class UnknownROSArgsError(RuntimeError):
    """There is an unknown flag after --ros-args."""


@dataclass(frozen=True)
class RemapRule:
    """`node:source:=target`; kind is 'topic', 'service', 'both', 'name' or 'namespace'."""

    kind: str
    source: str
    target: str
    node: str | None = None

    def concerns(self, node_name: str) -> bool:
        return self.node is None or self.node == node_name


@dataclass
class Arguments:
    """What one command line says."""

    remaps: list[RemapRule] = field(default_factory=list)
    parameters: list[ParameterRule] = field(default_factory=list)
    log_levels: dict[str, str] = field(default_factory=dict)  # '' is the default level
    others: list[str] = field(default_factory=list)  # not for ROS
    stdout_logs: bool = True
    rosout_logs: bool = True


def parse_arguments(args: list[str]) -> Arguments:
    """Split a command line into what is ROS's and what is not."""
    result = Arguments()
    position, in_ros = 0, False
    while position < len(args):
        argument = args[position]
        position += 1
        if argument == '--ros-args':
            in_ros = True
        elif not in_ros:
            result.others.append(argument)
        elif argument == '--':
            in_ros = False
        else:
            position = _ros_argument(result, argument, args, position)
    return result


def remove_ros_args(args: list[str]) -> list[str]:
    """Return only the arguments that are not ROS's (rclpy.utilities.remove_ros_args)."""
    kept, in_ros = [], False
    for argument in args:
        if argument == '--ros-args':
            in_ros = True
        elif in_ros and argument == '--':
            in_ros = False
        elif not in_ros:
            kept.append(argument)
    return kept


def parse_remap(rule: str) -> RemapRule:
    """Parse one remap rule, such as `image:=/front/image_raw` or `talker:__ns:=/a`."""
    match = _REMAP.match(rule)
    if match is None:
        raise RCLInvalidROSArgsError(
            f"Couldn't parse remap rule: '-r {rule}'. It must look like from:=to, "
            '__node:=name, __ns:=/namespace or node:from:=to'
        )
    node, source, target = match['node'], match['source'], match['target']
    if source in ('__node', '__name'):
        kind = 'name'
    elif source == '__ns':
        kind = 'namespace'
        if not target.startswith('/'):
            raise RCLInvalidROSArgsError(
                f"Couldn't parse remap rule: '-r {rule}'. A namespace starts with '/'"
            )
    elif source.startswith('rostopic://'):
        kind, source = 'topic', source.removeprefix('rostopic://')
    elif source.startswith('rosservice://'):
        kind, source = 'service', source.removeprefix('rosservice://')
    else:
        kind = 'both'
    if not target or (source.startswith('__') and kind == 'both'):
        raise RCLInvalidROSArgsError(f"Couldn't parse remap rule: '-r {rule}'")
    return RemapRule(kind, source, target, node)


def parse_parameter(rule: str) -> ParameterRule:
    """Parse one `name:=value`, the value as YAML."""
    match = _PARAMETER.match(rule)
    if match is None:
        raise RCLInvalidROSArgsError(
            f"Couldn't parse parameter override rule: '-p {rule}'. It must look like name:=value"
        )
    value = parse_value(match['value'], f'-p {rule}')
    return ParameterRule(match['node'] or '/**', {match['name']: value}, f'-p {rule}')


def _ros_argument(result: Arguments, argument: str, args: list[str], position: int) -> int:
    """Take one argument and its value; return where to go on."""

    def value(what: str) -> str:
        if position >= len(args) or args[position] == '--':
            raise RCLInvalidROSArgsError(f"Couldn't parse trailing {argument} flag. No {what}.")
        return args[position]

    if argument in ('-r', '--remap'):
        result.remaps.append(parse_remap(value('remap rule found')))
    elif argument in ('-p', '--param'):
        result.parameters.append(parse_parameter(value('parameter found')))
    elif argument == '--params-file':
        result.parameters += load_parameter_file(value('file path provided'))
    elif argument == '--log-level':
        _log_level(result, value('log level found'))
    elif argument in ('-e', '--enclave', '--log-config-file', '--log-file-name'):
        # Security enclaves and log files are rcl's; a launch file may pass them all the same.
        value('value found')
    elif argument in ('--enable-rosout-logs', '--disable-rosout-logs'):
        result.rosout_logs = argument.startswith('--enable')
        return position
    elif argument in ('--enable-stdout-logs', '--disable-stdout-logs'):
        result.stdout_logs = argument.startswith('--enable')
        return position
    elif argument in ('--enable-external-lib-logs', '--disable-external-lib-logs'):
        return position
    else:
        raise UnknownROSArgsError(f'Found unknown ROS arguments: [{argument!r}]')
    return position + 1


def _log_level(result: Arguments, text: str) -> None:
    name, separator, level = text.rpartition(':=')
    if level.upper() not in ('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'UNSET'):
        raise RCLInvalidROSArgsError(
            f"Couldn't parse log level: '--log-level {text}'. "
            'Levels are debug, info, warn, error and fatal'
        )
    result.log_levels[name if separator else ''] = level.upper()


def local_arguments(args: list[str] | None) -> Arguments:
    """Parse a node's own `cli_args`, which are ROS's from the start."""
    return parse_arguments(['--ros-args', *args]) if args else Arguments()
