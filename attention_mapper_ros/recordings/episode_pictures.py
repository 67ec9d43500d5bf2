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

"""The pictures of an episode: videos, a GIF, one picture per step and layer, mean frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.recordings.options import OutputOptions
from attention_mapper_ros.recordings.planning import PlannedStep
from attention_mapper_ros.recordings.recording import Episode, Step
from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.recordings.results import mean_frame_name, VIDEO
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.video import side_by_side, VideoWriter

Picture = NDArray[np.uint8]


class EpisodePictures:
    """
    Draws every step and writes what the options ask for. Belongs to one thread.

    ``label``: what the maps show, in words; ``names``: token group to what people call it. Files
    are whole only after ``close``; ``abort`` gives open ones up.
    """

    def __init__(
        self,
        folder: Path,
        episode: Episode,
        cameras: Sequence[AnalysedCamera],
        names: Mapping[str, str],
        fps: float,
        label: str,
        outputs: OutputOptions,
        style: OverlayStyle,
    ) -> None:
        self._folder, self._episode, self._outputs = folder, episode, outputs
        self._cameras, self._names, self._label = tuple(cameras), dict(names), label
        self._annotator = OverlayAnnotator(style)
        self._videos: dict[str, VideoWriter] = {}
        if outputs.video or outputs.gif:
            self._videos[VIDEO] = VideoWriter(folder / VIDEO, fps)
        if outputs.camera_videos:
            for camera in cameras:
                self._videos[camera.name] = VideoWriter(folder / f'{camera.name}.mp4', fps)
        # Sums of bytes: 32 bits hold those of 16 million pictures.
        self._sums = {
            camera.name: np.zeros((camera.height, camera.width, 3), np.uint32)
            for camera in cameras
        }
        self._count = 0

    def write(self, step: Step, maps: AttentionMaps, planned: PlannedStep) -> dict[str, Picture]:
        """Append a step; return its overlays by camera name, (row, col, RGB) uint8."""
        self._count += 1
        for camera in self._cameras:
            self._sums[camera.name] += step.pictures[camera.feature]
        if not (self._videos or self._outputs.bag):
            return {}
        overlays = self._overlays(step, maps)
        if VIDEO in self._videos:
            self._videos[VIDEO].write(side_by_side(list(overlays.values())))
        for name, overlay in overlays.items():
            if name in self._videos:
                self._videos[name].write(overlay)
        return overlays

    def close(self) -> None:
        """Complete all files."""
        for video in self._videos.values():
            video.close()
        for name, total in self._sums.items():
            mean = np.round(total / max(self._count, 1)).astype(np.uint8)
            _write_png(self._folder / mean_frame_name(name), mean)

    def abort(self) -> None:
        """Give up what is open, after an error."""
        with ExitStack() as stack:
            for video in self._videos.values():
                stack.callback(video.abort)

    def _overlays(self, step: Step, maps: AttentionMaps) -> dict[str, Picture]:
        shares = {self._names[group]: share for group, share in maps.shares.items()}
        return {
            camera.name: self._annotator.annotate(
                step.pictures[camera.feature],
                maps.cameras[camera.feature],
                camera.cells,
                shares,
                camera.name,
                f'step {step.index}\n{self._label}',
                maps.scale.quantity,
            )
            for camera in self._cameras
        }


def _write_png(path: Path, picture: Picture) -> None:
    done, encoded = cv2.imencode('.png', picture[:, :, ::-1])
    if not done:
        raise RuntimeError(f'OpenCV cannot encode {path.name}')
    path.write_bytes(encoded.tobytes())
