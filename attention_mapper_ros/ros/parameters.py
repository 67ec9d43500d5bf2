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
Parameters with description, range and read-only flag, and refusal of those nobody declared.

A ROS node silently ignores a parameter that it does not declare: a typing error in a file then
looks like a value that has no effect. ``GivenParameters`` finds those, for a node and for a file
that is read without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import difflib
from typing import Any

from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.interfaces import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
)

# Declared by rclpy itself, for every node.
_BUILT_IN = ('use_sim_time', 'start_type_description_service')
_BUILT_IN_PREFIX = 'qos_overrides.'
# Declared after the node's own, by whatever sends its diagnostics.
_OF_DIAGNOSTICS = ('diagnostic_updater.period', 'diagnostic_updater.use_fqn')


@dataclass(frozen=True)
class ParameterDoc:
    """
    One parameter: its default tells the type.

    ``low`` and ``high`` bound numbers, ``choices`` lists the words that are allowed. With
    ``live`` it can be set while the node runs, with ``unconfigured`` while a managed node is
    unconfigured, with ``dynamic`` to a value of any type.
    """

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False
    unconfigured: bool = False
    dynamic: bool = False

    def descriptor(self) -> ParameterDescriptor:
        """Return the ROS description of this parameter."""
        descriptor = ParameterDescriptor(
            name=self.name,
            description=self.description,
            read_only=not (self.live or self.unconfigured),
            dynamic_typing=self.dynamic,
        )
        if self.choices:
            descriptor.additional_constraints = f'one of: {", ".join(self.choices)}'
        if self.low is None or self.high is None:
            return descriptor
        if isinstance(self.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
            ]
        else:
            descriptor.integer_range = [
                IntegerRange(from_value=int(self.low), to_value=int(self.high))
            ]
        return descriptor

    def check(self, value: Any) -> None:
        """Raise ValueError, with the remedy, for a value that is not allowed."""
        if self.choices and value not in self.choices:
            raise ValueError(
                f'parameter {self.name} is {value!r}: choose one of '
                f'{", ".join(repr(choice) for choice in self.choices)}'
            )
        if self.low is None or self.high is None:
            return
        if not self.low <= value <= self.high:
            raise ValueError(
                f'parameter {self.name} is {value}: choose a value from {self.low} to {self.high}'
            )


class GivenParameters:
    """
    Declares parameters, and says which of the given ones nobody declared.

    ``given``: values by name, as a parameter file has them. Needs no node.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = {
            name: value
            for name, value in given.items()
            if name not in _BUILT_IN and not name.startswith(_BUILT_IN_PREFIX)
        }
        self._docs: dict[str, ParameterDoc] = {}
        self._values: dict[str, Any] = {}

    @property
    def docs(self) -> dict[str, ParameterDoc]:
        """Every parameter declared so far, by name."""
        return dict(self._docs)

    @property
    def values(self) -> dict[str, Any]:
        """The value with which every parameter was declared, by name."""
        return dict(self._values)

    def declare(self, doc: ParameterDoc) -> Any:
        """
        Declare one parameter and return its value; an integer serves where a float is wanted.

        Raises ValueError for a value of another type or outside its range.
        """
        value = self._given.pop(doc.name, doc.default)
        value = _convert(doc, value)
        doc.check(value)
        self._docs[doc.name] = doc
        self._values[doc.name] = value
        return value

    def refuse_unknown(self) -> None:
        """Raise ValueError when a parameter was given that was not declared."""
        unknown = sorted(set(self._given) - set(_OF_DIAGNOSTICS))
        if not unknown:
            return
        name = unknown[0]
        near = difflib.get_close_matches(name, [*self._docs, *_OF_DIAGNOSTICS], n=1)
        remedy = f'did you mean {near[0]}?' if near else 'remove it from the parameter file'
        raise ValueError(f'parameter {name} is not known to this node: {remedy}')


class ParameterDeclarer(GivenParameters):
    """
    Declares parameters on a node too.

    The node must be made with ``automatically_declare_parameters_from_overrides=True``: that
    is how its given parameters are known through public calls. Used once, in the node's
    constructor.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        super().__init__(
            {name: given.value for name, given in node.get_parameters_by_prefix('').items()}
        )
        for name in self._given:
            node.undeclare_parameter(name)

    def declare(self, doc: ParameterDoc) -> Any:
        """Declare one parameter on the node; the rest as without one."""
        value = super().declare(doc)
        self._node.declare_parameter(doc.name, value, doc.descriptor(), ignore_override=True)
        return value

    def constrain(self, name: str, text: str) -> None:
        """Describe the valid values of a declared live parameter in words, as it turned out."""
        descriptor = self._node.describe_parameter(name)
        descriptor.additional_constraints = text
        self._node.set_descriptor(name, descriptor)


def _convert(doc: ParameterDoc, value: Any) -> Any:
    """Return the value in its default's type, as a ROS parameter of that type holds it."""
    if doc.dynamic:
        return value
    wanted = type(doc.default)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is list:
        # An array parameter comes back as a tuple or array; an empty one has no type.
        if isinstance(value, (str, bytes)) or not hasattr(value, '__iter__'):
            raise ValueError(
                f'parameter {doc.name} is {value!r}: give a list, such as [{value!r}]'
            )
        return list(value)
    if not isinstance(value, wanted):
        raise ValueError(
            f'parameter {doc.name} is {value!r}, of type {type(value).__name__}: '
            f'it must be of type {wanted.__name__}, such as {doc.default!r}'
        )
    return value
