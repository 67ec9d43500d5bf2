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
The attention topics of the live node, written into a bag that Foxglove, rqt and RViz play.

The messages are those that the node publishes, under the headers of the frames that the model
saw; their log time is that of the tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.recordings.bag import BagMoment, BagRecording
from attention_mapper_ros.recordings.bag_inputs import (
    CopiedInputs,
    header_at,
    Inputs,
    MadeInputs,
    NoInputs,
)
from attention_mapper_ros.recordings.bag_topics import NodeNames
from attention_mapper_ros.recordings.recording import Recording, Step
from attention_mapper_ros.ros.bag_file import BagFile
from attention_mapper_ros.ros.client import serialize_message
from attention_mapper_ros.ros.images import encode_compressed, encode_image, encode_map
from attention_mapper_ros.ros.interfaces import type_name
from attention_mapper_ros.ros.messages import shares

JPEG_QUALITY = 85  # the default of overlay.jpeg_quality
_PAUSE_NS = NANOSECONDS
"""Between the episodes of a dataset, and before the first: a stamp of zero means none."""


class AttentionBag:
    """
    One .mcap file of the attention to a recording's steps, in the order in which they come.

    Belongs to one thread. ``compressed``: overlays and a dataset's pictures as JPEG of
    ``jpeg_quality``. ``merge`` writes the inputs too: all messages of a bag unchanged, but for
    attention topics that it has already; of a dataset the pictures, and the state if
    ``state_names`` names its numbers. ``names``: what the node's topics are called, those of a
    bag recording unless given. A dataset's time begins at one second, and a second lies between
    its episodes. The file has its name only after ``close``. Raises ValueError for a file that
    exists, and for messages that cannot be copied.
    """

    def __init__(
        self,
        path: str | Path,
        recording: Recording,
        *,
        names: NodeNames | None = None,
        compressed: bool = False,
        jpeg_quality: int = JPEG_QUALITY,
        merge: bool = False,
        state_names: Sequence[str] = (),
    ) -> None:
        self._recording = recording
        own = recording.names if isinstance(recording, BagRecording) else NodeNames()
        self._names = names or own
        self._jpeg_quality = jpeg_quality if compressed else None
        self._known: set[str] = set()
        self._episode_ns = self._newest_ns = 0
        self._file = BagFile(Path(path))
        try:
            self._inputs = self._make_inputs(recording, state_names) if merge else NoInputs()
        except BaseException:
            self._file.abort()
            raise

    def __enter__(self) -> AttentionBag:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write(
        self,
        step: Step,
        maps: AttentionMaps,
        overlays: Mapping[str, NDArray[np.uint8]],
        tick: int,
    ) -> None:
        """
        Append what one step got: share, and for each camera map and overlay.

        ``overlays``: image feature to its drawn picture, (row, col, RGB); a camera without one
        gets its map alone. ``tick``: the number that the share's label tells.
        """
        time_ns = self._time_ns(step)
        self._inputs.until(step, time_ns)
        names = {feature: self._recording.camera_name(feature) for feature in maps.cameras}
        headers = {feature: _header(step, feature, time_ns, names) for feature in maps.cameras}
        # As the live node: the stamp of the first camera's frame.
        stamp = headers[next(iter(maps.cameras))].stamp
        self._write('share', shares(maps.named_shares(names), stamp, tick), time_ns)
        for feature, attention_map in maps.cameras.items():
            camera, header = names[feature], headers[feature]
            self._write(f'{camera}/map', encode_map(attention_map, header), time_ns)
            if feature in overlays:
                self._write_overlay(camera, overlays[feature], header, time_ns)

    def close(self) -> None:
        """Write what inputs are left, and give the file its name; nothing is left of a failure."""
        try:
            self._inputs.rest()
        except BaseException:
            self.abort()
            raise
        self._file.close()

    def abort(self) -> None:
        """Give the file up: nothing is left of it."""
        self._file.abort()

    def _make_inputs(self, recording: Recording, state_names: Sequence[str]) -> Inputs:
        if isinstance(recording, BagRecording):
            return CopiedInputs(self._file, recording.reader, self._own_topics(recording))
        return MadeInputs(self._file, recording, self._names, state_names, self._jpeg_quality)

    def _own_topics(self, recording: BagRecording) -> set[str]:
        kinds = ('image', 'image/compressed', 'map')
        names = [f'{camera.name}/{kind}' for camera in recording.config.cameras for kind in kinds]
        return {self._topic(name) for name in ('share', *names)}

    def _write_overlay(
        self, camera: str, overlay: NDArray[np.uint8], header: Any, time_ns: int
    ) -> None:
        if self._jpeg_quality is None:
            self._write(f'{camera}/image', encode_image(overlay, header), time_ns)
        else:
            message = encode_compressed(overlay, header, self._jpeg_quality)
            self._write(f'{camera}/image/compressed', message, time_ns)

    def _write(self, name: str, message: Any, time_ns: int) -> None:
        topic = self._topic(name)
        if topic not in self._known:
            self._known.add(topic)
            self._file.add_topic(topic, type_name(message))
        self._file.write(topic, time_ns, serialize_message(message))

    def _topic(self, name: str) -> str:
        return self._names.topic(f'~/attention/{name}')

    def _time_ns(self, step: Step) -> int:
        """Return a bag's own time; a dataset has none, its episodes follow each other."""
        if isinstance(step.origin, BagMoment):
            return step.origin.time_ns
        if step.index == 0:
            self._episode_ns = self._newest_ns + _PAUSE_NS
        self._newest_ns = self._episode_ns + round(step.time_s * NANOSECONDS)
        return self._newest_ns


def _header(step: Step, feature: str, time_ns: int, names: Mapping[str, str]) -> Any:
    if isinstance(step.origin, BagMoment):
        return step.origin.headers[feature]
    return header_at(time_ns, names[feature])
