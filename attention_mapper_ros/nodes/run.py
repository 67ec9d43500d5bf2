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

"""What the executables have in common: one node is made, spun, and cleaned up after."""

from __future__ import annotations

from collections.abc import Callable
import os
import signal
import sys
from typing import Any, Final

from attention_mapper_ros.ros.client import ExternalShutdownException, rclpy

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run_node(
    make_node: Callable[[], Any],
    name: str,
    args: list[str] | None,
    refusals: tuple[type[Exception], ...] = (ValueError,),
    begin: Callable[[Any], bool] = lambda node: True,
) -> int:
    """
    Spin a node until it is told to stop, then close and destroy it; return the exit status.

    What the node refuses at its start is one line of log. ``begin`` is called before it spins and
    returns False, having said why, when there is nothing to spin for. The first SIGINT or SIGTERM
    ends whatever runs. Later ones are swallowed: a terminal's Ctrl-C comes twice under
    ``ros2 launch``, once from the terminal and once from launch, and the second one must not
    interrupt the cleaning up. A ``close`` that returns False has left a thread computing: nobody
    waits for it, the process ends.
    """
    making = running = True
    interrupted, ended, status = False, True, 0

    def interrupt(number: int, frame: object) -> None:
        nonlocal running, interrupted
        if making or getattr(node, 'loading', False):
            # A policy loads, and not every library survives an exception while it is imported.
            # There is nothing to clean up yet.
            os._exit(0)
        if running:
            running, interrupted = False, True
            raise KeyboardInterrupt

    # Before init: the client shuts its context down and then calls what was there before.
    for number in STOP_SIGNALS:
        signal.signal(number, interrupt)
    node: Any = None
    try:
        try:
            _init(args)
            node = make_node()
            if begin(node):
                making = False
                rclpy.spin(node)
            else:
                status = 1
        finally:
            making = running = False
    except (KeyboardInterrupt, ExternalShutdownException):
        status = 0
    except refusals as error:
        rclpy.logging.get_logger(name).fatal(str(error))
        status = 1
    except Exception:
        # An interrupt in the midst of a library's callback comes out as the library's own error.
        if not interrupted:
            raise
    finally:
        if node is not None:
            ended = node.close() is not False
            node.destroy_node()
        rclpy.try_shutdown()
        for number in STOP_SIGNALS:
            # An interpreter that ends gives every other handler back to the default action.
            signal.signal(number, signal.SIG_IGN)
    if not ended:
        # The interpreter's end would tear the thread out of the library that it computes in,
        # which aborts the process. There is nothing left to clean up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _init(args: list[str] | None) -> None:
    """Initialise the client; ValueError when its middleware refuses, security settings say."""
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # RCLError, of both clients
        raise ValueError(str(error)) from error
