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

"""The inference thread: one observation in, one forward, its actions and then the rest out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import threading
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.control.worker_thread import WorkerThread
from attention_mapper_ros.policies.adapter import Inference, PolicyAdapter
from attention_mapper_ros.ros.images import Frame
from attention_mapper_ros.ros.observations import ObservationBuilder


@dataclass(frozen=True)
class InferenceRequest:
    """
    One observation to run.

    ``tick`` numbers it, ``ticked_ns`` is the steady clock's time at it. ``position`` and ``plan``
    are those of the action schedule at this tick: a result of an earlier plan is of no use.
    ``images`` are the camera messages by camera name, ``state`` is (state,) float32 in the
    policy's units.
    ``attention`` is what shall be shown of it, None when nobody looks.
    """

    tick: int
    ticked_ns: int
    position: int
    plan: int
    images: Mapping[str, Any]
    state: NDArray[np.float32]
    attention: AttentionRequest | None

    @property
    def stamp(self) -> Any:
        """The stamp of the first camera's frame, builtin_interfaces/Time."""
        return next(iter(self.images.values())).header.stamp


@dataclass(frozen=True)
class ActionChunk:
    """
    What a forward says to do: ``actions`` (chunk, action) float32 in the policy's units.

    Comes before the forward's result, so that no action waits for attention. ``forward_s``: the
    seconds that it took.
    """

    request: InferenceRequest
    actions: NDArray[np.float32]
    forward_s: float


@dataclass(frozen=True)
class InferenceResult:
    """
    A request with its outcome: an ``inference``, or the ``error`` that there was instead.

    ``acted``: the actions were there already when the error came, only attention is missing.
    ``unusable``: the model is not to blame, the observation could not be decoded.
    """

    request: InferenceRequest
    frames: Mapping[str, Frame] = field(default_factory=dict)
    inference: Inference | None = None
    error: Exception | None = None
    acted: bool = False
    unusable: bool = False


class InferenceWorker:
    """
    Runs one forward at a time on its own thread.

    ``offer`` and ``results`` belong to the executor thread; the adapter belongs to the worker
    from ``start`` to ``close``. ``on_done`` is called on the worker's thread when there are
    results and must only wake the executor; after ``close`` it is not called any more, though a
    forward that does not end may still run.
    """

    def __init__(
        self, adapter: PolicyAdapter, observations: ObservationBuilder, on_done: Callable[[], None]
    ) -> None:
        self._adapter = adapter
        self._observations = observations
        self._on_done: Callable[[], None] | None = on_done
        self._waking = threading.Lock()  # what on_done wakes may be gone after close
        self._results: deque[ActionChunk | InferenceResult] = deque()
        self._idle = threading.Event()
        self._idle.set()
        self._thread = WorkerThread('inference', self._run, on_death=self._wake)
        self.start = self._thread.start

    def close(self, timeout_s: float) -> bool:
        """End the thread after the forward at hand; return whether it ended in time."""
        ended = self._thread.close(timeout_s)
        with self._waking:
            self._on_done = None
        return ended

    def offer(self, request: InferenceRequest) -> bool:
        """Take the request and return True, or return False while a forward is running."""
        if not self._idle.is_set():
            return False
        self._idle.clear()
        self._thread.put(request)
        return True

    def results(self) -> list[ActionChunk | InferenceResult]:
        """
        Return and forget the results that have come since the last call, oldest first.

        Raises RuntimeError when the thread has died of something that it does not survive.
        """
        self._thread.check()
        results = []
        while self._results:
            results.append(self._results.popleft())
        return results

    def _run(self, request: InferenceRequest) -> None:
        self._results.append(self._infer(request))
        self._idle.set()
        self._wake()

    def _wake(self) -> None:
        with self._waking:
            if self._on_done is not None:
                self._on_done()

    def _infer(self, request: InferenceRequest) -> InferenceResult:
        acted = False

        def act(actions: NDArray[np.float32], forward_s: float) -> None:
            nonlocal acted
            acted = True
            self._results.append(ActionChunk(request, actions, forward_s))
            self._wake()

        try:
            frames = self._observations.frames(request.images)
        except (ValueError, cv2.error) as error:
            return InferenceResult(request, error=error, unusable=True)
        try:
            observation = self._observations.observation(frames, request.state)
            inference = self._adapter.infer(observation, request.attention, act)
        except Exception as error:  # noqa: BLE001
            # Whatever the model raises, out of memory included: this tick is lost and reported,
            # the next one may do, and the robot must not lose its node.
            return InferenceResult(request, error=error, acted=acted)
        return InferenceResult(request, frames, inference)
