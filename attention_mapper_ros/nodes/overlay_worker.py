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

"""The drawing thread: what a forward looked at becomes pictures, maps and shares on topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
import time

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.control.statistics import LatencyWindow, RateMeter
from attention_mapper_ros.control.worker_thread import WorkerThread
from attention_mapper_ros.nodes.attention_outputs import AttentionOutputs, subscribed
from attention_mapper_ros.nodes.head_publisher import cells_on, HeadPublisher
from attention_mapper_ros.nodes.inference_worker import InferenceResult
from attention_mapper_ros.nodes.live_parameters import LiveConfig
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.ros.images import encode_compressed, encode_image, encode_map
from attention_mapper_ros.ros.messages import shares as shares_message
from attention_mapper_ros.ros.observations import CameraInput


@dataclass(frozen=True)
class OverlayJob:
    """One result to show, with the age of its frames in seconds."""

    result: InferenceResult
    ages_s: Mapping[str, float]


class OverlayWorker:
    """
    Draws and publishes on its own thread, behind a queue of length one.

    ``follow``, ``offer`` and ``wanted`` belong to the executor thread. The newest job replaces
    a waiting one, which is counted in ``dropped``; a job that was asked for otherwise than the
    settings in force ask is not shown and not counted. Publishers may be used from any thread.
    What nobody subscribes to is not computed. A failure is handed to ``on_error`` and the next
    job goes on.
    """

    def __init__(
        self,
        cameras: Mapping[str, CameraInput],
        outputs: AttentionOutputs,
        live: LiveConfig,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._cameras = dict(cameras)
        self._names = {camera.feature: name for name, camera in cameras.items()}
        self._outputs = outputs
        self._live = live
        self._on_error = on_error
        self._annotator = OverlayAnnotator(live.style)
        self._heads = HeadPublisher(cameras, outputs.heads)
        self._thread = WorkerThread('drawing', self._publish_or_report)
        self.start, self.close = self._thread.start, self._thread.close
        self.dropped = 0
        self.rate = RateMeter()
        self.latency = LatencyWindow()

    def follow(self, live: LiveConfig) -> None:
        """Draw by these settings from the next job on."""
        self._live = live

    def wanted(self) -> AttentionRequest | None:
        """Return what to ask of the next forward, None when nobody subscribes to anything."""
        live = self._live
        if not self._outputs.wanted(live.publish_weights):
            return None
        heads = self._outputs.heads_wanted(live.publish_weights)
        return replace(live.request, head_weights=heads)

    def offer(self, job: OverlayJob) -> None:
        """Leave a job for the thread; RuntimeError when it has died."""
        self._thread.check()
        live = self._live
        if not _asked_by(job, live):
            return
        replaced = self._thread.put(job)
        if replaced is not None and _asked_by(replaced, live):
            self.dropped += 1

    def _publish_or_report(self, job: OverlayJob) -> None:
        live = self._live
        # The settings may have changed while the job waited.
        if not _asked_by(job, live):
            return
        try:
            self._publish(job, live)
        except Exception as error:  # noqa: BLE001
            # Whatever fails, memory included: pictures must never end a node that drives a robot.
            self._on_error(error)

    def _publish(self, job: OverlayJob, live: LiveConfig) -> None:
        inference = job.result.inference
        assert inference is not None  # _asked_by has seen it
        started = time.monotonic()
        maps = inference.maps()
        shares = maps.named_shares(self._names)
        if subscribed(self._outputs.share):
            request = job.result.request
            self._outputs.share.publish(shares_message(shares, request.stamp, request.tick))
        for camera in self._cameras:
            self._publish_camera(camera, job, live, maps, shares)
        self._heads.publish(job.result, inference, live)
        now_ns = time.monotonic_ns()
        self.latency.add(now_ns / 1e9 - started)
        self.rate.count(now_ns)

    def _publish_camera(
        self,
        camera: str,
        job: OverlayJob,
        live: LiveConfig,
        maps: AttentionMaps,
        shares: Mapping[str, float],
    ) -> None:
        outputs = self._outputs.cameras[camera]
        header = job.result.request.images[camera].header
        attention_map = maps.cameras[self._cameras[camera].feature]
        if subscribed(outputs.map):
            outputs.map.publish(encode_map(attention_map, header))
        if not subscribed(outputs.image, outputs.compressed):
            return
        if self._annotator.style != live.style:
            self._annotator = OverlayAnnotator(live.style)
        frame = job.result.frames[camera]
        overlay = self._annotator.annotate(
            frame,
            attention_map,
            cells_on(frame, self._cameras[camera], maps.layout),
            shares,
            camera,
            f'tick {job.result.request.tick} · age {job.ages_s[camera] * 1e3:.0f} ms\n'
            f'{live.label}',
            maps.scale.quantity,
        )
        if subscribed(outputs.image):
            outputs.image.publish(encode_image(overlay, header))
        if subscribed(outputs.compressed):
            outputs.compressed.publish(encode_compressed(overlay, header, live.jpeg_quality))


def _asked_by(job: OverlayJob, live: LiveConfig) -> bool:
    """Return whether these settings asked for the attention that the job has."""
    inference = job.result.inference
    if inference is None or inference.attention is None or inference.request is None:
        return False
    return replace(inference.request, head_weights=False) == live.request
