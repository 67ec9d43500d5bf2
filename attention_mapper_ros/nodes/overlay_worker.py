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
from dataclasses import dataclass
import time
from typing import Any

import cv2

from attention_mapper_ros.attention.maps import AttentionMaps, fold
from attention_mapper_ros.control.statistics import LatencyWindow, RateMeter
from attention_mapper_ros.control.worker_thread import WorkerThread
from attention_mapper_ros.nodes.act_policy_config import LiveConfig
from attention_mapper_ros.nodes.inference_worker import InferenceResult
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.ros.images import encode_compressed, encode_image, encode_map
from attention_mapper_ros.ros.messages import shares as shares_message
from attention_mapper_ros.ros.observations import CameraInput


@dataclass(frozen=True)
class CameraOutputs:
    """The publishers of one camera's overlay, compressed overlay and map."""

    image: Any
    compressed: Any
    map: Any


@dataclass(frozen=True)
class OverlayJob:
    """One result to show, with the settings of the moment and the age of its frames, seconds."""

    result: InferenceResult
    live: LiveConfig
    ages_s: Mapping[str, float]


class OverlayWorker:
    """
    Draws and publishes on its own thread, behind a queue of length one.

    ``offer`` belongs to the executor thread; the newest job replaces a waiting one, which is
    counted in ``dropped``. Publishers may be used from any thread. What nobody subscribes to
    is not computed. A failure is handed to ``on_error`` and the next job goes on.
    """

    def __init__(
        self,
        cameras: Mapping[str, CameraInput],
        outputs: Mapping[str, CameraOutputs],
        share: Any,
        on_error: Callable[[Exception], None],
    ) -> None:
        self._cameras = dict(cameras)
        self._outputs = dict(outputs)
        self._share = share
        self._on_error = on_error
        self._annotator = OverlayAnnotator()
        self._thread = WorkerThread('drawing', self._publish_or_report)
        self.start, self.close = self._thread.start, self._thread.close
        self.dropped = 0
        self.rate = RateMeter()
        self.latency = LatencyWindow()

    def wanted(self) -> bool:
        """Return whether anybody subscribes to anything that this thread publishes."""
        return self._share.get_subscription_count() > 0 or any(
            _subscribed(outputs.image, outputs.compressed, outputs.map)
            for outputs in self._outputs.values()
        )

    def offer(self, job: OverlayJob) -> None:
        """Leave a job for the thread; RuntimeError when it has died."""
        self._thread.check()
        if self._thread.put(job) is not None:
            self.dropped += 1

    def _publish_or_report(self, job: OverlayJob) -> None:
        try:
            self._publish(job)
        except (ValueError, RuntimeError, cv2.error) as error:
            self._on_error(error)

    def _publish(self, job: OverlayJob) -> None:
        inference = job.result.inference
        if inference is None or inference.attention is None or inference.selection is None:
            return
        started = time.monotonic()
        maps = fold(inference.attention, inference.layout, 'raw', str(inference.selection))
        shares = self._named_shares(maps)
        if _subscribed(self._share):
            self._share.publish(shares_message(shares))
        for camera in self._cameras:
            self._publish_camera(camera, job, maps, shares)
        now_ns = time.monotonic_ns()
        self.latency.add(now_ns / 1e9 - started)
        self.rate.count(now_ns)

    def _named_shares(self, maps: AttentionMaps) -> dict[str, float]:
        """Return the shares with each camera under its own name instead of its feature's."""
        names = {camera.feature: name for name, camera in self._cameras.items()}
        return {names.get(group, group): share for group, share in maps.shares.items()}

    def _publish_camera(
        self, camera: str, job: OverlayJob, maps: AttentionMaps, shares: Mapping[str, float]
    ) -> None:
        outputs = self._outputs[camera]
        header = job.result.request.images[camera].header
        attention_map = maps.cameras[self._cameras[camera].feature]
        if _subscribed(outputs.map):
            outputs.map.publish(encode_map(attention_map, header))
        if not _subscribed(outputs.image, outputs.compressed):
            return
        if self._annotator.style != job.live.style:
            self._annotator = OverlayAnnotator(job.live.style)
        frame = job.result.frames[camera]
        seen = self._cameras[camera]
        cells = next(c for c in maps.layout.cameras if c.feature == seen.feature).geometry
        overlay = self._annotator.annotate(
            frame,
            attention_map,
            cells.scaled(frame.shape[1] / seen.width, frame.shape[0] / seen.height),
            shares,
            camera,
            f'tick {job.result.request.tick} · {maps.selection} · '
            f'age {job.ages_s[camera] * 1e3:.0f} ms',
        )
        if _subscribed(outputs.image):
            outputs.image.publish(encode_image(overlay, header))
        if _subscribed(outputs.compressed):
            outputs.compressed.publish(encode_compressed(overlay, header, job.live.jpeg_quality))


def _subscribed(*publishers: Any) -> bool:
    return any(publisher.get_subscription_count() > 0 for publisher in publishers)
