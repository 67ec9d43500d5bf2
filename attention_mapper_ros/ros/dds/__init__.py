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
The part of rclpy's API that this package uses, on Eclipse Cyclone DDS.

For machines without ROS 2. Names, signatures and behaviour are rclpy's, and so are the names of
the modules; nodes import neither but go through `ros.client`. Actions and service introspection
are not here.
"""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds.context import Context
from attention_mapper_ros.ros.dds.executors import Executor, SingleThreadedExecutor
from attention_mapper_ros.ros.dds.node import Node
from attention_mapper_ros.ros.dds.signals import (
    install_signal_handlers,
    SignalHandlerOptions,
    uninstall_signal_handlers,
)
from attention_mapper_ros.ros.dds.task import Future
from attention_mapper_ros.ros.dds.utilities import (
    get_default_context,
    get_rmw_implementation_identifier,
    ok,
    try_shutdown,
)

__all__ = [
    'create_node',
    'get_default_context',
    'get_global_executor',
    'get_rmw_implementation_identifier',
    'init',
    'ok',
    'shutdown',
    'spin',
    'spin_once',
    'spin_until_future_complete',
    'try_shutdown',
]

_executor: Executor | None = None


def init(
    *,
    args: list[str] | None = None,
    context: Context | None = None,
    domain_id: int | None = None,
    signal_handler_options: SignalHandlerOptions | None = None,
) -> None:
    """Initialize ROS communications for a given context."""
    default = get_default_context()
    context = default if context is None else context
    if signal_handler_options is None:
        mine = context is default
        signal_handler_options = SignalHandlerOptions.ALL if mine else SignalHandlerOptions.NO
    context.init(args, domain_id=domain_id)
    install_signal_handlers(signal_handler_options)


def shutdown(*, context: Context | None = None, uninstall_handlers: bool | None = None) -> None:
    """Shutdown a previously initialized context, and the global executor with it."""
    default = get_default_context(shutting_down=True)
    (default if context is None else context).shutdown()
    if uninstall_handlers or (
        uninstall_handlers is None and (context is None or context is default)
    ):
        uninstall_signal_handlers()


def get_global_executor() -> Executor:
    """Return the executor of the global spin functions; it lasts until shutdown."""
    global _executor
    if _executor is None:
        _executor = SingleThreadedExecutor()
        get_default_context().on_shutdown(_reset_executor)
    return _executor


def create_node(node_name: str, **kwargs: Any) -> Node:
    """Create an instance of Node; the options are those of its constructor."""
    return Node(node_name, **kwargs)


def spin_once(
    node: Node, *, executor: Executor | None = None, timeout_sec: float | None = None
) -> None:
    """Execute one item of work or wait until a timeout expires."""
    executor = get_global_executor() if executor is None else executor
    try:
        executor.add_node(node)
        executor.spin_once(timeout_sec=timeout_sec)
    finally:
        executor.remove_node(node)


def spin(node: Node, executor: Executor | None = None) -> None:
    """Execute work and block until the context associated with the executor is shutdown."""
    executor = get_global_executor() if executor is None else executor
    try:
        executor.add_node(node)
        while executor.context.ok():
            executor.spin_once()
    finally:
        executor.remove_node(node)


def spin_until_future_complete(
    node: Node,
    future: Future,
    executor: Executor | None = None,
    timeout_sec: float | None = None,
) -> None:
    """Execute work until the future is complete."""
    executor = get_global_executor() if executor is None else executor
    added = False
    try:
        added = executor.add_node(node)
        executor.spin_until_future_complete(future, timeout_sec)
    finally:
        if added:
            executor.remove_node(node)


def _reset_executor() -> None:
    global _executor
    if _executor is not None:
        executor, _executor = _executor, None
        executor.shutdown(timeout_sec=0)
