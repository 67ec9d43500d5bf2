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

"""The policy node's statuses on /diagnostics."""

from __future__ import annotations

from collections.abc import Callable

from attention_mapper_ros.nodes.policy_concerns import CONCERNS, PolicyConcerns
from attention_mapper_ros.nodes.policy_figures import PolicyFigures
from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.diagnostics import NodeDiagnostics, StatusReport


class PolicyStatus:
    """
    Asks for the node's figures once a period and publishes how each concern is.

    The checkpoint's identity is the hardware that the statuses are about. Belongs to the
    executor's thread, on which ``figures`` is called.
    """

    def __init__(self, node: Node, figures: Callable[[], PolicyFigures]) -> None:
        self._figures = figures
        self._concerns = PolicyConcerns()
        self._diagnostics = NodeDiagnostics(node, CONCERNS, self._collect)

    def report(self) -> None:
        """Publish now, out of turn: something has changed that nobody should wait for."""
        self._diagnostics.force_update()

    def close(self) -> None:
        """Report no more."""
        self._diagnostics.close()

    def _collect(self) -> dict[str, StatusReport]:
        figures = self._figures()
        self._diagnostics.set_hardware_id(figures.identity)
        return self._concerns.judge(figures)
