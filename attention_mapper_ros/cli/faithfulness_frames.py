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

"""Where the frames of `attention-mapper faithfulness` come from: a dataset or the simulation."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from attention_mapper_ros.cli.episode_numbers import episode_numbers
from attention_mapper_ros.cli.progress import track
from attention_mapper_ros.faithfulness.experiment import check_frames
from attention_mapper_ros.faithfulness.sample import Sample
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.recordings.lerobot_dataset import LeRobotRecording
from attention_mapper_ros.recordings.sampling import spread


@dataclass(frozen=True)
class Frames:
    """
    Frames that fit a policy, once it is loaded.

    ``unit``: that of the action, for labels. ``action_names``: as far as known. ``classes``:
    names of the numbers in ``Sample.classes``, the target first; empty without truth. ``read``:
    gives the frames for a policy; ValueError for a policy that they do not fit.
    """

    what: str
    unit: str
    action_names: tuple[str, ...]
    classes: tuple[str, ...]
    read: Callable[[PolicyAdapter], list[Sample]]


def frames(options: argparse.Namespace) -> Frames:
    """Find the frames and refuse, before a policy is loaded, those that are not there."""
    return simulated_frames(options) if options.sim else recorded_frames(options)


def recorded_frames(options: argparse.Namespace) -> Frames:
    recording = LeRobotRecording.open(options.dataset)
    lengths = recording.chosen(episode_numbers(options.episodes))
    places = spread(lengths, options.frames)
    check_frames([episode for episode, _ in places])

    def read(adapter: PolicyAdapter) -> list[Sample]:
        recording.check(adapter.spec)
        read = recording.frames(places, adapter.spec)
        return [
            Sample(frame.observation, frame.episode, frame.index)
            for _, frame in zip(track(places, 'frames'), read, strict=True)
        ]

    return Frames(
        what=f'dataset {options.dataset}',
        unit='units of the dataset',
        action_names=recording.action_names,
        classes=(),
        read=read,
    )


def simulated_frames(options: argparse.Namespace) -> Frames:
    # Imported here: frames of a dataset need no MuJoCo.
    from attention_mapper_ros.sim.scene import JOINT_NAMES
    from attention_mapper_ros.sim.views import check_policy, CLASSES, policy_views

    def read(adapter: PolicyAdapter) -> list[Sample]:
        check_policy(adapter.spec)
        views = policy_views(adapter, options.frames, options.seed)
        return [
            Sample(view.observation, view.seed, view.tick, view.classes)
            for _, view in zip(track(range(options.frames), 'frames'), views, strict=True)
        ]

    return Frames(
        what='simulated arm, driven by the policy',
        unit='rad',
        action_names=JOINT_NAMES,
        classes=tuple(CLASSES),
        read=read,
    )
