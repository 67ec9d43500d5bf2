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

"""The policy node between configure and cleanup: what happens on a tick, and when it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
import time
from typing import Any

import numpy as np

from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.control.observation_buffer import NANOSECONDS, Refusal
from attention_mapper_ros.control.outage import Outage
from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.statistics import RateMeter
from attention_mapper_ros.control.tick_clock import TickClock
from attention_mapper_ros.control.watchdog import ForwardWatchdog
from attention_mapper_ros.nodes.action_output import ActionOutput
from attention_mapper_ros.nodes.action_release import ActionRelease
from attention_mapper_ros.nodes.attention_outputs import make_attention_outputs
from attention_mapper_ros.nodes.inference_worker import (
    ActionChunk,
    InferenceRequest,
    InferenceResult,
    InferenceWorker,
)
from attention_mapper_ros.nodes.live_settings import LiveSettings
from attention_mapper_ros.nodes.overlay_worker import OverlayJob, OverlayWorker
from attention_mapper_ros.nodes.policy_check import (
    action_schedule,
    camera_inputs,
    joint_maps,
    warm_up,
)
from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_figures import (
    AttentionFigures,
    ForwardFigures,
    PolicyFigures,
    TickFigures,
)
from attention_mapper_ros.nodes.policy_inputs import PolicyInputs
from attention_mapper_ros.nodes.policy_intake import JOINTS
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.ros.client import (
    Duration,
    JumpThreshold,
    LifecycleNode,
    Parameter,
)
from attention_mapper_ros.ros.interfaces import SetBool, SetParametersResult, Trigger
from attention_mapper_ros.ros.messages import nanoseconds
from attention_mapper_ros.ros.observations import ObservationBuilder
from attention_mapper_ros.ros.parameters import ParameterDeclarer

SHUTDOWN_TIMEOUT_S = 0.7  # of each thread; a forward that takes longer is left to the process
WARNING_INTERVAL_S = 5.0
FRESH_S = 1.0  # after a fresh start inputs may take so long to come, which is nobody's fault
CLOCK_JUMP = JumpThreshold(
    min_forward=Duration(seconds=2.0), min_backward=Duration(nanoseconds=-1), on_clock_change=True
)


class PolicyRuntime:
    """
    Runs a policy on every tick while active, and shows its attention.

    The executor's thread owns this object, the inputs, the pacer and all counters. It never
    runs the model and never draws. ``InferenceWorker`` and ``OverlayWorker`` own a thread
    each; results are fetched here when a guard condition wakes the executor.
    ``give_up`` is called, at most once per activation, after too many failures in a row.
    Raises ValueError when policy, configuration and settings do not fit together; nothing stays
    on the graph then. The adapter is closed with it, in any case.
    """

    def __init__(
        self,
        node: LifecycleNode,
        config: PolicyConfig,
        declarer: ParameterDeclarer,
        live_values: Mapping[str, Any],
        adapter: PolicyAdapter,
        give_up: Callable[[], Any],
    ) -> None:
        self._node, self._config, self._adapter = node, config, adapter
        with ExitStack() as undo:
            self._ended = True  # the inference thread, or it has not begun
            undo.callback(self._free_policy)
            state_map, action_map = self._check(declarer, live_values)
            self._reset_counts()
            self._create(state_map, action_map, give_up, undo)
            self._undo = undo.pop_all()

    def _check(
        self, declarer: ParameterDeclarer, live_values: Mapping[str, Any]
    ) -> tuple[JointMap | None, JointMap]:
        """Find out whether everything fits, on no graph yet; return the joint maps."""
        config, adapter = self._config, self._adapter
        self._cameras = camera_inputs(config.cameras, adapter.spec)
        state_map, action_map = joint_maps(config.joints, adapter.spec)
        self._no_state = np.zeros(0, dtype=np.float32)
        schedule = action_schedule(config, adapter.spec)
        self._settings = LiveSettings(
            declarer, live_values, adapter, action_map.names, schedule.queries_executed
        )
        warm_up(adapter, self._settings.current.request)
        self._pacer = ActionPacer(schedule, 1.0 / config.rate_hz, enabled=False)
        self._watchdog = ForwardWatchdog(
            config.safety.inference_timeout_s, config.safety.max_failures, time.monotonic_ns
        )
        self._tick_clock = TickClock(1.0 / config.rate_hz)
        return state_map, action_map

    def _create(
        self,
        state_map: JointMap | None,
        action_map: JointMap,
        give_up: Callable[[], Any],
        undo: ExitStack,
    ) -> None:
        """Create everything that is on the graph, and the threads; ``undo`` takes it back."""
        node, config = self._node, self._config
        self._actions = ActionOutput(node, config, action_map, undo)
        attention = make_attention_outputs(node, self._cameras, config.attention_qos, undo)
        self._inputs = PolicyInputs(node, config, self._cameras, state_map, action_map, undo)
        self._release = ActionRelease(node, self._pacer, self._actions, self._inputs.measured)
        done, self._give_up = map(node.create_guard_condition, (self._collect, give_up))
        for guard in (done, self._give_up):
            undo.callback(node.destroy_guard_condition, guard)
        self._inference = InferenceWorker(
            self._adapter, ObservationBuilder(self._cameras), done.trigger
        )
        self._drawing = OverlayWorker(
            self._cameras, attention, self._settings.current, self._on_drawing_error
        )
        undo.callback(self._end_threads)
        self._inference.start()
        self._drawing.start()
        for kind, name, callback in (
            (SetBool, '~/enable', self._on_enable),
            (Trigger, '~/reset', self._on_reset),
        ):
            undo.callback(node.destroy_service, node.create_service(kind, name, callback))
        jump = node.get_clock().create_jump_callback(CLOCK_JUMP, post_callback=self._on_clock_jump)
        undo.callback(jump.unregister)
        self._timer: Any = None

    def _reset_counts(self) -> None:
        self._tick = self._episode = self._missed = 0
        self._failed_forwards = self._failed_drawings = 0
        self._ticks = RateMeter()
        self._skipped: Counter[str] = Counter()
        self._said_until_ns: dict[tuple[str, str], int] = {}  # faults that are in the log
        self._skip_reason = self._error = ''
        self._outage = Outage()  # nothing of the policy goes out
        self._forward_failed = self._overdue = False
        self._cleared_ns = 0  # when the inputs were forgotten

    @property
    def in_words(self) -> str:
        """What runs, in one line of a log."""
        spec, config = self._adapter.spec, self._config
        return (
            f'{spec.family} policy {config.policy} ({spec.identity}) on '
            f'{", ".join(self._cameras)} at {config.rate_hz:g} Hz, schedule {config.schedule}'
        )

    # Life

    def activate(self) -> None:
        """Start to tick, on what comes from now on."""
        self._forget_inputs()
        self._watchdog.forgive()
        self._forward_failed = False
        self._begin_anew()
        self._pacer.enable(self._config.start_enabled)
        self._tick_clock.restart()
        self._timer = self._node.create_timer(1.0 / self._config.rate_hz, self._on_tick)
        self._release.start()

    def deactivate(self) -> None:
        """Stop to tick; what a running forward says is not done any more."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._release.stop()
            self._timer = None
        self._pacer.enable(False)
        self._skip_reason = ''

    def close(self) -> bool:
        """Stop everything and free the policy; return False when a forward still runs."""
        self.deactivate()
        self._undo.close()
        return self._ended

    def _end_threads(self) -> None:
        self._drawing.close(SHUTDOWN_TIMEOUT_S)
        self._ended = self._inference.close(SHUTDOWN_TIMEOUT_S)

    def _free_policy(self) -> None:
        if self._ended:
            self._adapter.close()

    # The way of one tick

    def _on_tick(self) -> None:
        self._collect()
        now = self._node.get_clock().now()
        self._release.tick(now.to_msg())
        self._missed += self._tick_clock.tick(now.nanoseconds)
        if self._is_overdue():
            self._wait('overdue', self._error)
            return
        newest = self._inputs.newest()
        if isinstance(newest, Refusal):
            if newest.kind == 'missing' and self._is_fresh():
                self._stand_still()
            else:
                self._wait(newest.kind, newest.reason, newest.stream)
            return
        if not self._forward_failed:
            self._end_outage()
        self._tick += 1
        self._ticks.count(time.monotonic_ns())
        request = InferenceRequest(
            tick=self._tick,
            ticked_ns=self._release.ticked_ns,
            position=self._pacer.position,
            plan=self._pacer.plan,
            state=newest.pop(JOINTS, self._no_state),
            images=newest,
            attention=self._drawing.wanted(),
        )
        accepted = self._inference.offer(request)
        if accepted:
            self._watchdog.begin()
        if self._forward_failed:
            # Until a forward succeeds again, nothing that older ones planned goes out.
            self._stand_still()
            return
        self._skip_reason = ''
        action = self._pacer.tick(accepted)
        self._release.send(action)
        if action is None:
            self._release.wait()

    def _collect(self) -> None:
        """Take what the forwards delivered: first the action goes out, then the pictures."""
        for result in self._inference.results():
            if isinstance(result, ActionChunk):
                self._act(result)
            elif result.error is not None and result.unusable:
                self._refuse(result.error)
            elif result.error is not None and not result.acted:
                self._fail(result.request.tick, result.error)
            else:
                self._end_forward(result)

    def _end_forward(self, result: InferenceResult) -> None:
        self._watchdog.succeed()
        self._overdue = False
        self._error = ''
        if result.inference is not None:
            self._drawing.offer(OverlayJob(result, self._ages_s(result)))
        elif result.error is not None:
            self._on_drawing_error(result.error)

    def _act(self, chunk: ActionChunk) -> None:
        self._is_overdue()  # a hang that ended between two ticks
        if self._forward_failed:
            self._forward_failed = False
            self._end_outage()
        request = chunk.request
        self._pacer.answered((time.monotonic_ns() - request.ticked_ns) / NANOSECONDS)
        self._release.send(
            self._pacer.deliver(chunk.actions, request.position, request.plan, chunk.forward_s)
        )

    def _refuse(self, error: Exception) -> None:
        """Note an observation that only turned out to be none when it was decoded."""
        self._watchdog.succeed()
        self._forward_failed = True
        self._overdue = False
        self._note_skip('unusable', str(error))

    def _fail(self, tick: int, error: Exception) -> None:
        self._watchdog.fail()
        self._failed_forwards += not self._overdue  # a hang has been counted
        self._forward_failed = True
        self._overdue = False
        self._error = f'forward of tick {tick} failed: {type(error).__name__}: {error}'
        self._note_skip('failed', self._error, type(error).__name__)
        self._give_up_if_exhausted()

    def _give_up_if_exhausted(self) -> None:
        if self._watchdog.exhausted and self._timer is not None:
            self._node.get_logger().error(
                f'{self._watchdog.failures_in_a_row} forwards failed in a row (max_failures), the '
                f'last one: {self._error}; the node deactivates itself'
            )
            self._give_up.trigger()

    def _is_overdue(self) -> bool:
        seconds = self._watchdog.overdue_s()
        if seconds is None:
            return False
        self._error = (
            f'a forward has been running for {seconds:.1f} s, longer than inference_timeout_s of '
            f'{self._config.safety.inference_timeout_s:g} s'
        )
        if not self._overdue:
            self._overdue = True
            self._failed_forwards += 1
            # Nothing new has been wanted since it began, not only since it is overdue.
            begun_ns = time.monotonic_ns() - round(seconds * NANOSECONDS)
            self._outage.begin(begun_ns)
            self._pacer.reset()  # what it will say is not done
            self._give_up_if_exhausted()
        return True

    def _wait(self, kind: str, reason: str, stream: str = '') -> None:
        """Let this tick pass without the policy."""
        self._note_skip(kind, reason, stream)
        self._stand_still()

    def _stand_still(self) -> None:
        self._outage.begin(time.monotonic_ns())
        self._pacer.skip()
        self._release.hold()

    def _end_outage(self) -> None:
        if self._outage.end(time.monotonic_ns()):
            self._begin_anew()  # and ramp

    def _begin_anew(self) -> None:
        self._pacer.reset()
        self._actions.begin()

    def _forget_inputs(self) -> None:
        self._inputs.clear()
        self._cleared_ns = time.monotonic_ns()

    def _is_fresh(self) -> bool:
        return time.monotonic_ns() - self._cleared_ns < FRESH_S * NANOSECONDS

    def _note_skip(self, kind: str, reason: str, what: str = '') -> None:
        """Count a skipped tick; a fault of ``what`` is logged however often another one is."""
        self._skipped[kind] += 1
        self._skip_reason = reason
        now_ns = time.monotonic_ns()
        if now_ns >= self._said_until_ns.get((kind, what), 0):
            self._said_until_ns[kind, what] = now_ns + round(WARNING_INTERVAL_S * NANOSECONDS)
            self._node.get_logger().warning(f'tick skipped: {reason}')

    def _ages_s(self, result: InferenceResult) -> dict[str, float]:
        """Return how old each frame of a result is by its own stamp, in seconds."""
        now = self._node.get_clock().now().nanoseconds
        return {
            camera: max(0.0, (now - nanoseconds(message.header.stamp)) / NANOSECONDS)
            for camera, message in result.request.images.items()
        }

    def _on_drawing_error(self, error: Exception) -> None:
        self._failed_drawings += 1
        self._node.get_logger().error(
            f'overlay not drawn: {error}', throttle_duration_sec=WARNING_INTERVAL_S
        )

    def _on_clock_jump(self, jump: Any) -> None:
        """Forget what belongs to another time: a bag began again, or a simulation was reset."""
        self._node.get_logger().warning(
            f'the clock jumped by {jump.delta.nanoseconds / NANOSECONDS:.3f} s: inputs and '
            'planned actions are forgotten'
        )
        self._forget_inputs()
        self._begin_anew()
        self._tick_clock.restart()

    # Services, parameters, diagnostics

    def _on_enable(self, request: Any, response: Any) -> Any:
        response.success = self._timer is not None
        if not response.success:
            response.message = 'the node is not active: activate it first (ros2 lifecycle set)'
            return response
        if request.data != self._pacer.enabled:
            self._pacer.enable(request.data)
            self._actions.begin()
        response.message = f'actions {"enabled" if request.data else "disabled"}'
        self._node.get_logger().info(response.message)
        return response

    def _on_reset(self, request: Any, response: Any) -> Any:
        self._begin_anew()
        self._forget_inputs()
        response.success = True
        self._episode += 1
        response.message = f'episode {self._episode}'
        return response

    def set_live(self, parameters: list[Parameter]) -> SetParametersResult:
        """Put new values of live parameters in force, all or none."""
        result = self._settings.set(parameters)
        self._drawing.follow(self._settings.current)
        return result

    def look_around(self) -> None:
        """Look, once a second, for what is wrong on the graph around the node."""
        self._inputs.reject_foreign_types()
        self._actions.look_for_others()

    def figures(self, state: str) -> PolicyFigures:
        """Return everything that diagnostics say, in this state of the lifecycle."""
        now_ns = time.monotonic_ns()
        return PolicyFigures(
            state=state,
            policy=self._config.policy,
            identity=self._adapter.spec.identity,
            device=self._adapter.device,
            schedule=self._config.schedule,
            enabled=self._pacer.enabled,
            dry_run=self._config.dry_run,
            ticks=TickFigures(
                number=self._tick,
                episode=self._episode,
                rate_hz=self._ticks.rate_hz(now_ns),
                target_rate_hz=self._config.rate_hz,
                late=self._pacer.late_ticks,
                missed=self._missed,
                skipped=dict(self._skipped),
                skip_reason=self._skip_reason,
            ),
            inputs=self._inputs.figures(),
            forward=ForwardFigures(
                median_s=self._pacer.forward.median(),
                p95_s=self._pacer.forward.p95(),
                failed=self._failed_forwards,
                failed_in_a_row=self._watchdog.failures_in_a_row,
                overdue_s=self._watchdog.overdue_s(),
                error=self._error,
                memory_bytes=self._adapter.memory_bytes(),
            ),
            actions=self._actions.figures(self._pacer.depth),
            attention=AttentionFigures(
                label=self._settings.current.label,
                rate_hz=self._drawing.rate.rate_hz(now_ns),
                draw_s=self._drawing.latency.median(),
                dropped=self._drawing.dropped,
                failed=self._failed_drawings,
            ),
        )
