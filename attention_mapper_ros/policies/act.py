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

Loads the checkpoint with LeRobot itself and runs it as LeRobot would. The decoder's
cross-attention is taken from what its modules return anyway: their hooks add no computation.
Paths into the model are those of ``lerobot/policies/act/modeling_act.py``, 0.4.4 to 0.6.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
import torch

from attention_mapper_ros.attention.capture import Capture, compiled_module
from attention_mapper_ros.attention.geometry import cell_geometry
from attention_mapper_ros.attention.layout import CameraTokens, TokenGroup, TokenLayout
from attention_mapper_ros.attention.reduction import reduce_weights
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.adapter import (
    ImageFeature,
    Inference,
    Observation,
    PolicyError,
    PolicySpec,
)
from attention_mapper_ros.policies.checkpoint import checkpoint_folder, identity
from attention_mapper_ros.policies.device import torch_device
from attention_mapper_ros.policies.observation import check_observation

FAMILY = 'act'

# LeRobot's names of the features that are not cameras.
_STATE = 'observation.state'
_ENVIRONMENT = 'observation.environment_state'
_BACKBONE, _WEIGHTS = 'backbone', 'weights'
_RGB_CHANNELS = 3


class ActAdapter:
    """
    A LeRobot ACT policy with its pre- and post-processor.

    Owned by one thread at a time. Hooks exist only while ``infer`` runs with a selection.
    """

    def __init__(self, policy: Any, preprocessor: Any, postprocessor: Any, identity: str) -> None:
        """
        Take a loaded LeRobot ``ACTPolicy`` and its processor pipelines.

        Use ``ActAdapter.load``, unless the three come from elsewhere. Raises PolicyError for
        a compiled model and for features that ACT or this package cannot handle.
        """
        if name := compiled_module(policy):
            raise PolicyError(
                f"the ACT policy is compiled (module {name}): hooks on a torch.compile'd model "
                'never fire and its attention would stay hidden; load it without torch.compile'
            )
        self._policy = policy
        self._preprocessor = preprocessor
        self._postprocessor = postprocessor
        self._spec = _spec(policy.config, identity)
        self._layout = _layout(policy.model, self._spec)
        self._device = next(policy.parameters()).device
        self._whole_chunk = _takes_whole_chunks(postprocessor)

    @classmethod
    def load(cls, policy: str | Path, device: str = 'auto') -> ActAdapter:
        """
        Load a checkpoint from a local folder (no network at all) or from the hub.

        ``device``: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``. Raises PolicyError when
        the checkpoint is not a whole ACT policy with processors, or the device is not there.
        """
        from attention_mapper_ros.policies.act_checkpoint import load_act

        chosen = torch_device(device)
        folder = checkpoint_folder(policy)
        return cls(*load_act(folder, chosen), identity=identity(folder))

    @property
    def spec(self) -> PolicySpec:
        """What the policy wants and gives."""
        return self._spec

    @property
    def layout(self) -> TokenLayout:
        """The encoder's tokens: latent, joints, environment, then the cameras in order."""
        return self._layout

    def check_selection(self, selection: Selection) -> None:
        """Raise ValueError, naming the valid range, if the policy has no such attention."""
        selection.check(
            layers=len(self._policy.model.decoder.layers),
            heads=self._policy.config.n_heads,
            queries=self._spec.chunk_size,
        )

    def infer(self, observation: Observation, selection: Selection | None) -> Inference:
        """
        Run the model once on this observation, never touching LeRobot's action queue.

        Raises ValueError for an observation that does not fit ``spec`` and for a selection
        that the policy does not have, RuntimeError when the model shows no attention.
        """
        check_observation(observation, self._spec)
        started = time.perf_counter()
        if selection is None:
            return Inference(
                self._run(observation), None, self._layout, None, time.perf_counter() - started
            )
        self.check_selection(selection)
        with Capture() as capture:
            self._register(capture, selection)
            actions = self._run(observation)
        forward_s = time.perf_counter() - started
        attention = self._read(capture)
        return Inference(actions, attention, self._layout, selection, forward_s)

    def close(self) -> None:
        """Release the model's memory. The adapter cannot be used afterwards."""
        del self._policy, self._preprocessor, self._postprocessor

    def _run(self, observation: Observation) -> NDArray[np.float32]:
        """Return the action chunk (chunk, action) in dataset units."""
        with torch.no_grad(), self._autocast():
            batch = self._preprocessor(self._batch(observation))
            chunk = self._policy.predict_action_chunk(batch)  # (1, chunk, action)
            if self._whole_chunk:
                actions = self._postprocessor(chunk)[0]  # (chunk, action)
            else:
                each = [self._postprocessor(action)[0] for action in chunk.unbind(dim=1)]
                actions = torch.stack(each)  # (chunk, action)
        result: NDArray[np.float32] = actions.to('cpu', torch.float32).numpy()
        return result

    def _batch(self, observation: Observation) -> dict[str, Any]:
        """Prepare what LeRobot's ``prepare_observation_for_inference`` does, up to the device."""
        batch: dict[str, Any] = {
            name: _channels_first(image).float().div_(255)[None]  # (1, 3, row, col), 0 to 1
            for name, image in observation.images.items()
        }
        # A policy without state gets an empty one: ACT asks it for the device.
        batch[_STATE] = torch.tensor(observation.state)[None]  # (1, state)
        if observation.environment is not None:
            batch[_ENVIRONMENT] = torch.tensor(observation.environment)[None]  # (1, environment)
        return batch

    def _autocast(self) -> AbstractContextManager[Any]:
        """Mixed precision where LeRobot would use it: on CUDA, if the checkpoint says so."""
        if self._policy.config.use_amp and self._device.type == 'cuda':
            return torch.autocast('cuda')
        return nullcontext()

    def _register(self, capture: Capture, selection: Selection) -> None:
        model = self._policy.model
        attention = model.decoder.layers[selection.layer].multihead_attn
        if selection.head is not None:
            capture.ask_per_head(attention)
        capture.record(_WEIGHTS, attention, lambda output: reduce_weights(output[1], selection))
        if self._spec.images:
            capture.record(
                _BACKBONE, model.backbone, lambda output: tuple(output['feature_map'].shape[-2:])
            )

    def _read(self, capture: Capture) -> NDArray[np.float32]:
        """Return the recorded attention (token,), once it is sure that it fits the layout."""
        recorded = capture.records.get(_WEIGHTS, [])
        if len(recorded) != 1:
            raise RuntimeError(
                f'the hook on the cross-attention fired {len(recorded)} times in one forward '
                'instead of once: was the model compiled after loading? Load it again'
            )
        grids = capture.records.get(_BACKBONE, [])  # (rows, cols) per camera
        expected = [(c.geometry.rows, c.geometry.cols) for c in self._layout.cameras]
        tokens: torch.Tensor = recorded[0]
        if grids != expected or tokens.shape != (self._layout.size,):
            raise RuntimeError(
                f'the model attends to {tuple(tokens.shape)} tokens on camera grids {grids}, the '
                f'layout has {self._layout.size} on {expected}: this version of LeRobot builds '
                'the sequence otherwise'
            )
        return tokens.cpu().numpy()


def _spec(config: Any, identity: str) -> PolicySpec:
    state, environment = config.robot_state_feature, config.env_state_feature
    if environment is not None and _ENVIRONMENT not in config.input_features:
        raise PolicyError(
            f'the policy has an environment state under another name than {_ENVIRONMENT}, which '
            "LeRobot's ACT does not read: rename the feature and train again"
        )
    return PolicySpec(
        family=FAMILY,
        images=tuple(
            _image_feature(name, tuple(feature.shape))
            for name, feature in config.image_features.items()
        ),
        state_size=state.shape[0] if state else 0,
        action_size=config.action_feature.shape[0],
        chunk_size=config.chunk_size,
        action_steps=config.n_action_steps,
        temporal_ensemble_coeff=config.temporal_ensemble_coeff,
        identity=identity,
        environment_size=environment.shape[0] if environment else 0,
    )


def _image_feature(name: str, shape: tuple[int, ...]) -> ImageFeature:
    if len(shape) != 3 or shape[0] != _RGB_CHANNELS:
        raise PolicyError(
            f'camera feature {name} has shape {shape}; only RGB images, (3, height, width), are '
            'supported: train the policy without this feature, or on RGB'
        )
    return ImageFeature(name, height=shape[1], width=shape[2])


def _layout(model: Any, spec: PolicySpec) -> TokenLayout:
    """Describe ``encoder_in_tokens`` as ``ACT.forward`` builds it."""
    groups = [TokenGroup('latent', 0, 1)]
    for name, size in (('joints', spec.state_size), ('environment', spec.environment_size)):
        if size:
            groups.append(TokenGroup(name, groups[-1].stop, groups[-1].stop + 1))
    cameras = []
    for image in spec.images:
        geometry = cell_geometry(model.backbone, image.height, image.width)
        camera = CameraTokens(image.name, groups[-1].stop, geometry)
        cameras.append(camera)
        groups.append(TokenGroup(camera.feature, camera.start, camera.stop))
    return TokenLayout(tuple(groups), tuple(cameras))


def _takes_whole_chunks(postprocessor: Any) -> bool:
    """
    Return whether (1, chunk, action) can go through the post-processor at once.

    LeRobot calls it with (1, action). Its own steps for ACT work element by element, a step
    of somebody else need not.
    """
    from lerobot.processor import DeviceProcessorStep, UnnormalizerProcessorStep

    elementwise = (DeviceProcessorStep, UnnormalizerProcessorStep)
    return all(type(step) in elementwise for step in postprocessor.steps)


def _channels_first(image: NDArray[np.uint8]) -> torch.Tensor:
    """Copy (row, col, 3) to (3, row, col), uint8. The image may be read-only."""
    return torch.from_numpy(np.array(image.transpose(2, 0, 1), order='C'))
