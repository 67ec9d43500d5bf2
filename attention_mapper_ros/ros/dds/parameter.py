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

"""Parameters: a name, a type and a value, as rclpy.parameter has them."""

from __future__ import annotations

from array import array
from enum import Enum
from typing import Any, Final

from attention_mapper_ros.ros.dds.messages import message_class

PARAMETER_SEPARATOR_STRING: Final = '.'

# The field of rcl_interfaces/ParameterValue for each type.
_FIELDS: Final = {
    1: 'bool_value',
    2: 'integer_value',
    3: 'double_value',
    4: 'string_value',
    5: 'byte_array_value',
    6: 'bool_array_value',
    7: 'integer_array_value',
    8: 'double_array_value',
    9: 'string_array_value',
}


class Parameter:
    """An immutable parameter."""

    class Type(Enum):
        NOT_SET = 0
        BOOL = 1
        INTEGER = 2
        DOUBLE = 3
        STRING = 4
        BYTE_ARRAY = 5
        BOOL_ARRAY = 6
        INTEGER_ARRAY = 7
        DOUBLE_ARRAY = 8
        STRING_ARRAY = 9

        @classmethod
        def from_parameter_value(cls, parameter_value: Any) -> Parameter.Type:
            """Get a Parameter.Type from a given value; TypeError if there is none for it."""
            if parameter_value is None:
                return Parameter.Type.NOT_SET
            single = _single_type(parameter_value)
            if single is not None:
                return single
            if isinstance(parameter_value, (list, tuple, array)):
                for kind in _LISTS:
                    # An empty list counts as bytes, as in rclpy.
                    if all(_is_element(kind, value) for value in parameter_value):
                        return kind
                raise TypeError(
                    'The given value is not a list of one of the allowed types'
                    f" '{parameter_value}'."
                )
            raise TypeError(
                f"The given value is not one of the allowed types '{parameter_value}'."
            )

        def check(self, parameter_value: Any) -> bool:
            if self is Parameter.Type.NOT_SET:
                return parameter_value is None
            if self in _LISTS:
                return isinstance(parameter_value, (list, tuple, array)) and all(
                    _is_element(self, value) for value in parameter_value
                )
            wanted: Any = {
                Parameter.Type.BOOL: bool,
                Parameter.Type.INTEGER: int,
                Parameter.Type.DOUBLE: float,
                Parameter.Type.STRING: str,
            }[self]
            return isinstance(parameter_value, wanted)

    @classmethod
    def from_parameter_msg(cls, param_msg: Any) -> Parameter:
        kind = Parameter.Type(param_msg.value.type)
        return cls(param_msg.name, kind, parameter_value_to_python(param_msg.value))

    def __init__(self, name: str, type_: Parameter.Type | None = None, value: Any = None) -> None:
        if type_ is None:
            type_ = Parameter.Type.from_parameter_value(value)
        if not isinstance(type_, Parameter.Type):
            raise TypeError(f"type must be an instance of '{Parameter.Type!r}'")
        if not type_.check(value):
            raise ValueError(f"Type '{type_}' and value '{value}' do not agree")
        self._type_ = type_
        self._name = name
        self._value = value

    @property
    def name(self) -> str:
        return self._name

    @property
    def type_(self) -> Parameter.Type:
        return self._type_

    @property
    def value(self) -> Any:
        return self._value

    def get_parameter_value(self) -> Any:
        """Return the rcl_interfaces/ParameterValue."""
        message = message_class('rcl_interfaces/msg/ParameterValue')(type=self.type_.value)
        if self.type_ is not Parameter.Type.NOT_SET:
            setattr(message, _FIELDS[self.type_.value], self.value)
        return message

    def to_parameter_msg(self) -> Any:
        return message_class('rcl_interfaces/msg/Parameter')(
            name=self.name, value=self.get_parameter_value()
        )

    def __repr__(self) -> str:
        return f'Parameter({self.name!r}, {self.type_}, {self.value!r})'


def parameter_value_to_python(parameter_value: Any) -> Any:
    """Get the Python value of an rcl_interfaces/ParameterValue; None if it is not set."""
    if parameter_value.type == 0:
        return None
    if parameter_value.type not in _FIELDS:
        raise RuntimeError(f'unexpected parameter type {parameter_value.type}')
    value = getattr(parameter_value, _FIELDS[parameter_value.type])
    return list(value) if parameter_value.type >= 5 else value


_LISTS: Final = (
    Parameter.Type.BYTE_ARRAY,
    Parameter.Type.BOOL_ARRAY,
    Parameter.Type.INTEGER_ARRAY,
    Parameter.Type.DOUBLE_ARRAY,
    Parameter.Type.STRING_ARRAY,
)


def _single_type(value: Any) -> Parameter.Type | None:
    # bool before int: True is an int to Python.
    for python, kind in (
        (bool, Parameter.Type.BOOL),
        (int, Parameter.Type.INTEGER),
        (float, Parameter.Type.DOUBLE),
        (str, Parameter.Type.STRING),
    ):
        if isinstance(value, python):
            return kind
    return None


def _is_element(kind: Parameter.Type, value: Any) -> bool:
    if kind is Parameter.Type.BYTE_ARRAY:
        return isinstance(value, bytes)
    if kind is Parameter.Type.BOOL_ARRAY:
        return isinstance(value, bool)
    if kind is Parameter.Type.INTEGER_ARRAY:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Parameter.Type.DOUBLE_ARRAY:
        return isinstance(value, float)
    return isinstance(value, str)
