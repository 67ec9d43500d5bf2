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
Turn observations into what the model takes, as LeRobot's pre-processor would.

LeRobot makes each image float, moves it and normalises it in passes of their own. When the
saved pipeline does nothing to images but normalise each channel, the same is done here in
place, on the device, from bytes that are already in the order that convolutions like best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
import torch

from attention_mapper_ros.policies.adapter import ImageFeature, Observation, PolicySpec

STATE = 'observation.state'
ENVIRONMENT = 'observation.environment_state'
# Of the range of an image, 0 to 1; LeRobot's own arithmetic rounds about as much.
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class ActInput:
    """
    What goes into ``ActForward``, normalised, on the device.

    ``images``: of each camera in the policy's order, (batch, 3, row, col) float32, channels
    last in memory; ``state``: (batch, state); ``environment``: (batch, environment) or None.
    """

    images: tuple[torch.Tensor, ...]
    state: torch.Tensor
    environment: torch.Tensor | None


@dataclass(frozen=True)
class _Channels:
    """Normalisation of one camera: bytes * ``scale`` + ``shift``, each a row of (col * 3,)."""

    scale: torch.Tensor
    shift: torch.Tensor


class ActPreparation:
    """Prepares observations with LeRobot's pre-processor, or exactly as it would."""

    def __init__(self, preprocessor: Any, spec: PolicySpec, device: torch.device) -> None:
        """Take the pipeline and find out what it does to images."""
        self._preprocessor = preprocessor
        self._spec = spec
        self._device = device
        self._pinned: dict[str, torch.Tensor] = {}
        # Of every camera, or None when images have to go through the pipeline.
        self._channels_of = self._all_channels() if _is_elementwise(preprocessor) else None

    def prepare(self, observations: Sequence[Observation]) -> ActInput:
        """Return the observations as one batch."""
        if self._channels_of is None:
            return self._stacked([self.by_lerobot(observation) for observation in observations])
        vectors = self._preprocessor(_vectors(observations))
        return ActInput(
            images=tuple(
                self._image(image.name, [each.images[image.name] for each in observations])
                for image in self._spec.images
            ),
            state=vectors[STATE],
            environment=vectors.get(ENVIRONMENT),
        )

    def by_lerobot(self, observation: Observation) -> dict[str, Any]:
        """Return the batch of one that LeRobot's own loop would hand to its policy."""
        batch = _vectors([observation])
        for name, image in observation.images.items():
            # (1, 3, row, col) from 0 to 1, LeRobot's prepare_observation_for_inference
            batch[name] = torch.tensor(image).permute(2, 0, 1).contiguous().float().div_(255)[None]
        result: dict[str, Any] = self._preprocessor(batch)
        return result

    def zero(self) -> ActInput:
        """Return an observation of zeros after normalisation: what the training data's mean is."""
        return ActInput(
            images=tuple(
                torch.zeros((1, 3, image.height, image.width), device=self._device).contiguous(
                    memory_format=torch.channels_last
                )
                for image in self._spec.images
            ),
            state=torch.zeros((1, self._spec.state_size), device=self._device),
            environment=(
                torch.zeros((1, self._spec.environment_size), device=self._device)
                if self._spec.environment_size
                else None
            ),
        )

    def _image(self, name: str, frames: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
        """Return the frames of one camera, normalised, (batch, 3, row, col)."""
        assert self._channels_of is not None
        channels = self._channels_of[name]
        pixels = self._on_device(name, frames)  # (batch, row, col, 3)
        # Whole rows at a time: three channels are too few to fill a vector register.
        rows = pixels.flatten(2).to(torch.float32)
        torch.addcmul(channels.shift, rows, channels.scale, out=rows)
        return rows.view(pixels.shape).permute(0, 3, 1, 2)  # channels last as it lies

    def _on_device(self, name: str, frames: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
        """Return (batch, row, col, 3) bytes on the device; on CUDA by way of pinned memory."""
        if self._device.type != 'cuda':
            # from_numpy() warns of arrays that may not be written to, as messages' often are.
            return torch.from_numpy(np.stack(frames)).to(self._device)
        shape = (len(frames), *frames[0].shape)
        pinned = self._pinned.get(name)
        if pinned is None or pinned.shape != shape:
            pinned = self._pinned[name] = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        else:
            # The last copy out of this buffer must have ended before it is written again.
            torch.cuda.current_stream(self._device).synchronize()
        for row, frame in zip(pinned.numpy(), frames, strict=True):
            np.copyto(row, frame)
        return pinned.to(self._device, non_blocking=True)

    def _all_channels(self) -> dict[str, _Channels] | None:
        found = {image.name: self._channels(image) for image in self._spec.images}
        known = {name: channels for name, channels in found.items() if channels is not None}
        return known if len(known) == len(found) else None

    def _channels(self, image: ImageFeature) -> _Channels | None:
        """Find out the pipeline's scale and shift; None when it does something else."""
        shape = (1, 3, image.height, image.width)
        noise = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        pictures = (torch.zeros(shape), torch.ones(shape), noise)
        black, white, result = (self._normalised(image, picture) for picture in pictures)
        if black.shape != shape:
            return None
        shift = black[:, :, :1, :1]
        scale = white[:, :, :1, :1] - shift
        expected = noise.to(result.device) * scale + shift
        # One scale per pixel, or anything that is not a scale and a shift, is left to LeRobot.
        if not torch.allclose(result, expected, rtol=0.0, atol=_TOLERANCE * float(scale.max())):
            return None
        return _Channels(_row(scale / 255, image.width), _row(shift, image.width))

    def _normalised(self, image: ImageFeature, picture: torch.Tensor) -> torch.Tensor:
        batch = {STATE: torch.zeros((1, self._spec.state_size)), image.name: picture}
        result: torch.Tensor = self._preprocessor(batch)[image.name]
        return result.float()

    def _stacked(self, batches: Sequence[dict[str, Any]]) -> ActInput:
        joined = {name: torch.cat([batch[name] for batch in batches]) for name in self._names()}
        return ActInput(
            images=tuple(
                joined[image.name].contiguous(memory_format=torch.channels_last)
                for image in self._spec.images
            ),
            state=joined[STATE],
            environment=joined.get(ENVIRONMENT),
        )

    def _names(self) -> list[str]:
        names = [image.name for image in self._spec.images]
        return [*names, STATE, *([ENVIRONMENT] if self._spec.environment_size else [])]


def _row(channels: torch.Tensor, width: int) -> torch.Tensor:
    """Repeat (1, 3, 1, 1) for every pixel of a row, (col * 3,)."""
    return channels.flatten().repeat(width)


def _vectors(observations: Sequence[Observation]) -> dict[str, Any]:
    """Return states and environment states as (batch, ...) tensors under LeRobot's names."""
    # A policy without state gets an empty one: ACT asks it for the device.
    vectors = {STATE: torch.from_numpy(np.stack([each.state for each in observations]))}
    environments = [each.environment for each in observations if each.environment is not None]
    if environments:
        vectors[ENVIRONMENT] = torch.from_numpy(np.stack(environments))
    return vectors


def _is_elementwise(preprocessor: Any) -> bool:
    """Return whether the pipeline has LeRobot's own steps only, none of which mixes features."""
    from lerobot.processor import (
        AddBatchDimensionProcessorStep,
        DeviceProcessorStep,
        NormalizerProcessorStep,
        RenameObservationsProcessorStep,
    )

    known = (
        AddBatchDimensionProcessorStep,
        DeviceProcessorStep,
        NormalizerProcessorStep,
        RenameObservationsProcessorStep,
    )
    return all(type(step) in known for step in preprocessor.steps)
