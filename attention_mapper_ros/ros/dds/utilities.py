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

"""Small calls of rclpy.utilities: the default context, and whether to go on."""

from __future__ import annotations

from attention_mapper_ros.ros.dds import arguments
from attention_mapper_ros.ros.dds import context as contexts
from attention_mapper_ros.ros.dds.context import Context, get_default_context

__all__ = [
    'get_default_context',
    'get_rmw_implementation_identifier',
    'ok',
    'remove_ros_args',
    'shutdown',
    'timeout_sec_to_nsec',
    'try_shutdown',
]


def ok(*, context: Context | None = None) -> bool:
    """Return True if the given context is initialized and not shut down."""
    return (contexts.get_default_context() if context is None else context).ok()


def shutdown(*, context: Context | None = None) -> None:
    """Shut down the given context."""
    (contexts.get_default_context() if context is None else context).shutdown()


def try_shutdown(*, context: Context | None = None) -> None:
    """Shut down the given context if not already shut down."""
    (contexts.get_default_context() if context is None else context).try_shutdown()


def remove_ros_args(args: list[str] | None = None) -> list[str]:
    """Return a list of only the non-ROS command line arguments."""
    import sys

    return arguments.remove_ros_args(sys.argv if args is None else args)


def get_rmw_implementation_identifier() -> str:
    return 'rmw_cyclonedds_cpp (attention_mapper_ros without ROS)'


def timeout_sec_to_nsec(timeout_sec: float | None) -> int:
    """Convert a timeout in seconds to nanoseconds; -1 for none, as rcl has it."""
    if timeout_sec is None or timeout_sec < 0:
        return -1
    return int(float(timeout_sec) * 1e9)
