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
Quality of service from parameters, as rclpy.qos_overriding_options has it.

A publisher on /joint_command that allows it declares read-only parameters such as
`qos_overrides./joint_command.publisher.reliability`, which a launch file or a command line sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import copy
from typing import Any, Final

from attention_mapper_ros.ros.dds.duration import Duration
from attention_mapper_ros.ros.dds.exceptions import ParameterAlreadyDeclaredException
from attention_mapper_ros.ros.dds.parameter_checks import new_descriptor
from attention_mapper_ros.ros.dds.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSPolicyEnum,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)

_ENUMS: Final[dict[QoSPolicyKind, type[QoSPolicyEnum]]] = {
    QoSPolicyKind.DURABILITY: DurabilityPolicy,
    QoSPolicyKind.HISTORY: HistoryPolicy,
    QoSPolicyKind.LIVELINESS: LivelinessPolicy,
    QoSPolicyKind.RELIABILITY: ReliabilityPolicy,
}
# Parameters in nanoseconds.
_DURATIONS: Final = (
    QoSPolicyKind.DEADLINE,
    QoSPolicyKind.LIFESPAN,
    QoSPolicyKind.LIVELINESS_LEASE_DURATION,
)


class InvalidQosOverridesError(Exception):
    """The callback of the options does not accept the quality of service that came out."""


class QoSOverridingOptions:
    """Which policies of an entity may be overridden by parameters."""

    def __init__(
        self,
        policy_kinds: Iterable[QoSPolicyKind],
        *,
        callback: Callable[[QoSProfile], Any] | None = None,
        entity_id: str | None = None,
    ) -> None:
        """
        Choose the policies.

        :param policy_kinds: each gets a parameter.
        :param callback: judges the overridden profile by a SetParametersResult.
        :param entity_id: tells entities on one topic apart.
        """
        self._policy_kinds = policy_kinds
        self._callback = callback
        self._entity_id = entity_id

    @property
    def policy_kinds(self) -> Iterable[QoSPolicyKind]:
        return self._policy_kinds

    @property
    def callback(self) -> Callable[[QoSProfile], Any] | None:
        return self._callback

    @property
    def entity_id(self) -> str | None:
        return self._entity_id

    @classmethod
    def with_default_policies(
        cls,
        *,
        callback: Callable[[QoSProfile], Any] | None = None,
        entity_id: str | None = None,
    ) -> QoSOverridingOptions:
        """Let history, depth and reliability be overridden."""
        kinds = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY)
        return cls(kinds, callback=callback, entity_id=entity_id)


def overridden_profile(
    node: Any,
    entity: str,
    topic_name: str,
    profile: QoSProfile,
    options: QoSOverridingOptions,
) -> QoSProfile:
    """
    Declare an entity's parameters and return the profile that they ask for.

    The profile that was handed over stays as it is, which rclpy overwrites.

    :param entity: 'publisher' or 'subscription'.
    :param topic_name: after expansion and remapping.
    :raises: RuntimeError on a value that the policy does not have, InvalidQosOverridesError if
        the options' callback refuses.
    """
    suffix = '' if options.entity_id is None else f'_{options.entity_id}'
    prefix = f'qos_overrides.{topic_name}.{entity}{suffix}'
    about = f'for {entity} `{topic_name}` with id `{options.entity_id}`'
    result = copy.copy(profile)
    for kind in options.policy_kinds:
        if entity == 'subscription' and kind is QoSPolicyKind.LIFESPAN:
            continue  # only a writer has one
        policy = kind.name.lower()
        parameter = _declared(
            node, f'{prefix}.{policy}', _to_parameter(profile, kind), f'{policy} {about}'
        )
        setattr(result, policy, _from_parameter(kind, parameter))
    if options.callback is not None:
        verdict = options.callback(result)
        if not verdict.successful:
            raise InvalidQosOverridesError(
                f'Provided QoS overrides {about}, are not valid: {verdict.reason}'
            )
    return result


def _declared(node: Any, name: str, default: Any, description: str) -> Any:
    """Declare a parameter, or take the one of a second entity or of an automatic declaration."""
    descriptor = new_descriptor(description=description, read_only=True)
    try:
        return node.declare_parameter(name, default, descriptor)
    except ParameterAlreadyDeclaredException:
        return node.get_parameter(name)


def _to_parameter(profile: QoSProfile, kind: QoSPolicyKind) -> str | int | bool:
    value = getattr(profile, kind.name.lower())
    if isinstance(value, QoSPolicyEnum):
        if value.short_key == 'unknown':
            raise ValueError(f'User provided QoS profile is invalid: {kind.name} is UNKNOWN')
        return value.short_key
    if isinstance(value, Duration):
        return value.nanoseconds
    assert isinstance(value, (int, bool))
    return value


def _from_parameter(kind: QoSPolicyKind, parameter: Any) -> Any:
    value = parameter.value
    if kind in _DURATIONS:
        return Duration(nanoseconds=value)
    if kind not in _ENUMS:
        return value
    choices = _ENUMS[kind]
    try:
        return choices[value.upper()]
    except KeyError:
        raise RuntimeError(
            f'Unexpected QoS override for policy `{kind.name.lower()}`: `{value}` '
            f'({parameter.name}); choose one of {", ".join(choices.short_keys())}'
        ) from None
