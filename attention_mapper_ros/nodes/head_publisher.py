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

"""What every layer and head looked at, on topics: the weights, and a picture with a tile each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CellGeometry, TokenLayout
from attention_mapper_ros.nodes.attention_outputs import HeadOutputs, subscribed
from attention_mapper_ros.nodes.inference_worker import InferenceResult
from attention_mapper_ros.nodes.live_parameters import LiveConfig
from attention_mapper_ros.policies.adapter import Inference
from attention_mapper_ros.rendering.head_grid import CameraFrame, HeadGridAnnotator
from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.messages import weights as weights_message
from attention_mapper_ros.ros.observations import CameraInput


class HeadPublisher:
    """Publishes for the drawing thread, to which it belongs; silent while nobody subscribes."""

    def __init__(self, cameras: Mapping[str, CameraInput], outputs: HeadOutputs) -> None:
        self._cameras = dict(cameras)
        self._outputs = outputs
        self._annotator = HeadGridAnnotator()

    def publish(self, result: InferenceResult, inference: Inference, live: LiveConfig) -> None:
        """Publish the heads of a result, if it brought them."""
        # Somebody may have subscribed only after this forward was asked for.
        if inference.head_weights is None:
            return
        if live.publish_weights and subscribed(self._outputs.weights):
            module = live.request.selection.module
            if module not in inference.head_weights:
                raise ValueError(
                    f'the policy brings no weights of {module}: choose attention.module from '
                    f'{", ".join(inference.head_weights)}'
                )
            request = result.request
            weights = inference.head_weights[module]
            self._outputs.weights.publish(weights_message(weights, request.stamp, request.tick))
        if self._outputs.grid_wanted:
            self._publish_grid(result, inference.head_weights, inference.layout, live)

    def _publish_grid(
        self,
        result: InferenceResult,
        head_weights: Mapping[str, NDArray[np.float32]],
        layout: TokenLayout,
        live: LiveConfig,
    ) -> None:
        if self._annotator.style != live.style:
            self._annotator = HeadGridAnnotator(live.style)
        frames = [
            CameraFrame(
                feature=camera.feature,
                name=name,
                picture=result.frames[name],
                geometry=cells_on(result.frames[name], camera, layout),
            )
            for name, camera in self._cameras.items()
        ]
        queries = live.request.selection.queries_in_words()
        title = f'tick {result.request.tick} · {queries}'
        picture = self._annotator.annotate(frames, head_weights, layout, title)
        header = result.request.images[next(iter(self._cameras))].header
        if subscribed(self._outputs.grid):
            self._outputs.grid.publish(encode_image(picture, header))
        if subscribed(self._outputs.grid_compressed):
            compressed = encode_compressed(picture, header, live.jpeg_quality)
            self._outputs.grid_compressed.publish(compressed)


def cells_on(frame: NDArray[np.uint8], camera: CameraInput, layout: TokenLayout) -> CellGeometry:
    """
    Return where a camera's cells lie on its own picture, (row, col, RGB).

    Cells on the padding of a letterboxed picture come to lie outside: what they got is drawn no
    further than it reaches over the edge, and counts in the shares all the same.
    """
    cells = next(c.geometry for c in layout.cameras if c.feature == camera.feature)
    return cells_of_size(cells, camera, *frame.shape[:2])


def cells_of_size(
    cells: CellGeometry, camera: CameraInput, height: int, width: int
) -> CellGeometry:
    """Return where cells lie on the camera's own picture of this size; see ``cells_on``."""
    place = camera.place(height, width)
    seen = replace(
        cells, origin_x=cells.origin_x - place.left, origin_y=cells.origin_y - place.top
    )
    return seen.scaled(width / place.width, height / place.height)
