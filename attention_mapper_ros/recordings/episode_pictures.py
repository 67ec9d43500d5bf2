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

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.recordings.aside import Aside
from attention_mapper_ros.recordings.options import OutputOptions
from attention_mapper_ros.recordings.recording import Episode, Step
from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.recordings.results import GIF, mean_frame_name, VIDEO
from attention_mapper_ros.rendering.boxes import RegionAnnotator
from attention_mapper_ros.rendering.episode_panel import EpisodePanel
from attention_mapper_ros.rendering.gif import write_gif
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.png import write_png
from attention_mapper_ros.rendering.video import VideoWriter

Picture = NDArray[np.uint8]

_PICTURES_BEHIND = 4


class EpisodePictures:
    """
    Draws every step and writes what the options ask for. Belongs to one thread.

    Videos are encoded on a thread of their own, a few pictures behind the drawing.

    ``label``: what the maps show, in words; ``names``: token group to what people call it. Files
    are whole only after ``close``; ``abort`` gives open ones up.
    """

    def __init__(
        self,
        folder: Path,
        episode: Episode,
        cameras: Sequence[AnalysedCamera],
        names: Mapping[str, str],
        action_names: Sequence[str],
        fps: float,
        label: str,
        outputs: OutputOptions,
        style: OverlayStyle,
    ) -> None:
        self._folder, self._outputs = folder, outputs
        self._cameras, self._names, self._label = tuple(cameras), dict(names), label
        self._annotator = OverlayAnnotator(style)
        self._regions = {
            camera.name: RegionAnnotator(style, outputs.boxes)
            for camera in cameras
            if outputs.boxes is not None
        }
        self._panel = EpisodePanel(
            [camera.name for camera in cameras],
            action_names,
            episode=f'episode {episode.number}',
            length=episode.length,
            task=episode.task,
            success=episode.success,
        )
        self._encoding = Aside(_PICTURES_BEHIND, 'encoding')
        self._video = VideoWriter(folder / VIDEO, fps) if outputs.video or outputs.gif else None
        self._camera_videos = {
            camera.name: VideoWriter(folder / f'{camera.name}.mp4', fps)
            for camera in cameras
            if outputs.camera_videos
        }
        # Sums of bytes: 32 bits hold those of 16 million pictures.
        self._sums = {
            camera.name: np.zeros((camera.height, camera.width, 3), np.uint32)
            for camera in cameras
        }
        self._count = 0

    def write(
        self, step: Step, maps: AttentionMaps, predicted: NDArray[np.float32]
    ) -> dict[str, Picture]:
        """
        Append a step; return its overlays by feature, (row, col, RGB) uint8, none if not drawn.

        ``predicted``: (action,) in the policy's units.
        """
        self._count += 1
        for camera in self._cameras:
            self._sums[camera.name] += step.pictures[camera.feature]
        if not (self._video or self._camera_videos or self._outputs.bag):
            return {}
        overlays = {camera.feature: self._overlay(camera, step, maps) for camera in self._cameras}
        if self._video is not None:
            ordered = [overlays[camera.feature] for camera in self._cameras]
            panel = self._panel.compose(ordered, step.index, step.time_s, predicted, step.action)
            self._encoding.call(self._video.write, panel)
        for camera in self._cameras:
            if camera.name in self._camera_videos:
                video = self._camera_videos[camera.name]
                self._encoding.call(video.write, overlays[camera.feature])
        return overlays

    def close(self) -> None:
        """Complete all files."""
        self._encoding.close()
        for video in self._open_videos():
            video.close()
        if self._outputs.gif:
            write_gif(
                self._folder / VIDEO,
                self._folder / GIF,
                self._outputs.gif_fps,
                self._outputs.gif_width,
            )
        if not self._outputs.video:
            (self._folder / VIDEO).unlink(missing_ok=True)
        for name, total in self._sums.items():
            mean = np.round(total / max(self._count, 1)).astype(np.uint8)
            write_png(self._folder / mean_frame_name(name), mean)

    def abort(self) -> None:
        """Give up what is open, after an error."""
        self._encoding.abort()
        with ExitStack() as stack:
            for video in self._open_videos():
                stack.callback(video.abort)

    def _open_videos(self) -> list[VideoWriter]:
        return [*([self._video] if self._video else []), *self._camera_videos.values()]

    def _overlay(self, camera: AnalysedCamera, step: Step, maps: AttentionMaps) -> Picture:
        attention_map = maps.cameras[camera.feature]
        overlay = self._annotator.annotate(
            step.pictures[camera.feature],
            attention_map,
            camera.cells,
            maps.named_shares(self._names),
            camera.name,
            f'step {step.index}\n{self._label}',
            maps.scale.quantity,
        )
        if camera.name not in self._regions:
            return overlay
        with_regions, _ = self._regions[camera.name].annotate(
            overlay,
            (camera.height, camera.width),
            attention_map,
            camera.cells,
            maps.layout.size,
        )
        return with_regions
