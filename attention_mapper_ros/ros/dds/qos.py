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

"""Quality of service, under rclpy's names, and its translation into DDS policies and back."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any, Final
import warnings

from attention_mapper_ros.ros.dds.cyclone import Policy, Qos
from attention_mapper_ros.ros.dds.duration import Duration, Infinite

_INFINITE_NS: Final = Infinite.nanoseconds
# A writer waits this long for a slow reliable reader before the message counts as lost.
# rmw_cyclonedds waits for ever; a control loop must not.
MAX_BLOCKING_NS: Final = 100_000_000


class QoSPolicyKind(IntEnum):
    """The policies, numbered as in rmw."""

    INVALID = 1 << 0
    DURABILITY = 1 << 1
    DEADLINE = 1 << 2
    LIVELINESS = 1 << 3
    RELIABILITY = 1 << 4
    HISTORY = 1 << 5
    LIFESPAN = 1 << 6
    DEPTH = 1 << 7
    LIVELINESS_LEASE_DURATION = 1 << 8
    AVOID_ROS_NAMESPACE_CONVENTIONS = 1 << 9


# Policy ids of the DDS specification that rmw has a name for.
_KIND_OF_DDS_POLICY: Final = {
    2: QoSPolicyKind.DURABILITY,
    4: QoSPolicyKind.DEADLINE,
    8: QoSPolicyKind.LIVELINESS,
    11: QoSPolicyKind.RELIABILITY,
    13: QoSPolicyKind.HISTORY,
    21: QoSPolicyKind.LIFESPAN,
}


def qos_policy_name_from_kind(policy_kind: QoSPolicyKind | int) -> str:
    """Get QoS policy name from QoSPolicyKind enum."""
    return QoSPolicyKind(policy_kind).name


def kind_of_dds_policy(policy_id: int) -> QoSPolicyKind:
    return _KIND_OF_DDS_POLICY.get(policy_id, QoSPolicyKind.INVALID)


class InvalidQoSProfileException(Exception):  # noqa: N818 - rclpy's name
    """Raised when constructing a QoSProfile with invalid arguments."""

    def __init__(self, *args: Any) -> None:
        Exception.__init__(self, 'Invalid QoSProfile', *args)


class QoSPolicyEnum(IntEnum):
    """Base of the policy enumerations."""

    @classmethod
    def short_keys(cls) -> list[str]:
        """Return a list of shortened typing-friendly enum values."""
        return [key.lower() for key in cls.__members__]

    @classmethod
    def get_from_short_key(cls, name: str) -> int:
        """Retrieve a policy type from a short name, case-insensitive."""
        return cls[name.upper()].value

    @property
    def short_key(self) -> str:
        return self.name.lower()


class HistoryPolicy(QoSPolicyEnum):
    SYSTEM_DEFAULT = 0
    KEEP_LAST = 1
    KEEP_ALL = 2
    UNKNOWN = 3


class ReliabilityPolicy(QoSPolicyEnum):
    SYSTEM_DEFAULT = 0
    RELIABLE = 1
    BEST_EFFORT = 2
    UNKNOWN = 3
    BEST_AVAILABLE = 4


class DurabilityPolicy(QoSPolicyEnum):
    SYSTEM_DEFAULT = 0
    TRANSIENT_LOCAL = 1
    VOLATILE = 2
    UNKNOWN = 3
    BEST_AVAILABLE = 4


class LivelinessPolicy(QoSPolicyEnum):
    SYSTEM_DEFAULT = 0
    AUTOMATIC = 1
    MANUAL_BY_TOPIC = 3
    UNKNOWN = 4
    BEST_AVAILABLE = 5


QoSHistoryPolicy = HistoryPolicy
QoSReliabilityPolicy = ReliabilityPolicy
QoSDurabilityPolicy = DurabilityPolicy
QoSLivelinessPolicy = LivelinessPolicy

_UNSPECIFIED: Final = Duration()
_DEFAULTS: Final[dict[str, Any]] = {
    'history': HistoryPolicy.KEEP_LAST,
    'depth': 10,
    'reliability': ReliabilityPolicy.RELIABLE,
    'durability': DurabilityPolicy.VOLATILE,
    'lifespan': _UNSPECIFIED,
    'deadline': _UNSPECIFIED,
    'liveliness': LivelinessPolicy.SYSTEM_DEFAULT,
    'liveliness_lease_duration': _UNSPECIFIED,
    'avoid_ros_namespace_conventions': False,
}
_TYPES: Final[dict[str, Any]] = {
    'history': HistoryPolicy,
    'depth': int,
    'reliability': ReliabilityPolicy,
    'durability': DurabilityPolicy,
    'lifespan': Duration,
    'deadline': Duration,
    'liveliness': LivelinessPolicy,
    'liveliness_lease_duration': Duration,
    'avoid_ros_namespace_conventions': bool,
}


class QoSProfile:
    """Define Quality of Service policies."""

    history: HistoryPolicy
    depth: int
    reliability: ReliabilityPolicy
    durability: DurabilityPolicy
    lifespan: Duration
    deadline: Duration
    liveliness: LivelinessPolicy
    liveliness_lease_duration: Duration
    avoid_ros_namespace_conventions: bool

    def __init__(self, **kwargs: Any) -> None:
        unknown = kwargs.keys() - _DEFAULTS.keys()
        if unknown:
            raise AssertionError(f'Invalid arguments passed to constructor: {sorted(unknown)}')
        if 'history' not in kwargs:
            if 'depth' not in kwargs:
                raise InvalidQoSProfileException('History and/or depth settings are required.')
            kwargs['history'] = HistoryPolicy.KEEP_LAST
        if kwargs['history'] == HistoryPolicy.KEEP_LAST and 'depth' not in kwargs:
            raise InvalidQoSProfileException('History set to KEEP_LAST without a depth setting.')
        for name, default in _DEFAULTS.items():
            setattr(self, name, kwargs.get(name, default))

    def __setattr__(self, name: str, value: Any) -> None:
        kind = _TYPES.get(name)
        if kind is None:
            raise AttributeError(f'QoSProfile has no policy {name!r}')
        if issubclass(kind, QoSPolicyEnum):
            if not isinstance(value, int):
                raise AssertionError(f'{name} must be a {kind.__name__}, not {value!r}')
            value = kind(value)
        elif not isinstance(value, kind):
            raise AssertionError(f'{name} must be a {kind.__name__}, not {value!r}')
        if name == 'depth' and value == 0 and self.history == HistoryPolicy.KEEP_LAST:
            warnings.warn(
                "A zero depth with KEEP_LAST doesn't make sense; no data could be stored. "
                'This will be interpreted as SYSTEM_DEFAULT',
                stacklevel=2,
            )
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QoSProfile):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in _DEFAULTS)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in _DEFAULTS))

    def __str__(self) -> str:
        policies = ', '.join(f'{name}={getattr(self, name)}' for name in _DEFAULTS)
        return f'{type(self).__name__}({policies})'

    __repr__ = __str__


qos_profile_default = QoSProfile(depth=10)
qos_profile_system_default = QoSProfile(
    history=HistoryPolicy.SYSTEM_DEFAULT,
    depth=0,
    reliability=ReliabilityPolicy.SYSTEM_DEFAULT,
    durability=DurabilityPolicy.SYSTEM_DEFAULT,
)
qos_profile_sensor_data = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
qos_profile_services_default = QoSProfile(depth=10)
qos_profile_parameters = QoSProfile(depth=1000)
qos_profile_parameter_events = QoSProfile(depth=1000)
qos_profile_rosout_default = QoSProfile(
    depth=1000,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    lifespan=Duration(seconds=10),
)
qos_profile_discovery = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, avoid_ros_namespace_conventions=True
)


class QoSPresetProfiles(Enum):
    DEFAULT = qos_profile_default
    SYSTEM_DEFAULT = qos_profile_system_default
    SENSOR_DATA = qos_profile_sensor_data
    SERVICES_DEFAULT = qos_profile_services_default
    PARAMETERS = qos_profile_parameters
    PARAMETER_EVENTS = qos_profile_parameter_events

    @classmethod
    def short_keys(cls) -> list[str]:
        """Return a list of shortened typing-friendly enum values."""
        return [key.lower() for key in cls.__members__]

    @classmethod
    def get_from_short_key(cls, name: str) -> QoSProfile:
        """Retrieve a profile from a short name, case-insensitive."""
        return cls[name.upper()].value


def to_dds(profile: QoSProfile, user_data: bytes, *, ignore_local: bool = False) -> Qos:
    """Translate a profile as rmw_cyclonedds does, for a writer or a reader."""
    if profile.history == HistoryPolicy.KEEP_ALL:
        history: Any = Policy.History.KeepAll
    else:
        history = Policy.History.KeepLast(max(1, profile.depth))
    if profile.reliability == ReliabilityPolicy.BEST_EFFORT:
        reliability: Any = Policy.Reliability.BestEffort
    else:
        reliability = Policy.Reliability.Reliable(MAX_BLOCKING_NS)
    lease = profile.liveliness_lease_duration.nanoseconds or _INFINITE_NS
    if profile.liveliness == LivelinessPolicy.MANUAL_BY_TOPIC:
        liveliness: Any = Policy.Liveliness.ManualByTopic(lease)
    else:
        liveliness = Policy.Liveliness.Automatic(lease)
    policies: list[Any] = [
        history,
        reliability,
        liveliness,
        Policy.WriterDataLifecycle(autodispose=False),
        Policy.DataRepresentation(use_cdrv0_representation=True),
        Policy.Userdata(user_data),
    ]
    if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL:
        policies += [
            Policy.Durability.TransientLocal,
            Policy.DurabilityService(0, history, -1, -1, -1),
        ]
    else:
        policies.append(Policy.Durability.Volatile)
    if profile.lifespan.nanoseconds:
        policies.append(Policy.Lifespan(profile.lifespan.nanoseconds))
    if profile.deadline.nanoseconds:
        policies.append(Policy.Deadline(profile.deadline.nanoseconds))
    if ignore_local:
        policies.append(Policy.IgnoreLocal.Participant)
    return Qos(*policies)


def from_dds(qos: Qos) -> QoSProfile:
    """Translate the policies of a discovered endpoint back; depth is not on the wire."""
    history = qos[Policy.History]
    keep_all = history == Policy.History.KeepAll
    reliable = isinstance(qos[Policy.Reliability], Policy.Reliability.Reliable)
    transient = qos[Policy.Durability] == Policy.Durability.TransientLocal
    liveliness = qos[Policy.Liveliness]
    manual = isinstance(liveliness, Policy.Liveliness.ManualByTopic)
    return QoSProfile(
        history=HistoryPolicy.KEEP_ALL if keep_all else HistoryPolicy.KEEP_LAST,
        depth=0 if keep_all or history is None else history.depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if transient else DurabilityPolicy.VOLATILE,
        lifespan=_duration(qos[Policy.Lifespan], 'lifespan'),
        deadline=_duration(qos[Policy.Deadline], 'deadline'),
        liveliness=(LivelinessPolicy.MANUAL_BY_TOPIC if manual else LivelinessPolicy.AUTOMATIC),
        liveliness_lease_duration=_duration(liveliness, 'lease_duration'),
    )


def _duration(policy: Any, attribute: str) -> Duration:
    if policy is None:
        return Infinite
    return Duration(nanoseconds=min(getattr(policy, attribute), _INFINITE_NS))
