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
LeRobot's ACT (Zhao et al., "Learning Fine-Grained Bimanual Manipulation", RSS 2023).

The checkpoint is loaded by LeRobot; the forward is this package's own (``act_forward``), faster
and with its attention open. When it is loaded, both must give the same actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import copy
from functools import partial
from pathlib import Path
import time
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
import torch

from attention_mapper_ros.attention.baseline import without_baseline
from attention_mapper_ros.attention.capture import compiled_module
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.places import DECODER_CROSS, DECODER_SELF, ENCODER_SELF
from attention_mapper_ros.attention.request import AttentionRequest, GRADIENT, METHODS
from attention_mapper_ros.policies.act_attention import ActOutcome, run
from attention_mapper_ros.policies.act_features import act_layout, act_spec, takes_whole_chunks
from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.act_input import ActInput, ActPreparation
from attention_mapper_ros.policies.act_stages import redraw, weight_stages
from attention_mapper_ros.policies.act_verification import (
    action_difference,
    check_difference,
    check_grids,
    lerobot_actions,
)
from attention_mapper_ros.policies.adapter import (
    Inference,
    Observation,
    OnActions,
    PolicyError,
    PolicySpec,
)
from attention_mapper_ros.policies.checkpoint import (
    checkpoint_folder,
    identity,
    weights_identity,
)
from attention_mapper_ros.policies.cuda_graph import GraphedRun
from attention_mapper_ros.policies.device import (
    device_memory_bytes,
    release_memory,
    releasing_memory,
    torch_device,
    torch_dtype,
)
from attention_mapper_ros.policies.observation import check_observation

# Variants of one observation that are run at once; more make the temporaries larger than caches.
_VARIANTS_PER_FORWARD = 16
# Baselines are a few kilobytes each; somebody may turn all knobs for days.
_BASELINES_KEPT = 64

Run: TypeAlias = Callable[
    [ActInput, AttentionRequest | None, Callable[[torch.Tensor], None] | None], ActOutcome
]


class ActAdapter:
    """A LeRobot ACT policy with its pre- and post-processor. Owned by one thread at a time."""

    def __init__(
        self,
        policy: Any,
        preprocessor: Any,
        postprocessor: Any,
        identity: str,
        precision: str = 'float32',
    ) -> None:
        """
        Take a loaded LeRobot ``ACTPolicy``, in evaluation mode, and its processor pipelines.

        Its transformer becomes the adapter's own; in ``bfloat16`` it is converted in place. Use
        ``ActAdapter.load``, unless the three come from elsewhere. Raises PolicyError for a
        compiled model, for features that ACT or this package cannot handle, for a precision
        that the device does not have, and when LeRobot computes other actions.
        """
        if name := compiled_module(policy):
            raise PolicyError(
                f'the ACT policy is compiled (module {name}): its attention would stay hidden; '
                'load it without torch.compile'
            )
        self._device = next(policy.parameters()).device
        dtype = torch_dtype(precision, self._device)
        self._postprocessor = postprocessor
        self._spec = act_spec(policy.config, identity)
        self._layout = act_layout(policy.model, self._spec)
        self._whole_chunk = takes_whole_chunks(postprocessor)
        self._preparation = ActPreparation(preprocessor, self._spec, self._device)
        self._forward = ActForward(policy.model, policy.config)
        self._heads: int = policy.config.n_heads
        self._baselines: dict[tuple[str, AttentionRequest], NDArray[np.float32]] = {}
        expected = lerobot_actions(policy, self._preparation, self._spec)
        check_difference(self._difference(expected), self._device)
        check_grids(self._forward, self._layout)
        self._precision_error = 0.0
        if dtype != torch.float32:
            self._forward.to(dtype).forget_constants()
            self._precision_error = self._difference(expected)
        self._run = self._runner()

    @classmethod
    def load(
        cls, policy: str | Path, device: str = 'auto', precision: str = 'float32'
    ) -> ActAdapter:
        """
        Load a checkpoint from a local folder (no network at all) or from the hub.

        ``device``: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``; ``precision``: ``float32``
        or ``bfloat16``. Raises PolicyError when the checkpoint is not a whole ACT policy with
        processors, or the device is not there or has no such precision.
        """
        from attention_mapper_ros.policies.act_checkpoint import load_act

        chosen = torch_device(device)
        torch_dtype(precision, chosen)  # before anything large is loaded
        folder = checkpoint_folder(policy)
        return cls(*load_act(folder, chosen), identity=identity(folder), precision=precision)

    @classmethod
    def wrap(
        cls, policy: Any, preprocessor: Any, postprocessor: Any, precision: str = 'float32'
    ) -> ActAdapter:
        """
        Adapt a loaded LeRobot ``ACTPolicy`` and its processors, on the device where it is.

        The policy is copied and not changed; its identity is a SHA-256 of its weights. Raises
        PolicyError for a compiled policy and for one that this package would run otherwise.
        """
        known = weights_identity(policy.state_dict())
        try:
            copied = copy.deepcopy(policy).eval()
        except (RuntimeError, TypeError) as error:  # torch's, of what was compiled or is no leaf
            raise PolicyError(
                f'the ACT policy cannot be copied ({error}): give the checkpoint it came from'
            ) from error
        return cls(copied, preprocessor, postprocessor, known, precision)

    @property
    def spec(self) -> PolicySpec:
        """What the policy wants and gives."""
        return self._spec

    @property
    def layout(self) -> TokenLayout:
        """The encoder's tokens: latent, joints, environment, then the cameras in order."""
        return self._layout

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods work for ACT."""
        return METHODS

    @property
    def attention_shape(self) -> Mapping[str, tuple[int, int, int]]:
        """Name of each attention to its number of layers, heads and queries."""
        chunk, depth = self._spec.chunk_size, self._forward.decoder_layers
        return {
            ENCODER_SELF: (self._forward.encoder_layers, self._heads, self._layout.size),
            DECODER_SELF: (depth, self._heads, chunk),
            DECODER_CROSS: (depth, self._heads, chunk),
        }

    @property
    def weight_stages(self) -> tuple[str, ...]:
        """From the action head to the first convolution."""
        return tuple(weight_stages(self._forward))

    @property
    def device(self) -> str:
        return str(self._device)

    def memory_bytes(self) -> int | None:
        return device_memory_bytes(self._device)

    @property
    def precision_error(self) -> float:
        """
        How far actions in bfloat16 were from LeRobot's in float32 on one noise observation.

        The largest difference of any number of the chunk, in deviations of the training data's
        actions; 0.0 in float32.
        """
        return self._precision_error

    def check_request(self, request: AttentionRequest) -> None:
        """Raise ValueError, naming the valid range, if the policy has no such attention."""
        selection = request.selection
        if selection.module == DECODER_SELF:
            raise ValueError(
                f'{DECODER_SELF} looks at planned actions and not at what the robot sees: choose '
                f'{DECODER_CROSS} or {ENCODER_SELF}'
            )
        if selection.module not in self.attention_shape:
            selection.check(1, 1, 1)  # names the modules
        selection.check(*self.attention_shape[selection.module])
        if request.target is not None:
            self._check_target(request)

    def _check_target(self, request: AttentionRequest) -> None:
        target, size = request.target, self._spec.action_size
        if request.method != GRADIENT:
            raise ValueError(
                f'attention method {request.method!r} explains no single action: choose method '
                f'{GRADIENT!r}, or no target'
            )
        if target is not None and not 0 <= target < size:
            raise ValueError(
                f'attention target {target} is outside this policy (actions: {size}): choose 0 to '
                f'{size - 1}, or none for the whole action'
            )

    def infer(
        self,
        observation: Observation,
        request: AttentionRequest | None,
        on_actions: OnActions | None = None,
    ) -> Inference:
        """
        Run the model once on this observation, never touching LeRobot's action queue.

        ``on_actions`` gets the actions and the seconds that they took as soon as they are on
        the CPU, before attention costs any time. Raises ValueError for an observation that does
        not fit ``spec`` and for a request that the policy cannot fulfil.
        """
        with releasing_memory(self._device):
            (inference,) = self._infer([observation], request, on_actions)
        return inference

    def infer_batch(
        self, observations: Sequence[Observation], request: AttentionRequest | None
    ) -> tuple[Inference, ...]:
        """Run the model once on all these observations; the rest as ``infer``."""
        return self._infer(observations, request, None) if observations else ()

    def predict(self, observations: Sequence[Observation]) -> NDArray[np.float32]:
        """Return the actions alone, (batch, chunk, action) in dataset units."""
        actions = [inference.actions for inference in self.infer_batch(observations, None)]
        empty = np.zeros((0, self._spec.chunk_size, self._spec.action_size), dtype=np.float32)
        return np.stack(actions) if actions else empty

    def knock_out(
        self, observation: Observation, tokens: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """
        Return the actions (variant, chunk, action), dataset units, with some tokens masked.

        ``tokens``: (variant, token), True where neither the encoder nor the cross-attention may
        look. The backbone runs once. Raises ValueError for another shape and for a variant that
        masks everything.
        """
        self._check_knock_out(observation, tokens)
        inputs = self._preparation.prepare([observation])
        with torch.no_grad():
            grids = self._forward.image_grids(inputs.images)
            embedded, positions = self._forward.tokens(grids, inputs.state, inputs.environment)
            chunks = [
                self._forward.actions(
                    embedded.expand(len(masked), -1, -1), positions, masked=masked
                )
                for masked in torch.split(
                    torch.from_numpy(tokens).to(self._device), _VARIANTS_PER_FORWARD
                )
            ]
        return self._in_dataset_units(torch.cat(chunks))

    def randomised(self, stages: int, seed: int) -> ActAdapter:
        """
        Return a copy in which the first so many ``weight_stages`` are drawn anew.

        Each tensor from a normal distribution with its own mean and deviation. Raises
        ValueError when there are not so many.
        """
        if not 0 <= stages <= len(self.weight_stages):
            raise ValueError(
                f'{stages} stages cannot be randomised, this policy has '
                f'{len(self.weight_stages)}: choose 0 to {len(self.weight_stages)}'
            )
        other = copy.copy(self)
        other._forward = copy.deepcopy(self._forward)
        other._baselines = {}
        redraw(other._forward, stages, seed)
        other._run = other._runner()
        return other

    def close(self) -> None:
        """Release the model's memory. The adapter cannot be used afterwards."""
        del self._forward, self._run, self._preparation, self._postprocessor
        release_memory(self._device)

    def _runner(self) -> Run:
        """Return what runs a batch: on CUDA, graphs of the forward."""
        if self._device.type == 'cuda':
            return GraphedRun(self._forward)
        return partial(run, self._forward)

    def _infer(
        self,
        observations: Sequence[Observation],
        request: AttentionRequest | None,
        on_actions: OnActions | None,
    ) -> tuple[Inference, ...]:
        for observation in observations:
            check_observation(observation, self._spec)
        if request is not None:
            self.check_request(request)
        started = time.perf_counter()
        delivered: list[tuple[NDArray[np.float32], float]] = []

        def deliver(normalised: torch.Tensor) -> None:
            actions = self._in_dataset_units(normalised)
            delivered.append((actions, time.perf_counter() - started))
            if on_actions is not None:
                on_actions(actions[0], delivered[0][1])

        outcome = self._run(self._preparation.prepare(observations), request, deliver)
        ((actions, forward_s),) = delivered
        attention = heads = None
        if request is not None and outcome.attention is not None:
            attention = self._without_baseline(_on_cpu(outcome.attention), request)
            if outcome.head_weights is not None:
                heads = {name: _on_cpu(kept) for name, kept in outcome.head_weights.items()}
        return tuple(
            Inference(
                actions=actions[index],
                attention=None if attention is None else attention[index],
                layout=self._layout,
                request=request,
                forward_s=forward_s,
                head_weights=(
                    None if heads is None else {name: kept[index] for name, kept in heads.items()}
                ),
            )
            for index in range(len(observations))
        )

    def _without_baseline(
        self, attention: NDArray[np.float32], request: AttentionRequest
    ) -> NDArray[np.float32]:
        """Take the baseline out of (batch, token)."""
        picture = request.baseline.picture
        if picture == 'none':
            return attention
        key = picture, request.without_baseline()
        if key not in self._baselines:
            if len(self._baselines) >= _BASELINES_KEPT:
                self._baselines.clear()
            outcome = run(self._forward, self._baseline_input(picture), key[1], None)
            assert outcome.attention is not None  # it was asked for
            self._baselines[key] = _on_cpu(outcome.attention)[0]
        baseline = self._baselines[key]
        return np.stack([without_baseline(each, baseline, request.baseline) for each in attention])

    def _baseline_input(self, picture: str) -> ActInput:
        """Return the mean observation, on request with black images."""
        mean = self._preparation.zero()
        if picture == 'mean':
            return mean
        black = Observation(
            images={
                image.name: np.zeros((image.height, image.width, 3), dtype=np.uint8)
                for image in self._spec.images
            },
            state=np.zeros(self._spec.state_size, dtype=np.float32),
            environment=(
                np.zeros(self._spec.environment_size, dtype=np.float32)
                if self._spec.environment_size
                else None
            ),
        )
        images = self._preparation.prepare([black]).images
        return ActInput(images, mean.state, mean.environment)

    def _in_dataset_units(self, chunks: torch.Tensor) -> NDArray[np.float32]:
        """Post-process normalised (batch, chunk, action)."""
        with torch.no_grad():
            if self._whole_chunk:
                actions = self._postprocessor(chunks)
            else:
                each = torch.split(chunks.flatten(0, 1), 1)
                actions = torch.cat([self._postprocessor(action) for action in each])
                actions = actions.view(chunks.shape)
        return _on_cpu(actions)

    def _difference(self, expected: torch.Tensor) -> float:
        return action_difference(self._forward, self._preparation, self._spec, expected)

    def _check_knock_out(self, observation: Observation, tokens: NDArray[np.bool_]) -> None:
        check_observation(observation, self._spec)
        if tokens.ndim != 2 or tokens.shape[1] != self._layout.size or tokens.dtype != np.bool_:
            raise ValueError(
                f'tokens to knock out have shape {tokens.shape} and type {tokens.dtype}, expected '
                f'(variant, {self._layout.size}) and bool'
            )
        if not len(tokens) or tokens.all(axis=1).any():
            raise ValueError('give at least one variant, and leave each at least one token')


def _on_cpu(values: torch.Tensor) -> NDArray[np.float32]:
    result: NDArray[np.float32] = values.to('cpu', torch.float32).numpy()
    return result
