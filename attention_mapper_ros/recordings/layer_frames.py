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

"""One picture per step and layer, and per head where asked for, as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attention_mapper_ros.policies.adapter import Inference
from attention_mapper_ros.recordings.aside import Aside
from attention_mapper_ros.recordings.options import OutputOptions
from attention_mapper_ros.recordings.recording import Step
from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.recordings.results import FRAMES
from attention_mapper_ros.rendering.head_grid import CameraFrame
from attention_mapper_ros.rendering.layer_pictures import LayerPictures
from attention_mapper_ros.rendering.overlay import OverlayStyle
from attention_mapper_ros.rendering.png import write_png

_STEPS_BEHIND = 4


class LayerFrames:
    """
    Writes the layers of one module into the folder ``frames``, on a thread of its own.

    ``module``: the one whose attention is shown, unless the options name another. Raises
    ValueError for one whose weights the policy does not give.
    """

    def __init__(
        self,
        folder: Path,
        cameras: Sequence[AnalysedCamera],
        module: str,
        outputs: OutputOptions,
        style: OverlayStyle,
    ) -> None:
        self._folder = folder / FRAMES
        self._folder.mkdir()
        self._cameras = tuple(cameras)
        self._module = outputs.frames_module or module
        self._heads = outputs.frames == 'heads'
        self._pictures = LayerPictures(style)
        self._thread = Aside(_STEPS_BEHIND, 'layer frames')

    def write(self, step: Step, inference: Inference) -> None:
        """Have the pictures of a step written."""
        self._thread.call(self._write, step, inference)

    def close(self) -> None:
        """Wait until all are written."""
        self._thread.close()

    def abort(self) -> None:
        """Write no more."""
        self._thread.abort()

    def _write(self, step: Step, inference: Inference) -> None:
        weights = inference.head_weights or {}
        if self._module not in weights:
            raise ValueError(
                f'the policy gives no weights of {self._module}: choose '
                f'{", ".join(weights) or "no frames"}'
            )
        frames = [
            CameraFrame(camera.feature, camera.name, step.pictures[camera.feature], camera.cells)
            for camera in self._cameras
        ]
        for each in self._pictures.draw(
            step.index, self._module, frames, weights[self._module], inference.layout, self._heads
        ):
            write_png(self._folder / each.name, each.picture)
