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

It wires the rooms together and decides nothing that one of them could.
"""

from __future__ import annotations

from functools import partial
import sys
import time
from typing import Any

import numpy as np

from attention_mapper_ros.control.observation_buffer import ObservationBuffer, Refusal
from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.schedule import make_schedule, ScheduledAction
from attention_mapper_ros.nodes.act_policy_config import CameraConfig, declare_config
from attention_mapper_ros.nodes.attention_outputs import make_attention_outputs
from attention_mapper_ros.nodes.inference_worker import (
    ActionChunk,
    InferenceRequest,
    InferenceResult,
    InferenceWorker,
)
from attention_mapper_ros.nodes.live_settings import LiveSettings
from attention_mapper_ros.nodes.overlay_worker import OverlayJob, OverlayWorker
from attention_mapper_ros.nodes.policy_check import camera_inputs, joint_maps, warm_up
from attention_mapper_ros.nodes.policy_diagnostics import PolicyReport, TickCounts
from attention_mapper_ros.nodes.run import run_node
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.ros.client import (
    Clock,
    ClockType,
    Node,
    Parameter,
)
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    DiagnosticArray,
    Image,
    JointState,
    SetBool,
    SetParametersResult,
    Trigger,
)
from attention_mapper_ros.ros.messages import ACTION_MESSAGES, diagnostics
from attention_mapper_ros.ros.observations import ObservationBuilder
from attention_mapper_ros.ros.parameters import ParameterDeclarer
from attention_mapper_ros.ros.qos import ACTION_QOS, SENSOR_QOS

JOINTS = 'joint_states'
DIAGNOSTICS_TOPIC = '/diagnostics'  # absolute: every ROS tool looks for it there
SHUTDOWN_TIMEOUT_S = 2.0  # a forward that takes longer is left to end with the process
WARNING_INTERVAL_S = 5.0


class ActPolicyNode(Node):
    """
    Runs a policy on every tick and shows its attention.

    The executor's thread owns this object, the buffer, the pacer and all counters. It never
    runs the model and never draws. ``InferenceWorker`` and ``OverlayWorker`` own a thread
    each; results are fetched here when a guard condition wakes the executor.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__(
            'act_policy', automatically_declare_parameters_from_overrides=True, **node_options
        )
        declarer = ParameterDeclarer(self)
        self._config, live_values = declare_config(declarer)
        self._adapter = self._load_policy()
        spec = self._adapter.spec
        self._cameras = camera_inputs(self._config.cameras, spec)
        self._state_map, self._action_map = joint_maps(self._config.joints, spec)
        self._no_state = np.zeros(0, dtype=np.float32)
        schedule = make_schedule(
            self._config.schedule,
            spec.chunk_size,
            self._config.n_action_steps or spec.action_steps,
            self._config.temporal_ensemble_coeff,
        )
        self._settings = LiveSettings(
            declarer,
            live_values,
            self._adapter,
            self._action_map.names,
            schedule.queries_executed,
        )
        warm_up(self._adapter, self._settings.current.request)
        self._pacer = ActionPacer(schedule, 1.0 / self._config.rate_hz, self._config.start_enabled)
        self._buffer: ObservationBuffer[Any] = ObservationBuffer(
            self._max_ages_s(), lambda: self.get_clock().now().nanoseconds
        )
        self._counts = TickCounts()
        self._forward_failed = False

        self._make_outputs()
        self._done = self.create_guard_condition(self._collect)
        self._inference = InferenceWorker(
            self._adapter, ObservationBuilder(self._cameras), self._done.trigger
        )
        self._drawing = OverlayWorker(
            self._cameras,
            make_attention_outputs(self, self._cameras),
            self._settings.current,
            self._on_drawing_error,
        )
        self._report = self._make_report()
        self._make_inputs()
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self._inference.start()
        self._drawing.start()
        self._tick_timer = self.create_timer(1.0 / self._config.rate_hz, self._on_tick)
        # On the steady clock: a stopped simulation is a thing to report, not to be silent about.
        self._report_timer = self.create_timer(
            1.0, self._on_report, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.get_logger().info(
            f'{spec.family} policy {self._config.policy} ({spec.identity}) on '
            f'{", ".join(self._cameras)} at {self._config.rate_hz:g} Hz, schedule '
            f'{self._config.schedule}, actions {"enabled" if self._pacer.enabled else "disabled"}'
        )

    def close(self) -> None:
        """Stop both threads; the node itself is destroyed by its owner."""
        self._drawing.close(SHUTDOWN_TIMEOUT_S)
        if self._inference.close(SHUTDOWN_TIMEOUT_S):
            self._adapter.close()
        else:
            self.get_logger().warning('a forward is still running, leaving without it')

    # Set-up

    def _load_policy(self) -> PolicyAdapter:
        if self._config.torch_threads:
            import torch

            torch.set_num_threads(self._config.torch_threads)
        self.get_logger().info(f'loading policy {self._config.policy}')
        adapter = load_policy(self._config.policy, self._config.device, self._config.precision)
        if adapter.precision_error:
            self.get_logger().info(
                f'in {self._config.precision} the actions differ from float32 by up to '
                f"{adapter.precision_error:.2g} deviations of the training data's actions"
            )
        return adapter

    def _max_ages_s(self) -> dict[str, float]:
        ages = {camera.name: camera.max_age_s for camera in self._config.cameras}
        if self._state_map is not None:
            ages[JOINTS] = self._config.joints_max_age_s
        return ages

    def _make_inputs(self) -> None:
        self._inputs = {
            camera.name: self._subscribe_camera(camera) for camera in self._config.cameras
        }
        if self._state_map is not None:
            self._inputs[JOINTS] = self.create_subscription(
                JointState, JOINTS, self._on_joints, SENSOR_QOS
            )

    def _subscribe_camera(self, camera: CameraConfig) -> Any:
        callback = partial(self._on_image, camera.name)
        if camera.transport == 'compressed':
            return self.create_subscription(
                CompressedImage, f'{camera.topic}/compressed', callback, SENSOR_QOS
            )
        return self.create_subscription(Image, camera.topic, callback, SENSOR_QOS)

    def _make_outputs(self) -> None:
        message_type, self._make_action = ACTION_MESSAGES[self._config.action_message]
        self._action_output = self.create_publisher(message_type, '~/action', ACTION_QOS)
        self._diagnostics_output = self.create_publisher(DiagnosticArray, DIAGNOSTICS_TOPIC, 10)
        self._enable_service = self.create_service(SetBool, '~/enable', self._on_enable)
        self._reset_service = self.create_service(Trigger, '~/reset', self._on_reset)

    def _make_report(self) -> PolicyReport:
        return PolicyReport(
            counts=self._counts,
            pacer=self._pacer,
            drawing=self._drawing,
            buffer=self._buffer,
            target_rate_hz=self._config.rate_hz,
            fixed={
                'schedule': self._config.schedule,
                'policy': self._config.policy,
                'checkpoint': self._adapter.spec.identity,
            },
            attention=lambda: self._settings.current.label,
        )

    # Inputs

    def _on_image(self, camera: str, message: Any) -> None:
        try:
            self._cameras[camera].check(message)
        except ValueError as error:
            self._buffer.reject(camera, f'camera {camera}: {error}')
            return
        self._buffer.put(camera, message)

    def _on_joints(self, message: JointState) -> None:
        assert self._state_map is not None  # subscribed only with one
        try:
            state = self._state_map.state(message.name, message.position)
        except ValueError as error:
            self._buffer.reject(JOINTS, str(error))
            return
        self._buffer.put(JOINTS, state)

    # The way of one tick

    def _on_tick(self) -> None:
        self._collect()
        newest = self._buffer.newest()
        if isinstance(newest, Refusal):
            self._pacer.skip()
            self._skip(newest.reason)
            return
        self._counts.tick += 1
        self._counts.ticks.count(time.monotonic_ns())
        request = InferenceRequest(
            tick=self._counts.tick,
            position=self._pacer.position,
            episode=self._pacer.episode,
            state=newest.pop(JOINTS, self._no_state),
            images=newest,
            attention=self._drawing.wanted(),
        )
        accepted = self._inference.offer(request)
        if self._forward_failed:
            # Until a forward succeeds again, nothing that older ones planned goes out.
            self._pacer.skip()
            return
        self._counts.skip_reason = ''
        self._publish_action(self._pacer.tick(accepted))

    def _collect(self) -> None:
        """Take what the forwards delivered: first the action goes out, then the pictures."""
        for result in self._inference.results():
            if isinstance(result, ActionChunk):
                self._act(result)
            elif result.inference is not None:
                self._drawing.offer(OverlayJob(result, self._ages_s(result)))
            elif result.error is not None and result.acted:
                self._on_drawing_error(result.error)
            else:
                self._counts.failed_forwards += 1
                self._forward_failed = True
                self._skip(f'forward of tick {result.request.tick} failed: {result.error}')

    def _act(self, chunk: ActionChunk) -> None:
        self._forward_failed = False
        request = chunk.request
        self._publish_action(
            self._pacer.deliver(chunk.actions, request.position, request.episode, chunk.forward_s)
        )

    def _skip(self, reason: str) -> None:
        self._counts.skipped_ticks += 1
        self._counts.skip_reason = reason
        self.get_logger().warning(
            f'tick skipped: {reason}', throttle_duration_sec=WARNING_INTERVAL_S
        )

    def _publish_action(self, action: ScheduledAction | None) -> None:
        if action is None:
            return
        positions = self._action_map.positions(action.values)
        if not np.isfinite(positions).all():
            self._counts.dropped_actions += 1
            self.get_logger().error(
                f'action {positions.tolist()} is not finite and was dropped',
                throttle_duration_sec=WARNING_INTERVAL_S,
            )
            return
        positions, clamped = self._action_map.clamp(positions)
        self._counts.clamped_actions += clamped
        self._action_output.publish(
            self._make_action(
                self._action_map.names,
                positions,
                self.get_clock().now().to_msg(),
                1.0 / self._config.rate_hz,
            )
        )
        self._counts.actions.count(time.monotonic_ns())
        self._counts.action_age = action.position - action.observed_position

    def _ages_s(self, result: InferenceResult) -> dict[str, float]:
        """Return how old each frame of a result is by its own stamp, in seconds."""
        now = self.get_clock().now().nanoseconds
        return {
            camera: max(0.0, (now - _nanoseconds(message.header.stamp)) / 1e9)
            for camera, message in result.request.images.items()
        }

    def _on_drawing_error(self, error: Exception) -> None:
        self._counts.failed_drawings += 1
        self.get_logger().error(
            f'overlay not drawn: {error}', throttle_duration_sec=WARNING_INTERVAL_S
        )

    # Services, parameters, diagnostics

    def _on_enable(self, request: Any, response: Any) -> Any:
        self._pacer.enable(request.data)
        response.success = True
        response.message = f'actions {"enabled" if request.data else "disabled"}'
        self.get_logger().info(response.message)
        return response

    def _on_reset(self, request: Any, response: Any) -> Any:
        self._pacer.reset()
        self._buffer.clear()
        response.success = True
        response.message = f'episode {self._pacer.episode}'
        return response

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        result = self._settings.set(parameters)
        self._drawing.follow(self._settings.current)
        return result

    def _on_report(self) -> None:
        self._reject_foreign_types()
        level, summary = self._report.level_and_summary()
        self._diagnostics_output.publish(
            diagnostics(
                f'{self.get_fully_qualified_name().lstrip("/")}: policy',
                self._adapter.spec.identity,
                level,
                summary,
                self._report.values(),
                self.get_clock().now().to_msg(),
            )
        )

    def _reject_foreign_types(self) -> None:
        """Say so when an input topic carries only messages of another type: none will come."""
        for stream, subscription in self._inputs.items():
            topic = subscription.topic_name
            types = {info.topic_type for info in self.get_publishers_info_by_topic(topic)}
            wanted = self._input_type(stream)
            if types and wanted not in types:
                self._buffer.reject(
                    stream,
                    f'topic {topic} carries {", ".join(sorted(types))}, this node wants {wanted}: '
                    'remap the topic, or set image_transport to what the camera publishes',
                )

    def _input_type(self, stream: str) -> str:
        if stream == JOINTS:
            return 'sensor_msgs/msg/JointState'
        compressed = self._cameras[stream].compressed
        return f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def main(args: list[str] | None = None) -> int:
    """Run the node until it is told to stop; return the process's exit status."""
    return run_node(ActPolicyNode, 'act_policy', args)


if __name__ == '__main__':
    sys.exit(main())
