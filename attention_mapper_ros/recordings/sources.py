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

"""What a path or a hub id is, a rosbag or a LeRobot dataset, and opening it."""

from __future__ import annotations

from pathlib import Path

from attention_mapper_ros.recordings.dataset_recording import DatasetRecording
from attention_mapper_ros.recordings.options import AnalysisOptions
from attention_mapper_ros.recordings.recording import Recording

BAG_FILES = ('.mcap', '.db3')


def open_recording(options: AnalysisOptions) -> Recording:
    """Open the source of an analysis. Raises ValueError for one that is not there or not whole."""
    if is_bag(options.source):
        return _open_bag(options)
    if not options.policy:
        raise ValueError(
            f'--policy is missing: name the checkpoint that was trained on {options.source}'
        )
    return DatasetRecording.open(options.source)


def policy_of(options: AnalysisOptions, recording: Recording) -> str:
    """Return the checkpoint to run: the one of the options, or of a bag's parameter file."""
    return options.policy or recording.policy


def _open_bag(options: AnalysisOptions) -> Recording:
    # Imported here: a dataset is read without any of ROS.
    from attention_mapper_ros.recordings.bag import BagRecording
    from attention_mapper_ros.recordings.bag_topics import NodeNames

    bag = options.bag
    if bag.params_file is None:
        raise ValueError(
            f'--params-file is missing: give the parameter file with which the live node sees the '
            f'topics of {options.source}; config/act_live.yaml is one to copy'
        )
    return BagRecording.open(
        options.source,
        bag.params_file,
        names=NodeNames(bag.node, bag.namespace, bag.remappings),
        ticks=bag.ticks,
        overrides={'policy': options.policy} if options.policy else None,
    )


def is_bag(source: str) -> bool:
    """Whether a source is a rosbag2: one of its files, or a folder with one."""
    path = Path(source).expanduser()
    if path.is_dir():
        files = (file for file in path.iterdir() if file.is_file())
        return any(file.name.removesuffix('.zstd').endswith(BAG_FILES) for file in files)
    return path.name.removesuffix('.zstd').endswith(BAG_FILES)
