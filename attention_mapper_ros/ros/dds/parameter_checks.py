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

"""Checks of parameter declarations and values against their descriptors; it stores nothing."""

from __future__ import annotations

import math
from typing import Any, Final
import warnings

from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.names import validate_parameter_name
from attention_mapper_ros.ros.dds.parameter import Parameter, PARAMETER_SEPARATOR_STRING

_DEPTH_RECURSIVE: Final = 0


def parse_declaration(namespace: str, index: int, declaration: Any) -> tuple[str, Any, Any]:
    """Take apart and check one entry of `declare_parameters`."""
    if not 1 <= len(declaration) <= 3:
        raise TypeError(
            f'Invalid parameter tuple length at index {index} in parameters list: '
            f'{declaration}; expecting length between 1 and 3'
        )
    name = declaration[0]
    if not isinstance(name, str):
        raise TypeError(f'First element {name} at index {index} in parameters list is not a str.')
    name = f'{namespace}.{name}' if namespace else name
    validate_parameter_name(name)
    value = declaration[1] if len(declaration) > 1 else None
    descriptor = declaration[2] if len(declaration) > 2 else new_descriptor()
    if getattr(getattr(descriptor, '_definition', None), 'name', '') != (
        'rcl_interfaces/msg/ParameterDescriptor'
    ):
        raise TypeError(
            f'Third element {descriptor} at index {index} in parameters list '
            'is not a ParameterDescriptor.'
        )
    if len(declaration) == 1:
        warnings.warn(
            f"when declaring parameter named '{name}', declaring a parameter only providing its "
            'name is deprecated: give a default value, a Parameter.Type, or a descriptor with '
            '`dynamic_typing=True`',
            stacklevel=4,
        )
        descriptor.dynamic_typing = True
    if isinstance(value, Parameter.Type):
        if value is Parameter.Type.NOT_SET:
            raise ValueError(
                f'Cannot declare parameter {{{name}}} as statically typed of type NOT_SET'
            )
        if descriptor.dynamic_typing:
            raise ValueError(
                f'When declaring parameter {{{name}}} passing a descriptor with'
                '`dynamic_typing=True` is not allowed when the parameter type is provided'
            )
        descriptor.type = value.value
        return name, None, descriptor
    if not descriptor.dynamic_typing:
        descriptor.type = Parameter.Type.from_parameter_value(value).value
        if descriptor.type == Parameter.Type.NOT_SET.value:
            raise ValueError(
                'Cannot declare a statically typed parameter with default value '
                'of type PARAMETER_NOT_SET'
            )
    return name, value, descriptor


def check_names(names: Any) -> None:
    if not all(isinstance(name, str) for name in names):
        raise TypeError('All names must be instances of type str')


def new_descriptor(**fields: Any) -> Any:
    return message_class('rcl_interfaces/msg/ParameterDescriptor')(**fields)


def set_result(problem: str = '') -> Any:
    return message_class('rcl_interfaces/msg/SetParametersResult')(
        successful=not problem, reason=problem
    )


def is_listed(name: str, prefixes: list[str], depth: int) -> bool:
    def shallow(text: str) -> bool:
        return depth == _DEPTH_RECURSIVE or text.count(PARAMETER_SEPARATOR_STRING) < depth

    if not prefixes:
        return shallow(name)
    return any(
        name == prefix
        or (
            name.startswith(f'{prefix}{PARAMETER_SEPARATOR_STRING}')
            and shallow(name[len(prefix) + 1 :])
        )
        for prefix in prefixes
    )


def outside_integers(parameter: Parameter, bounds: Any) -> str:
    low, high = sorted((bounds.from_value, bounds.to_value))
    value = parameter.value
    if value in (low, high):
        return ''
    if not low < value < high:
        return f'Parameter {parameter.name} out of range. Min: {low}, Max: {high}, value: {value}'
    if bounds.step and (value - low) % bounds.step:
        return (
            f'The parameter value for {parameter.name} is not a valid step. '
            f'Min: {low}, max: {high}, value: {value}, step: {bounds.step}'
        )
    return ''


def outside_doubles(parameter: Parameter, bounds: Any, tolerance: float) -> str:
    low, high = sorted((bounds.from_value, bounds.to_value))
    value = parameter.value
    if any(math.isclose(value, edge, rel_tol=tolerance) for edge in (low, high)):
        return ''
    if not low < value < high:
        return f'Parameter {parameter.name} out of range Min: {low}, Max: {high}, value: {value}'
    if bounds.step:
        nearest = low + round((value - low) / bounds.step) * bounds.step
        if not math.isclose(nearest, value, rel_tol=tolerance):
            return (
                f'The parameter value for {parameter.name} is not close enough to a valid step. '
                f'Min: {low}, max: {high}, value: {value}, step: {bounds.step}'
            )
    return ''
