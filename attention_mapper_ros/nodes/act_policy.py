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
The policy node: cameras and joints in, actions out, and what the policy looked at.

A managed node: configuring loads the policy, activating starts the ticks. What happens on a tick
is in ``policy_runtime``; here are the states, the parameters and the report.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

from attention_mapper_ros.nodes.act_policy_config import declare_parameters
from attention_mapper_ros.nodes.live_parameters import LIVE_PARAMETERS
from attention_mapper_ros.nodes.policy_config import PolicyConfig, read_config
from attention_mapper_ros.nodes.policy_figures import PolicyFigures
from attention_mapper_ros.nodes.policy_runtime import PolicyRuntime
from attention_mapper_ros.nodes.policy_status import PolicyStatus
from attention_mapper_ros.nodes.qos_advice import QOS_OVERRIDES
from attention_mapper_ros.nodes.run import run_node
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.ros.client import (
    HAS_LOGGER_SERVICE,
    LifecycleNode,
    LifecycleState,
    Parameter,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.impossible_transitions import refuse_impossible_transitions
from attention_mapper_ros.ros.interfaces import SetParametersResult
from attention_mapper_ros.ros.parameters import ParameterDeclarer


class ActPolicyNode(LifecycleNode):
    """
    The states of the policy node.

    unconfigured: parameters and the report alone. inactive: the policy is loaded and warm, inputs
    are heard, nothing is computed. active: it ticks. Raises ValueError for a parameter that is
    unknown or not allowed; what is found while configuring fails that transition instead.
    """

    def __init__(self, **node_options: Any) -> None:
        if HAS_LOGGER_SERVICE:
            node_options.setdefault('enable_logger_service', True)
        super().__init__(
            'act_policy', automatically_declare_parameters_from_overrides=True, **node_options
        )
        refuse_impossible_transitions(self)
        self._runtime: PolicyRuntime | None = None
        self._state = 'unconfigured'
        self.refusal = ''
        """Why the last transition failed, in one line; '' when it did not."""
        self.loading = False
        """A policy loads: an exception that comes between would break what is half imported."""
        try:
            self._declarer = ParameterDeclarer(self)
            declare_parameters(self._declarer)
            self.add_on_set_parameters_callback(self._on_set_parameters)
            self._status = PolicyStatus(self, self._figures)
        except ValueError:
            self.destroy_node()  # nobody else has it yet
            raise

    def autostart(self) -> bool:
        """Configure and activate, if the parameter says so; return False when that failed."""
        if not self.get_parameter('autostart').value:
            return True
        done = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() == done and self.trigger_activate() == done

    def close(self) -> bool:
        """
        End both threads, saying nothing more; return False when a forward still runs.

        The node itself is destroyed by its owner.
        """
        self._status.close()
        return self._free()

    # Transitions

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and check the policy, warm it up, and create inputs and outputs."""
        self.refusal = ''
        try:
            self.loading = True
            self._runtime = self._make_runtime()
        except ValueError as error:
            self.refusal = str(error)
            self.get_logger().fatal(self.refusal)
            return TransitionCallbackReturn.FAILURE
        except Exception:
            # rclpy turns it into an error transition and says nothing about it.
            self.refusal = traceback.format_exc()
            self.get_logger().fatal(self.refusal)
            raise
        finally:
            self.loading = False
        result = super().on_configure(state)
        self._enter('inactive')
        self.get_logger().info(f'{self._runtime.in_words} is ready')
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to tick."""
        assert self._runtime is not None  # configured before
        result = super().on_activate(state)
        self._runtime.activate()
        self._enter('active')
        self.get_logger().info(self._actions_in_words())
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to tick; no action goes out any more."""
        assert self._runtime is not None
        self._runtime.deactivate()
        self._enter('inactive')
        self.get_logger().info('inactive: no actions go out')
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the policy and its memory."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything, from whatever state."""
        self._release()
        self._enter('finalized')
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured after a transition that broke."""
        self._release()
        return super().on_error(state)

    def _release(self) -> None:
        self._free()
        self._enter('unconfigured')

    def _free(self) -> bool:
        runtime, self._runtime = self._runtime, None
        if runtime is None or runtime.close():
            return True
        self.get_logger().warning('a forward is still running, leaving without it')
        return False

    def _enter(self, state: str) -> None:
        self._state = state
        self._status.report()

    def _make_runtime(self) -> PolicyRuntime:
        values = {
            name: parameter.value for name, parameter in self.get_parameters_by_prefix('').items()
        }
        config = read_config(values)
        return PolicyRuntime(
            self,
            config,
            self._declarer,
            {doc.name: values[doc.name] for doc in LIVE_PARAMETERS},
            self._load_policy(config),
            give_up=self._give_up,
        )

    def _give_up(self) -> None:
        # Somebody else, or a failure more, may have been quicker.
        if self._state == 'active':
            self.trigger_deactivate()

    def _load_policy(self, config: PolicyConfig) -> PolicyAdapter:
        if config.torch_threads:
            import torch

            torch.set_num_threads(config.torch_threads)
        self.get_logger().info(f'loading policy {config.policy}')
        adapter = load_policy(config.policy, config.device, config.precision)
        if adapter.precision_error:
            self.get_logger().info(
                f'in {config.precision} the actions differ from float32 by up to '
                f"{adapter.precision_error:.2g} deviations of the training data's actions"
            )
        return adapter

    # Parameters, diagnostics

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        live = {doc.name for doc in LIVE_PARAMETERS}
        docs = self._declarer.docs
        for parameter in parameters:
            doc = docs.get(parameter.name)
            if doc is None and not parameter.name.startswith(QOS_OVERRIDES):
                continue  # one of the client's own
            if self._runtime is not None and parameter.name not in live:
                return SetParametersResult(
                    successful=False,
                    reason=f'parameter {parameter.name} can be set while the node is unconfigured '
                    f'only, it is {self._state}: clean it up first (ros2 lifecycle set)',
                )
            try:
                if doc is not None:
                    doc.check(parameter.value)
            except ValueError as error:
                return SetParametersResult(successful=False, reason=str(error))
        if self._runtime is None:
            return SetParametersResult(successful=True)
        return self._runtime.set_live(parameters)

    def _figures(self) -> PolicyFigures:
        if self._runtime is None:
            return PolicyFigures(self._state, str(self.get_parameter('policy').value))
        self._runtime.look_around()
        return self._runtime.figures(self._state)

    def _actions_in_words(self) -> str:
        if self.get_parameter('dry_run').value:
            return 'active, a dry run: no action is published'
        if self.get_parameter('start_enabled').value:
            return 'active, actions enabled'
        return 'active, actions disabled until ~/enable is called'


def main(args: list[str] | None = None) -> int:
    """Run the node until it is told to stop; return the process's exit status."""
    return run_node(ActPolicyNode, 'act_policy', args, begin=ActPolicyNode.autostart)


if __name__ == '__main__':
    sys.exit(main())
