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

"""What the policy saw, as messages beside its attention: a bag's own, or made of a dataset's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.nodes.policy_intake import JOINTS
from attention_mapper_ros.recordings.bag_replay import JITTER_S
from attention_mapper_ros.recordings.bag_topics import NodeNames
from attention_mapper_ros.recordings.recording import Recording, Step
from attention_mapper_ros.ros.bag_file import BagFile
from attention_mapper_ros.ros.bag_reader import BagMessage, BagReader
from attention_mapper_ros.ros.client import serialize_message
from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import Header, JointState, Time, type_name


class Inputs(Protocol):
    """Writes the inputs into a bag, always before the attention that they got."""

    def until(self, step: Step, time_ns: int) -> None:
        """Write what came until this step, which is at this time."""

    def rest(self) -> None:
        """Write what came after the last step."""


class NoInputs:
    """The attention alone."""

    def until(self, step: Step, time_ns: int) -> None:
        return

    def rest(self) -> None:
        return


class CopiedInputs:
    """
    All messages of a bag, unchanged, but for the topics ``without``, which are written anew.

    Raises ValueError when the bag's clock jumps back: in one file its laps would be mixed.
    """

    def __init__(self, file: BagFile, reader: BagReader, without: Collection[str]) -> None:
        self._file, self._path = file, reader.path
        topics = [topic for topic in reader.topics if topic.name not in without]
        for topic in topics:
            file.copy_topic(topic)
        self._messages: Iterator[BagMessage] = reader.messages({topic.name for topic in topics})
        self._next = next(self._messages, None)
        self._newest_ns = 0

    def until(self, step: Step, time_ns: int) -> None:
        while self._next is not None and self._next.log_ns <= time_ns:
            self._copy(self._next)

    def rest(self) -> None:
        while self._next is not None:
            self._copy(self._next)

    def _copy(self, message: BagMessage) -> None:
        if message.log_ns < self._newest_ns - JITTER_S * NANOSECONDS:
            raise ValueError(
                f'the clock of bag {self._path} jumps back, so its messages and the attention '
                'cannot be told apart in one file: cut the bag there, or write it without inputs'
            )
        self._newest_ns = max(self._newest_ns, message.log_ns)
        self._file.write(message.topic, message.log_ns, message.serialised)
        self._next = next(self._messages, None)


class MadeInputs:
    """
    Camera pictures and, where its numbers have names, the state of a dataset, as messages.

    The state keeps the dataset's units: a dataset does not say which they are.
    """

    def __init__(
        self,
        file: BagFile,
        recording: Recording,
        names: NodeNames,
        state_names: Sequence[str],
        jpeg_quality: int | None,
    ) -> None:
        self._file, self._recording, self._names = file, recording, names
        self._state_names = tuple(state_names)
        self._jpeg_quality = jpeg_quality
        self._known: set[str] = set()

    def until(self, step: Step, time_ns: int) -> None:
        for feature, picture in step.pictures.items():
            camera = self._recording.camera_name(feature)
            header, topic = header_at(time_ns, camera), f'{camera}/image_raw'
            if self._jpeg_quality is None:
                self._write(topic, encode_image(picture, header), time_ns)
            else:
                message = encode_compressed(picture, header, self._jpeg_quality)
                self._write(f'{topic}/compressed', message, time_ns)
        state = step.observation.state
        if len(self._state_names) == len(state) > 0:
            joints = JointState(
                header=header_at(time_ns, ''),
                name=list(self._state_names),
                position=state.astype(float).tolist(),
            )
            self._write(JOINTS, joints, time_ns)

    def rest(self) -> None:
        return

    def _write(self, name: str, message: Any, time_ns: int) -> None:
        topic = self._names.topic(name)
        if topic not in self._known:
            self._known.add(topic)
            self._file.add_topic(topic, type_name(message))
        self._file.write(topic, time_ns, serialize_message(message))


def header_at(time_ns: int, frame_id: str) -> Any:
    """Return a std_msgs/Header of this time."""
    stamp = Time(sec=time_ns // NANOSECONDS, nanosec=time_ns % NANOSECONDS)
    return Header(stamp=stamp, frame_id=frame_id)
