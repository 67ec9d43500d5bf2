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

"""The live parameters against the loaded policy: what is in force, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attention_mapper_ros.nodes.live_parameters import (
    live_config,
    LiveConfig,
    MODULES,
    WHOLE_ACTION,
)
from attention_mapper_ros.nodes.valid_values import one_of, pick_of, PICKED
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.ros.client import Parameter
from attention_mapper_ros.ros.interfaces import SetParametersResult
from attention_mapper_ros.ros.parameters import ParameterDeclarer


class LiveSettings:
    """
    The settings in force, for one policy. Belongs to the executor thread.

    ``joints``: robot names in the order of the action vector. Raises ValueError, naming the
    valid range, when the policy cannot do what the parameters ask for at the start.
    """

    def __init__(
        self,
        declarer: ParameterDeclarer,
        values: Mapping[str, Any],
        adapter: PolicyAdapter,
        joints: Sequence[str],
        queries_executed: int,
    ) -> None:
        self._docs = {name: declarer.docs[name] for name in values}
        self._adapter = adapter
        self._joints = tuple(joints)
        self._queries_executed = queries_executed
        self._values = dict(values)
        self._current = self._checked(self._values)
        self._describe(declarer)

    @property
    def current(self) -> LiveConfig:
        """What is in force; replaced, never changed."""
        return self._current

    def set(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        """Put new values in force, all or none; the callback of ``set_parameters``."""
        values = dict(self._values)
        values.update({p.name: p.value for p in parameters if p.name in values})
        try:
            current = self._checked(values)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._values, self._current = values, current
        return SetParametersResult(successful=True)

    def _checked(self, values: Mapping[str, Any]) -> LiveConfig:
        for name, doc in self._docs.items():
            doc.check(values[name])
        config = live_config(values, self._joints, self._queries_executed)
        self._adapter.check_request(config.request)
        return config

    def _describe(self, declarer: ParameterDeclarer) -> None:
        """Write what this policy can do into the parameters' descriptions."""
        known = self._adapter.attention_shape
        shapes = {module: known[module] for module in MODULES if module in known}
        declarer.constrain('attention.method', one_of(self._adapter.methods))
        declarer.constrain('attention.module', one_of(list(shapes)))
        declarer.constrain('attention.target', one_of([WHOLE_ACTION, *self._joints]))
        for dimension, name in enumerate(PICKED):
            sizes = {module: shape[dimension] for module, shape in shapes.items()}
            declarer.constrain(name, pick_of(sizes))
