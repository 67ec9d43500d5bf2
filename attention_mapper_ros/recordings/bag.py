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
A rosbag2 as the policy node would have seen it: same parameters, decoding, buffer and schedule.

One bag is one episode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CameraTokens, CellGeometry
from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.control.schedule import ActionSchedule
from attention_mapper_ros.nodes.head_publisher import cells_of_size
from attention_mapper_ros.nodes.live_parameters import live_config, LiveConfig
from attention_mapper_ros.nodes.policy_check import action_schedule
from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_parameters import PolicyParameters, read_parameter_files
from attention_mapper_ros.policies.adapter import PolicySpec
from attention_mapper_ros.recordings.asked import baseline_of
from attention_mapper_ros.recordings.bag_check import check_bag
from attention_mapper_ros.recordings.bag_replay import BagReplay, PolicyFit, Sight
from attention_mapper_ros.recordings.bag_ticks import RateTicks, RecordedTicks
from attention_mapper_ros.recordings.bag_topics import BagTopics, NodeNames
from attention_mapper_ros.recordings.options import AttentionOptions, RATE, RECORDED, TICKS
from attention_mapper_ros.recordings.recording import Episode, EpisodeError, Shown, Step
from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.messages import positions_by_name
from attention_mapper_ros.ros.observations import ObservationBuilder

UNUSABLE_ACTION = 'action'
"""Key of ``BagRecording.skipped``: recorded actions without what the policy's joints need."""


@dataclass(frozen=True)
class BagMoment:
    """
    ``Step.origin`` of a bag: ``time_ns``, the tick on the bag's clock, and the frames' headers.

    ``headers``: image feature to the std_msgs/Header of the message that its picture came in.
    """

    time_ns: int
    headers: Mapping[str, Any]


class BagRecording:
    """
    A rosbag2 and the parameters of the policy node; implements ``Recording``.

    Belongs to one thread. ``skipped``, ``reasons`` and ``notes`` are those of the steps that were
    read last: ticks that the node would have skipped, by the kind of the refusal, the newest
    reason of each kind, and what is odd though it can be used. Open one with
    ``BagRecording.open``.
    """

    def __init__(
        self, reader: BagReader, parameters: PolicyParameters, names: NodeNames, ticks: str
    ) -> None:
        self.reader, self.names = reader, names
        self._parameters, self._ticks = parameters, ticks
        self._topics = BagTopics.of(parameters.config, names)
        self._fitted: PolicyFit | None = None
        self.skipped: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.notes: list[str] = []

    @classmethod
    def open(
        cls,
        path: str | Path,
        params_files: str | Path | Sequence[str | Path],
        *,
        names: NodeNames | None = None,
        ticks: str = RATE,
        overrides: Mapping[str, Any] | None = None,
    ) -> BagRecording:
        """
        Open a bag: a folder, a .mcap or a .db3 file.

        ``params_files``: those of the live node, a later one wins; ``overrides`` wins over all.
        ``ticks``: ``rate``, at ``rate_hz`` from the first complete observation on, or
        ``recorded``, at the stamps of the actions that the node sent while it was recorded. A
        step's action is the newest one that was recorded by then, or the tick's own.
        Raises ValueError, with the remedy, for what is no bag, an empty one, and for parameters
        that the node would refuse.
        """
        if ticks not in TICKS:
            raise ValueError(f'ticks is {ticks!r}: choose one of {", ".join(TICKS)}')
        names = names or NodeNames()
        files = [params_files] if isinstance(params_files, str | Path) else params_files
        parameters = read_parameter_files(files, names.node, names.namespace, overrides)
        reader = BagReader(path)
        if not any(topic.messages for topic in reader.topics):
            raise ValueError(f'bag {path} holds no messages: record it again')
        return cls(reader, parameters, names, ticks)

    @property
    def source(self) -> str:
        """The path that it was opened from."""
        return str(self.reader.path)

    @property
    def fps(self) -> float:
        """Ticks per second."""
        return self.config.rate_hz

    @property
    def duration_s(self) -> float:
        """Seconds from the first message to the last; about ``fps`` times that are its steps."""
        return self.reader.duration_ns / NANOSECONDS

    @property
    def config(self) -> PolicyConfig:
        """What the parameter files say; ``config.policy`` is the checkpoint."""
        return self._parameters.config

    @property
    def policy(self) -> str:
        """The checkpoint that the parameter files name, or what has overridden it."""
        return self.config.policy

    @property
    def action_names(self) -> tuple[str, ...]:
        """Robot names of the action's joints, in the policy's order; final after ``check``."""
        if self._fitted is not None:
            return tuple(self._fitted.action_map.names)
        return tuple(joint.name for joint in sorted(self.config.joints, key=lambda j: j.index))

    @property
    def state_names(self) -> tuple[str, ...]:
        """Robot names of the state's joints; what a bag holds has names of its own."""
        if self._fitted is None or self._fitted.state_map is None:
            return ()
        return tuple(self._fitted.state_map.names)

    def live(self, spec: PolicySpec, given: Mapping[str, Any] | None = None) -> LiveConfig:
        """
        Return what the parameter files ask to be shown: attention request, style, quality.

        ``given``: values of live parameters that win over the files. Raises ValueError for values
        that make no request.
        """
        return live_config(
            {**self._parameters.live_values, **(given or {})},
            self._fit(spec).action_map.names,
            self.schedule(spec).queries_executed,
        )

    def shown(self, options: AttentionOptions, spec: PolicySpec) -> Shown:
        """Return what the options say, and the parameter files where they leave it open."""
        live = self.live(spec, _live_parameters(options))
        return Shown(live.request, live.label, live.style, live.jpeg_quality)

    def episodes(self, chosen: Sequence[int] | None) -> tuple[Episode, ...]:
        """Return the one episode, 0; its length is not known before it is read."""
        for number in chosen or ():
            if number != 0:
                raise ValueError(
                    f'bag {self.source} has no episode {number}: a bag is one episode, 0'
                )
        estimate = max(1, round(self.duration_s * self.fps))
        return (Episode(number=0, length=None, estimate=estimate),)

    def check(self, spec: PolicySpec) -> None:
        """
        Raise ValueError, with the remedy, if the bag lacks what the policy wants.

        Topics and types are looked up, and the first messages of every stream tried.
        """
        check_bag(self.reader, self._topics, self._fit(spec), self._ticks)

    def camera_name(self, feature: str) -> str:
        """Return the camera's name in the parameter file."""
        for camera in self.config.cameras:
            if camera.feature == feature:
                return camera.name
        raise ValueError(f'no camera of the parameter file is mapped to feature {feature}')

    def cells(self, camera: CameraTokens, height: int, width: int) -> CellGeometry:
        """Return where a camera's cells lie on its own picture of this size; after ``check``."""
        if self._fitted is None:
            raise ValueError('check() the bag against a policy before asking for cells')
        inputs = self._fitted.cameras[self.camera_name(camera.feature)]
        return cells_of_size(camera.geometry, inputs, height, width)

    def schedule(self, spec: PolicySpec) -> ActionSchedule:
        """Return a new schedule, as configured."""
        return action_schedule(self.config, spec)

    def steps(self, episode: Episode, spec: PolicySpec) -> Iterator[Step]:
        """
        Return what the node would have seen at its ticks, one at a time.

        Ticks that it would have skipped are counted in ``skipped``. Raises EpisodeError where
        reading breaks, and for a bag without any complete observation.
        """
        try:
            yield from self._steps(spec)
        except EpisodeError:
            raise
        except ValueError as error:
            raise EpisodeError(str(error)) from error

    def _steps(self, spec: PolicySpec) -> Iterator[Step]:
        fit = self._fit(spec)
        replay = self._replay(fit)
        self.skipped, self.reasons, self.notes = replay.skipped, replay.reasons, replay.notes
        builder = ObservationBuilder(fit.cameras)
        begin_ns: int | None = None
        index = 0
        for sight in replay.sights():
            begin_ns = sight.elapsed_ns if begin_ns is None else begin_ns
            yield Step(
                index=index,
                time_s=(sight.elapsed_ns - begin_ns) / NANOSECONDS,
                observation=builder.observation(sight.frames, sight.state),
                pictures={
                    camera.feature: sight.frames[name] for name, camera in fit.cameras.items()
                },
                action=self._action(sight, fit),
                begins_plan=sight.begins_plan and index > 0,
                origin=BagMoment(
                    sight.time_ns,
                    {
                        camera.feature: sight.messages[name].header
                        for name, camera in fit.cameras.items()
                    },
                ),
            )
            index += 1
        if not index:
            reason = replay.refusal or '; '.join(replay.reasons.values()) or 'no tick was recorded'
            raise EpisodeError(f'bag {self.source} gives the policy nothing to see: {reason}')

    def _replay(self, fit: PolicyFit) -> BagReplay:
        rate_hz = self.config.rate_hz
        recorded = self._ticks == RECORDED
        return BagReplay(
            self.reader,
            self._topics,
            self.config,
            fit,
            RecordedTicks(self.reader, self._topics.action, rate_hz)
            if recorded
            else RateTicks(rate_hz),
            hears_actions=not recorded and self._topics.action_type(self.reader) is not None,
        )

    def _action(self, sight: Sight, fit: PolicyFit) -> NDArray[np.float32] | None:
        """Return the recorded action, (action,) in the policy's units."""
        if sight.action is None:
            return None
        try:
            robot = positions_by_name(sight.action, fit.action_map.names)
            return fit.action_map.state(list(robot), list(robot.values()))
        except ValueError as error:
            self.skipped[UNUSABLE_ACTION] += 1
            self.reasons[UNUSABLE_ACTION] = str(error)
            return None

    def _fit(self, spec: PolicySpec) -> PolicyFit:
        if self._fitted is None or self._fitted.spec != spec:
            self._fitted = PolicyFit.of(self.config, spec)
        return self._fitted


def _live_parameters(options: AttentionOptions) -> dict[str, Any]:
    """Return the options that are given as the node's parameters."""
    given = {name: value for name, value in asdict(options).items() if value is not None}
    values = {f'attention.{name}': value for name, value in given.items()}
    if options.baseline is not None:
        baseline = baseline_of(options.baseline)
        values['attention.baseline'] = baseline.picture
        values['attention.baseline_operation'] = baseline.operation
    return values
