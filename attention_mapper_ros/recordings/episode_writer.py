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

"""Everything that is written of one episode: table, maps, pictures, description."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.summary import summarise
from attention_mapper_ros.policies.adapter import Inference, PolicyAdapter
from attention_mapper_ros.recordings.episode_pictures import EpisodePictures
from attention_mapper_ros.recordings.layer_frames import LayerFrames
from attention_mapper_ros.recordings.map_store import FOLDER, MapWriter
from attention_mapper_ros.recordings.options import OutputOptions
from attention_mapper_ros.recordings.planning import EpisodePlan
from attention_mapper_ros.recordings.recording import (
    Episode,
    EpisodeError,
    Recording,
    Shown,
    Step,
)
from attention_mapper_ros.recordings.records import AnalysedCamera, EpisodeSummary, StepRecord
from attention_mapper_ros.recordings.results import write_episode
from attention_mapper_ros.recordings.table import FILE, TableWriter


@dataclass(frozen=True)
class WriterSettings:
    """
    What is written and what it shows.

    ``bag_name``: of the attention bag, which carries its name inside too.
    """

    outputs: OutputOptions
    shown: Shown
    bag_name: str = 'attention.mcap'


class EpisodeWriter:
    """
    Writes the steps of an episode into a folder. Belongs to one thread at a time.

    The first step tells the sizes of the pictures, which must stay as they are. Used as a context
    manager: an error gives up what is open. ``steps``: how many were written.
    """

    def __init__(
        self,
        recording: Recording,
        adapter: PolicyAdapter,
        episode: Episode,
        folder: Path,
        settings: WriterSettings,
    ) -> None:
        self._recording, self._episode = recording, episode
        self._folder, self._settings = folder, settings
        self._spec, self._layout = adapter.spec, adapter.layout
        self._plan = EpisodePlan(recording.schedule(adapter.spec), adapter.spec.chunk_size)
        self._names = group_names(recording, adapter)
        self._cameras: tuple[AnalysedCamera, ...] = ()
        self._maps: AttentionMaps | None = None
        self._duration_s = 0.0
        self._given_up = ExitStack()  # what is open, after an error
        self.steps = 0

    def __enter__(self) -> EpisodeWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._given_up:
            if self.steps and kind is None:
                self._close()
                self._given_up.pop_all()

    def write(self, step: Step, inference: Inference, latency_s: float) -> None:
        """Append a step with its forward."""
        # It was asked for.
        assert inference.attention is not None and inference.request is not None
        maps = inference.maps()
        if not self._cameras:
            self._open(step, maps, inference.request.selection.module)
        self._check_sizes(step)
        planned = self._plan.step(inference.actions, inference.attention, step.begins_plan)
        self._table.write(
            StepRecord(
                episode=self._episode.number,
                step=step.index,
                time_s=step.time_s,
                attention=summarise(inference.attention, self._layout),
                predicted=inference.actions[0],
                planned=planned.action,
                recorded=step.action,
                chunk_position=planned.chunk_position,
                attention_shift=planned.attention_shift,
                latency_s=latency_s,
            )
        )
        if self._store is not None:
            self._store.write(maps)
        overlays = self._pictures.write(step, maps, inference.actions[0])
        if self._bag is not None:
            self._bag.write(step, maps, overlays, self.steps + 1)  # ticks count from 1
        if self._frames is not None:
            self._frames.write(step, inference)
        self._duration_s = step.time_s
        self.steps += 1

    def finish(self, took_s: float) -> EpisodeSummary:
        """Describe the episode, which makes its folder whole; return the description."""
        assert self._maps is not None  # no episode without a step comes here
        summary = EpisodeSummary(
            number=self._episode.number,
            name=self._episode.name,
            task=self._episode.task,
            success=self._episode.success,
            steps=self.steps,
            duration_s=self._duration_s,
            cameras=self._cameras,
            groups=tuple(self._names.values()),
            action_names=self._recording.action_names,
            quantity=self._maps.scale.quantity,
            one=self._maps.scale.one,
            skipped=dict(self._recording.skipped),
            took_s=round(took_s, 3),
        )
        write_episode(self._folder, summary)
        return summary

    def _open(self, step: Step, maps: AttentionMaps, module: str) -> None:
        self._maps = maps
        self._cameras = tuple(
            AnalysedCamera(
                name=self._recording.camera_name(camera.feature),
                feature=camera.feature,
                height=step.pictures[camera.feature].shape[0],
                width=step.pictures[camera.feature].shape[1],
                cells=self._recording.cells(camera, *step.pictures[camera.feature].shape[:2]),
            )
            for camera in self._layout.cameras
        )
        outputs = self._settings.outputs
        self._table = TableWriter(self._folder / FILE, self._cameras, self._names)
        self._store = (
            MapWriter(self._folder / FOLDER, self._cameras, maps.scale) if outputs.maps else None
        )
        self._pictures = EpisodePictures(
            self._folder,
            self._episode,
            self._cameras,
            self._names,
            self._recording.action_names,
            self._recording.fps,
            self._settings.shown.label,
            outputs,
            self._settings.shown.style,
        )
        self._given_up.callback(self._pictures.abort)
        self._frames = (
            None
            if outputs.frames == 'none'
            else LayerFrames(
                self._folder, self._cameras, module, outputs, self._settings.shown.style
            )
        )
        if self._frames is not None:
            self._given_up.callback(self._frames.abort)
        self._bag = None if outputs.bag is None else self._open_bag()
        if self._bag is not None:
            self._given_up.callback(self._bag.abort)

    def _close(self) -> None:
        """Complete everything."""
        self._table.close()
        if self._store is not None:
            self._store.close()
        if self._frames is not None:
            self._frames.close()
        self._pictures.close()
        if self._bag is not None:
            self._bag.close()

    def _open_bag(self) -> Any:
        # Imported here: without a bag nothing of ROS is needed.
        from attention_mapper_ros.recordings.attention_bag import AttentionBag

        outputs = self._settings.outputs
        return AttentionBag(
            self._folder / self._settings.bag_name,
            self._recording,
            compressed=outputs.bag_compressed,
            jpeg_quality=self._settings.shown.jpeg_quality,
            merge=outputs.bag_inputs,
            state_names=self._recording.state_names,
        )

    def _check_sizes(self, step: Step) -> None:
        for camera in self._cameras:
            size = step.pictures[camera.feature].shape[:2]
            if size != (camera.height, camera.width):
                raise EpisodeError(
                    f'episode {self._episode.number}: pictures of {camera.name} are '
                    f'{camera.width}x{camera.height} pixels, and {size[1]}x{size[0]} from step '
                    f'{step.index} on: record them in one size, or cut the recording there'
                )


def group_names(recording: Recording, adapter: PolicyAdapter) -> Mapping[str, str]:
    """Return what people call each token group: cameras by the recording's names."""
    cameras = {camera.feature for camera in adapter.layout.cameras}
    return {
        group.name: recording.camera_name(group.name) if group.name in cameras else group.name
        for group in adapter.layout.groups
    }
