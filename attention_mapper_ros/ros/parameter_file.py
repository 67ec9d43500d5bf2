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
ROS parameter files and values: YAML with node names, wildcards and `ros__parameters`.

Types are inferred as rcl does. Errors name the file and the key. It declares nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any, Final

try:
    import yaml
except ImportError as error:
    raise ImportError(
        f"PyYAML cannot be imported ({error}): pip install 'attention_mapper_ros[live]'"
    ) from error

_KEY: Final = 'ros__parameters'


class _Loader(yaml.SafeLoader):
    """Safe YAML that also takes 1e3 for a number, as rcl does."""


_Loader.add_implicit_resolver(
    'tag:yaml.org,2002:float',
    re.compile(r'^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$'),
    list('-+0123456789.'),
)
# A parameter that looks like a date stays text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(':timestamp')]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class ParameterRule:
    """Values for the nodes that a pattern names: '/**', '/*', 'node', '/ns/node'."""

    node: str
    values: dict[str, Any]
    origin: str

    def concerns(self, namespace: str, name: str) -> bool:
        full = f'{namespace.rstrip("/")}/{name}'
        pattern = self.node if self.node.startswith('/') else f'/{self.node}'
        if '*' not in pattern:
            # A bare name means the node of that name, in whatever namespace: `ros2 run` users
            # write it so; a name with a slash means exactly that node.
            return pattern == full or ('/' not in self.node and self.node == name)
        parts = [
            '(/[A-Za-z0-9_]+)*' if part == '**' else '/' + part.replace('*', '[A-Za-z0-9_]*')
            for part in pattern.split('/')[1:]
        ]
        return re.fullmatch(''.join(parts), full) is not None


def load_parameter_file(path: str) -> list[ParameterRule]:
    """Read a parameter file: one rule for each node it names, in the file's order."""
    try:
        document = yaml.load(Path(path).read_text(encoding='utf-8'), Loader=_Loader)
    except OSError as error:
        raise RuntimeError(f'cannot read the parameter file {path!r}: {error.strerror}') from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuntimeError(f'the parameter file {path!r} is not YAML: {error}') from error
    if document is None:
        return []
    if not isinstance(document, dict):
        raise RuntimeError(
            f'the parameter file {path!r} must map node names to {_KEY}, '
            f'its top level is a {type(document).__name__}'
        )
    rules: list[ParameterRule] = []
    _collect(path, '', document, rules)
    return rules


def overrides_for(rules: list[ParameterRule], namespace: str, name: str) -> dict[str, Any]:
    """Merge the rules that concern a node; later ones win."""
    merged: dict[str, Any] = {}
    for rule in rules:
        if rule.concerns(namespace, name):
            merged.update(rule.values)
    return merged


def parse_value(text: str, origin: str) -> Any:
    """Infer a value's type as YAML does; an empty text is the empty string."""
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise RuntimeError(f'{origin}: the value is not YAML: {error}') from error
    if value is None:
        return text
    return _checked(value, origin)


def _collect(path: str, prefix: str, entries: dict[Any, Any], rules: list[ParameterRule]) -> None:
    """Walk namespaces down to the nodes."""
    for key, value in entries.items():
        if not isinstance(key, str):
            raise RuntimeError(f'{path!r}: {key!r} under {prefix or "the top"} is not a node name')
        if not isinstance(value, dict):
            raise RuntimeError(
                f'{path!r}: {key!r} under {prefix or "the top"} must hold {_KEY}, '
                f'it is {value!r}; parameters stand below a node name and {_KEY}'
            )
        name = f'{prefix}/{key.strip("/")}' if prefix else key
        if _KEY in value:
            parameters = value[_KEY]
            if parameters is None:
                continue
            if not isinstance(parameters, dict):
                raise RuntimeError(f'{path!r}: {_KEY} of {name!r} must be a map')
            flat: dict[str, Any] = {}
            _flatten(f'{path!r}: {name}', '', parameters, flat)
            rules.append(ParameterRule(name, flat, path))
        deeper = {k: v for k, v in value.items() if k != _KEY}
        if deeper:
            _collect(path, name if name.startswith('/') else f'/{name}', deeper, rules)


def _flatten(origin: str, prefix: str, entries: dict[Any, Any], flat: dict[str, Any]) -> None:
    for key, value in entries.items():
        name = f'{prefix}{key}'
        if isinstance(value, dict):
            _flatten(origin, f'{name}.', value, flat)
        elif value is None:
            raise RuntimeError(f'{origin}: parameter {name!r} has no value')
        else:
            flat[name] = _checked(value, f'{origin}: parameter {name!r}')


def _checked(value: Any, origin: str) -> Any:
    """Refuse what no parameter type can hold."""
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        raise RuntimeError(f'{origin}: binary values are not parameters')
    if isinstance(value, list):
        kinds = {type(item) for item in value}
        if len(kinds) > 1 or not kinds <= {bool, int, float, str}:
            names = ', '.join(sorted(kind.__name__ for kind in kinds))
            raise RuntimeError(
                f'{origin}: a list must hold values of one type, this one has {names}: {value}'
            )
        return value
    raise RuntimeError(f'{origin}: {value!r} is of no parameter type')
