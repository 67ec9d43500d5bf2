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
Names of nodes, topics and services: checks, expansion and remapping, as rcl and rmw do them.

The checks raise rclpy's exceptions. Nothing here knows a node object.
"""

from __future__ import annotations

from collections.abc import Iterable
import re
from typing import Final

from attention_mapper_ros.ros.dds.arguments import RemapRule
from attention_mapper_ros.ros.dds.exceptions import (
    InvalidNamespaceException,
    InvalidNodeNameException,
    InvalidParameterException,
    InvalidServiceNameException,
    InvalidTopicNameException,
)

# rmw/validate_*.h: 255 for nodes; topics leave room for the 'rt' prefix.
MAX_NODE_NAME: Final = 255
MAX_TOPIC_NAME: Final = 247


def validate_node_name(node_name: str) -> bool:
    """Validate a given node_name; True or InvalidNodeNameException."""
    if not node_name:
        raise InvalidNodeNameException(node_name, 'node name must not be empty', 0)
    if node_name[0].isdigit():
        raise InvalidNodeNameException(node_name, 'node name must not start with a number', 0)
    for index, character in enumerate(node_name):
        if not re.match(r'[A-Za-z0-9_]', character):
            raise InvalidNodeNameException(
                node_name,
                "node name must not contain characters other than alphanumerics or '_'",
                index,
            )
    if len(node_name) > MAX_NODE_NAME:
        raise InvalidNodeNameException(node_name, 'node name length should not exceed 255', 255)
    return True


def validate_namespace(namespace: str) -> bool:
    """Validate a given absolute namespace; True or InvalidNamespaceException."""
    if not namespace:
        raise InvalidNamespaceException(namespace, 'namespace must not be empty', 0)
    if not namespace.startswith('/'):
        raise InvalidNamespaceException(
            namespace, "namespace must be absolute, it must lead with a '/'", 0
        )
    if namespace == '/':
        return True
    problem = _problem(namespace, topic=False)
    if problem:
        raise InvalidNamespaceException(namespace, f'namespace {problem[0]}', problem[1])
    return True


def validate_topic_name(name: str, *, is_service: bool = False) -> bool:
    """Validate a topic or service name before expansion: it may be relative or private."""
    error = InvalidServiceNameException if is_service else InvalidTopicNameException
    kind = 'service' if is_service else 'topic'
    if not name:
        raise error(name, f'{kind} name must not be empty string', 0)
    text = name
    offset = 0
    if text == '~':
        return True
    if text.startswith('~'):
        if not text.startswith('~/'):
            raise error(name, f"{kind} name must not have tilde '~' without a forward slash", 1)
        text, offset = text[1:], 1
    for match in re.finditer(r'\{[^}]*\}', text):
        if match[0] not in ('{node}', '{ns}', '{namespace}'):
            raise error(name, f'{kind} name has unknown substitution {match[0]}', match.start())
    text = re.sub(r'\{[^}]*\}', 's', text)
    problem = _problem(text, topic=True)
    if problem:
        raise error(name, f'{kind} name {problem[0]}', problem[1] + offset)
    return True


def validate_parameter_name(name: str) -> bool:
    """Validate a given parameter name; True or InvalidParameterException."""
    if not name:
        raise InvalidParameterException(name)
    return True


def expand_topic_name(topic_name: str, node_name: str, node_namespace: str) -> str:
    """Make a relative or private name absolute."""
    base = node_namespace.rstrip('/')
    name = topic_name
    if name == '~' or name.startswith('~/'):
        name = f'{base}/{node_name}{name[1:]}'
    name = name.replace('{node}', node_name)
    name = name.replace('{ns}', base).replace('{namespace}', base)
    return name if name.startswith('/') else f'{base}/{name}'


def resolve(
    name: str,
    node_name: str,
    node_namespace: str,
    rules: Iterable[RemapRule],
    *,
    is_service: bool = False,
    only_expand: bool = False,
) -> str:
    """Validate, expand and remap a name; the first rule that matches wins."""
    validate_topic_name(name, is_service=is_service)
    full = expand_topic_name(name, node_name, node_namespace)
    if not only_expand:
        for rule in rules:
            if _matches(rule, full, node_name, node_namespace, is_service=is_service):
                validate_topic_name(rule.target, is_service=is_service)
                full = expand_topic_name(rule.target, node_name, node_namespace)
                break
    if len(full) > MAX_TOPIC_NAME:
        error = InvalidServiceNameException if is_service else InvalidTopicNameException
        raise error(full, f'name must not exceed {MAX_TOPIC_NAME} characters', MAX_TOPIC_NAME)
    return full


def remap_node(rules: Iterable[RemapRule], name: str, namespace: str) -> tuple[str, str]:
    """Apply the first rule for the node's name and the first for its namespace."""
    new_name, new_namespace = None, None
    for rule in rules:
        if not rule.concerns(name):
            continue
        if rule.kind == 'name' and new_name is None:
            new_name = rule.target
        elif rule.kind == 'namespace' and new_namespace is None:
            new_namespace = rule.target
    return new_name or name, new_namespace or namespace


def _matches(
    rule: RemapRule, full: str, node_name: str, node_namespace: str, *, is_service: bool
) -> bool:
    if rule.kind not in ('both', 'service' if is_service else 'topic'):
        return False
    if not rule.concerns(node_name):
        return False
    return expand_topic_name(rule.source, node_name, node_namespace) == full


def _problem(name: str, *, topic: bool) -> tuple[str, int] | None:
    """Return what is wrong with an expanded name and where, None if nothing is."""
    for index, character in enumerate(name):
        if not re.match(r'[A-Za-z0-9_/]', character):
            allowed = "alphanumerics, '_', '~', '{', or '}'" if topic else "alphanumerics, '_'"
            return f'must not contain characters other than {allowed}', index
    if (len(name) > 1 and name.endswith('/')) or name == '/':
        return "must not end with a forward slash '/'", len(name) - 1
    if '//' in name:
        return "must not contain repeated '/'", name.index('//') + 1
    for match in re.finditer(r'(?:^|/)(?=\d)', name):
        return 'must not have a token that starts with a number', match.end()
    return None
