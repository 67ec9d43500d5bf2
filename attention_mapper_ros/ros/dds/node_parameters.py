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
The parameters of a node: declaring, checking, setting, telling others.

The half of rclpy's Node that deals with parameters; the other half is in `node`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attention_mapper_ros.ros.dds.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    ParameterAlreadyDeclaredException,
    ParameterImmutableException,
    ParameterNotDeclaredException,
    ParameterUninitializedException,
)
from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.parameter import Parameter, PARAMETER_SEPARATOR_STRING
from attention_mapper_ros.ros.dds.parameter_checks import (
    check_names,
    is_listed,
    new_descriptor,
    outside_doubles,
    outside_integers,
    parse_declaration,
    set_result,
)

_WRONG_TYPE: Final = 'Wrong parameter type'


class ParameterNode:
    """
    Parameters and their callbacks; all of it belongs to the thread that spins the node.

    Callbacks are called newest first, as in rclpy.
    """

    PARAM_REL_TOL = 1e-6
    """Relative tolerance for floating point parameter values' comparison."""

    _clock: Any
    _parameter_event_publisher: Any

    def __init__(self, *, allow_undeclared_parameters: bool, overrides: dict[str, Any]) -> None:
        self._allow_undeclared_parameters = allow_undeclared_parameters
        self._parameters: dict[str, Parameter] = {}
        self._descriptors: dict[str, Any] = {}
        self._parameter_overrides: dict[str, Parameter] = overrides
        self._pre_set_parameters_callbacks: list[Callable[[list[Parameter]], list[Parameter]]] = []
        self._on_set_parameters_callbacks: list[Callable[[list[Parameter]], Any]] = []
        self._post_set_parameters_callbacks: list[Callable[[list[Parameter]], None]] = []

    def get_fully_qualified_name(self) -> str:
        raise NotImplementedError

    def declare_parameter(
        self,
        name: str,
        value: Any = None,
        descriptor: Any = None,
        ignore_override: bool = False,
    ) -> Parameter:
        """Declare and initialize a parameter; an override takes the place of the value."""
        if value is None and descriptor is None:
            declaration: tuple[Any, ...] = (name,)
        else:
            declaration = (name, value, new_descriptor() if descriptor is None else descriptor)
        return self.declare_parameters('', [declaration], ignore_override)[0]

    def declare_parameters(
        self,
        namespace: str,
        parameters: list[Any],
        ignore_override: bool = False,
    ) -> list[Parameter]:
        """Declare a list of (name, value or Parameter.Type, descriptor)."""
        declared = []
        for index, declaration in enumerate(parameters):
            name, value, descriptor = parse_declaration(namespace, index, declaration)
            if not ignore_override and name in self._parameter_overrides:
                value = self._parameter_overrides[name].value
            declared.append((Parameter(name, value=value), descriptor))
        already = [p.name for p, _ in declared if p.name in self._parameters]
        if already:
            raise ParameterAlreadyDeclaredException(already)
        for parameter, descriptor in declared:
            result = self._dds_set([parameter], {parameter.name: descriptor}, keep_not_set=True)
            if not result.successful:
                if result.reason.startswith(_WRONG_TYPE):
                    expected = Parameter.Type(descriptor.type).name
                    raise InvalidParameterTypeException(parameter, expected)
                raise InvalidParameterValueException(
                    parameter.name, parameter.value, result.reason
                )
        return [self._parameters[parameter.name] for parameter, _ in declared]

    def undeclare_parameter(self, name: str) -> None:
        if not self.has_parameter(name):
            raise ParameterNotDeclaredException(name)
        if self._descriptors[name].read_only:
            raise ParameterImmutableException(name)
        del self._parameters[name]
        del self._descriptors[name]

    def has_parameter(self, name: str) -> bool:
        """Return True if parameter is declared; False otherwise."""
        return name in self._parameters

    def get_parameter_types(self, names: list[str]) -> list[Parameter.Type]:
        check_names(names)
        return [self.get_parameter_type(name) for name in names]

    def get_parameter_type(self, name: str) -> Parameter.Type:
        if self.has_parameter(name):
            return self._parameters[name].type_
        if self._allow_undeclared_parameters:
            return Parameter.Type.NOT_SET
        raise ParameterNotDeclaredException(name)

    def get_parameters(self, names: list[str]) -> list[Parameter]:
        check_names(names)
        return [self.get_parameter(name) for name in names]

    def get_parameter(self, name: str) -> Parameter:
        """Get a parameter by name; it must be declared and have a value."""
        if self.has_parameter(name):
            parameter = self._parameters[name]
            unset = parameter.type_ is Parameter.Type.NOT_SET
            if unset and not self._descriptors[name].dynamic_typing:
                raise ParameterUninitializedException(name)
            return parameter
        if self._allow_undeclared_parameters:
            return Parameter(name, Parameter.Type.NOT_SET, None)
        raise ParameterNotDeclaredException(name)

    def get_parameter_or(self, name: str, alternative_value: Parameter | None = None) -> Parameter:
        """Get a parameter or the alternative value."""
        if alternative_value is None:
            alternative_value = Parameter(name, Parameter.Type.NOT_SET)
        parameter = self._parameters.get(name)
        if parameter is None or parameter.type_ is Parameter.Type.NOT_SET:
            return alternative_value
        return parameter

    def get_parameters_by_prefix(self, prefix: str) -> dict[str, Parameter]:
        """Get parameters that have a given prefix in their names, keyed without it."""
        start = f'{prefix}{PARAMETER_SEPARATOR_STRING}' if prefix else ''
        return {
            name[len(start) :]: parameter
            for name, parameter in self._parameters.items()
            if name.startswith(start)
        }

    def set_parameters(self, parameter_list: list[Parameter]) -> list[Any]:
        """Set parameters one after the other; return a SetParametersResult for each."""
        return [self.set_parameters_atomically([parameter]) for parameter in parameter_list]

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> Any:
        """Set all of the parameters or none; return one SetParametersResult."""
        if self._pre_set_parameters_callbacks:
            changed: list[Parameter] = []
            for callback in self._pre_set_parameters_callbacks:
                changed.extend(callback(parameter_list))
            parameter_list = changed
            if not parameter_list:
                return set_result(
                    'parameter list cannot be empty, this might be due to '
                    'pre_set_parameters_callback modifying the original parameters list.'
                )
        if not all(isinstance(parameter, Parameter) for parameter in parameter_list):
            raise TypeError(f"parameter must be instance of type '{Parameter!r}'")
        undeclared = [p.name for p in parameter_list if p.name not in self._parameters]
        if undeclared and not self._allow_undeclared_parameters:
            raise ParameterNotDeclaredException(undeclared)
        return self._dds_set(parameter_list)

    def list_parameters(self, prefixes: list[str], depth: int) -> Any:
        """Get a list of parameter names and their prefixes (a ListParametersResult)."""
        if not isinstance(prefixes, list) or not all(isinstance(p, str) for p in prefixes):
            raise TypeError('The prefixes argument must be a list of str')
        if not isinstance(depth, int):
            raise TypeError('The depth must be instance of type int')
        if depth < 0:
            raise ValueError('The depth must be greater than or equal to zero')
        names = [name for name in self._parameters if is_listed(name, prefixes, depth)]
        found = dict.fromkeys(name.rpartition(PARAMETER_SEPARATOR_STRING)[0] for name in names)
        return message_class('rcl_interfaces/msg/ListParametersResult')(
            names=names, prefixes=[prefix for prefix in found if prefix]
        )

    def describe_parameter(self, name: str) -> Any:
        """Get the ParameterDescriptor of a parameter."""
        if name in self._descriptors:
            return self._descriptors[name]
        if self._allow_undeclared_parameters:
            return new_descriptor()
        raise ParameterNotDeclaredException(name)

    def describe_parameters(self, names: list[str]) -> list[Any]:
        return [self.describe_parameter(name) for name in names]

    def set_descriptor(self, name: str, descriptor: Any, alternative_value: Any = None) -> Any:
        """Set a new descriptor; the alternative replaces a value that does not fit it."""
        if not self.has_parameter(name):
            if not self._allow_undeclared_parameters:
                raise ParameterNotDeclaredException(name)
            return self.get_parameter(name).get_parameter_value()
        if self.describe_parameter(name).read_only:
            raise ParameterImmutableException(name)
        parameter = self.get_parameter(name)
        result = self._dds_fits(parameter, descriptor, check_read_only=False)
        if not result.successful and alternative_value is not None:
            message = message_class('rcl_interfaces/msg/Parameter')
            parameter = Parameter.from_parameter_msg(message(name=name, value=alternative_value))
            result = self._dds_fits(parameter, descriptor, check_read_only=False)
        if not result.successful:
            raise InvalidParameterValueException(name, parameter.value, result.reason)
        self._parameters[name] = parameter
        self._descriptors[name] = descriptor
        return parameter.get_parameter_value()

    def add_pre_set_parameters_callback(
        self, callback: Callable[[list[Parameter]], list[Parameter]]
    ) -> None:
        self._pre_set_parameters_callbacks.insert(0, callback)

    def add_on_set_parameters_callback(self, callback: Callable[[list[Parameter]], Any]) -> None:
        """Add a callback that may refuse new values by its SetParametersResult."""
        self._on_set_parameters_callbacks.insert(0, callback)

    def add_post_set_parameters_callback(
        self, callback: Callable[[list[Parameter]], None]
    ) -> None:
        """Add a callback that is told of values after they are set."""
        self._post_set_parameters_callbacks.insert(0, callback)

    def remove_pre_set_parameters_callback(self, callback: Callable[..., Any]) -> None:
        self._pre_set_parameters_callbacks.remove(callback)

    def remove_on_set_parameters_callback(self, callback: Callable[..., Any]) -> None:
        self._on_set_parameters_callbacks.remove(callback)

    def remove_post_set_parameters_callback(self, callback: Callable[..., Any]) -> None:
        self._post_set_parameters_callbacks.remove(callback)

    def _dds_set(
        self,
        parameters: list[Parameter],
        descriptors: dict[str, Any] | None = None,
        *,
        keep_not_set: bool = False,
    ) -> Any:
        """Check, ask the callbacks, store and announce; new descriptors mean a declaration."""
        known = self._descriptors if descriptors is None else descriptors
        for parameter in parameters:
            if parameter.name in known:
                result = self._dds_fits(
                    parameter, known[parameter.name], check_read_only=descriptors is None
                )
                if not result.successful:
                    return result
        for callback in self._on_set_parameters_callbacks:
            result = callback(parameters)
            if not result.successful:
                return result
        event = message_class('rcl_interfaces/msg/ParameterEvent')(
            node=self.get_fully_qualified_name()
        )
        for parameter in parameters:
            self._dds_store(parameter, descriptors, event, keep_not_set=keep_not_set)
        event.stamp = self._clock.now().to_msg()
        self._parameter_event_publisher.publish(event)
        for post in self._post_set_parameters_callbacks:
            post(parameters)
        return set_result()

    def _dds_store(
        self,
        parameter: Parameter,
        descriptors: dict[str, Any] | None,
        event: Any,
        *,
        keep_not_set: bool,
    ) -> None:
        name = parameter.name
        if parameter.type_ is Parameter.Type.NOT_SET and not keep_not_set:
            event.deleted_parameters.append(parameter.to_parameter_msg())
            self._parameters.pop(name, None)
            self._descriptors.pop(name, None)
            return
        if descriptors is not None:
            self._descriptors[name] = descriptors[name]
        elif name not in self._descriptors:
            self._descriptors[name] = new_descriptor(name=name, dynamic_typing=True)
        is_new = self.get_parameter_or(name).type_ is Parameter.Type.NOT_SET
        changes = event.new_parameters if is_new else event.changed_parameters
        changes.append(parameter.to_parameter_msg())
        self._parameters[name] = parameter

    def _dds_fits(self, parameter: Parameter, descriptor: Any, *, check_read_only: bool) -> Any:
        """Compare a value with its descriptor; fills in the descriptor's name and type."""
        descriptor.name = parameter.name
        kind = parameter.type_
        if check_read_only and descriptor.read_only:
            return set_result(f'Trying to set a read-only parameter: {parameter.name}.')
        if descriptor.dynamic_typing:
            descriptor.type = kind.value
        elif kind is Parameter.Type.NOT_SET:
            if self.has_parameter(parameter.name):
                return set_result('Static parameter cannot be undeclared')
        elif kind.value != descriptor.type:
            return set_result(
                f"{_WRONG_TYPE}, expected '{Parameter.Type(descriptor.type)}' got '{kind}'"
            )
        if kind is Parameter.Type.INTEGER and descriptor.integer_range:
            return set_result(outside_integers(parameter, descriptor.integer_range[0]))
        if kind is Parameter.Type.DOUBLE and descriptor.floating_point_range:
            bounds = descriptor.floating_point_range[0]
            return set_result(outside_doubles(parameter, bounds, self.PARAM_REL_TOL))
        return set_result()
