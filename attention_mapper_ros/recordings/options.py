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

"""What an analysis is asked for: which episodes, how they are looked at, what is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attention_mapper_ros.attention.request import METHODS

FRAMES = ('none', 'layers', 'heads')
RATE, RECORDED = 'rate', 'recorded'
TICKS = (RATE, RECORDED)


@dataclass(frozen=True)
class AttentionOptions:
    """
    Which attention is shown; None takes what the recording's parameter file says.

    Without such a file that is the method rollout, the last layer, the mean of all heads and of
    the executed queries, no baseline. Words and indices as the node's parameters have them.
    """

    method: str | None = None
    layer: str | None = None
    head: str | None = None
    query: str | None = None
    module: str | None = None
    target: str | None = None
    baseline: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown method before anything is loaded."""
        if self.method is not None and self.method not in METHODS:
            raise ValueError(
                f'attention method {self.method!r} is unknown: choose {", ".join(METHODS)}'
            )


@dataclass(frozen=True)
class OutputOptions:
    """
    What is written for every episode beside its table and its description.

    ``frames``: one picture per step and ``layers`` of ``frames_module``, also one per ``heads``,
    or ``none``; that module is the one that is shown where not given. ``boxes``: the quantile
    above which regions are outlined, None draws none.
    ``gif_fps``, ``gif_width``: pictures per second and pixels. ``bag``: an .mcap file for the
    attention topics of the live node, of a dataset one per episode, with its name before the
    ending. ``bag_inputs``: with the inputs as well; ``bag_compressed``: pictures as JPEG.
    """

    video: bool = True
    camera_videos: bool = False
    gif: bool = True
    gif_fps: float = 5.0
    gif_width: int = 720
    frames: str = 'layers'
    frames_module: str | None = None
    maps: bool = True
    boxes: float | None = None
    bag: Path | None = None
    bag_inputs: bool = False
    bag_compressed: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be written, naming the valid range."""
        if self.frames not in FRAMES:
            raise ValueError(f'frames is {self.frames!r}: choose one of {", ".join(FRAMES)}')
        if not 0 < self.gif_fps <= 50:
            raise ValueError(
                f'GIF rate is {self.gif_fps}, players show above 0 and up to 50 pictures a second'
            )
        if not 64 <= self.gif_width <= 4096:
            raise ValueError(f'GIF width is {self.gif_width}: choose 64 to 4096 pixels')
        if self.boxes is not None and not 0 < self.boxes < 1:
            raise ValueError(
                f'quantile of the boxes is {self.boxes}: choose one between 0 and 1, 0.9 outlines '
                'the tenth of a picture with the most attention'
            )
        if self.bag is not None and self.bag.suffix != '.mcap':
            raise ValueError(f'bag {self.bag} is no MCAP file: let its name end in .mcap')


@dataclass(frozen=True)
class BagOptions:
    """
    How a bag is read: with the live node's parameter file.

    ``namespace`` and ``remappings`` are those under which the node ran. ``ticks``: at its
    ``rate``, or at the moments of its ``recorded`` actions. ``node``: its name.
    """

    params_file: Path | None = None
    namespace: str = '/'
    remappings: Mapping[str, str] = field(default_factory=dict)
    ticks: str = RATE
    node: str = 'act_policy'

    def __post_init__(self) -> None:
        """Refuse unknown words."""
        if self.ticks not in TICKS:
            raise ValueError(f'ticks is {self.ticks!r}: choose one of {", ".join(TICKS)}')


@dataclass(frozen=True)
class AnalysisOptions:
    """
    Everything about an analysis; plain data, which can be sent to another process.

    ``source``: a LeRobot dataset, local folder or hub id, or a rosbag. ``policy``: a checkpoint,
    local folder or hub id. ``episodes``: None for all. ``batch``: steps of one forward.
    ``threads``: CPU threads of one forward, 0 leaves it to torch. ``strict``: an episode that
    cannot be analysed ends it all instead of being skipped.
    """

    source: str
    policy: str
    output: Path
    episodes: tuple[int, ...] | None = None
    device: str = 'auto'
    precision: str = 'float32'
    batch: int = 8
    threads: int = 0
    attention: AttentionOptions = field(default_factory=AttentionOptions)
    outputs: OutputOptions = field(default_factory=OutputOptions)
    bag: BagOptions = field(default_factory=BagOptions)
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be done, naming the valid range."""
        if self.batch < 1:
            raise ValueError(f'batch is {self.batch}: choose 1 or more steps for one forward')
        if self.output.exists() and not self.output.is_dir():
            raise ValueError(f'output {self.output} is a file: name a folder')
