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
The ways to run one tick that ``bench_tick`` compares, on one checkpoint with random weights.

A way is loaded from the checkpoint's folder and turns raw observations into the action chunk,
(chunk, action) float32 in dataset units, as a numpy array. Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import torch

STATE = 'observation.state'
# Joints of the arms that LeRobot is used with most.
JOINTS = 6

STOCK = 'LeRobot'
TEXTBOOK = 'textbook'
# Name of a way of this package: (precision, method of attention).
OURS: Mapping[str, tuple[str, str | None]] = {
    'ours': ('float32', None),
    'ours-raw': ('float32', 'raw'),
    'ours-rollout': ('float32', 'rollout'),
    'ours-gradient': ('float32', 'gradient'),
    'ours-bfloat16': ('bfloat16', None),
    'ours-bfloat16-raw': ('bfloat16', 'raw'),
    'ours-bfloat16-rollout': ('bfloat16', 'rollout'),
    'ours-bfloat16-gradient': ('bfloat16', 'gradient'),
}
NAMES = (STOCK, TEXTBOOK, *OURS)

# Names of the stages, in the order of the tick.
PREPARATION, BACKBONE, TRANSFORMER = 'input preparation', 'backbone', 'encoder and decoder'
METHOD, FINISH = 'attention method', 'post-processing'
STAGES = (PREPARATION, BACKBONE, TRANSFORMER, METHOD, FINISH)

Images = Mapping[str, NDArray[np.uint8]]  # feature to (row, col, 3), RGB


@dataclass(frozen=True)
class Way:
    """
    One way to run a tick.

    ``run`` takes images and the joint state (joint,) float32. ``stages`` says which methods,
    (object, name), do the work of which stage; what no stage claims is METHOD.
    """

    run: Callable[[Images, NDArray[np.float32]], NDArray[np.float32]]
    stages: Mapping[str, Sequence[tuple[Any, str]]] = field(default_factory=dict)


def make_checkpoint(folder: Path, cameras: int, height: int, width: int, device: str) -> None:
    """Save a policy of LeRobot's default ACT configuration, random weights, with processors."""
    from lerobot.configs.types import FeatureType, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors

    images = {
        f'observation.images.camera_{index}': PolicyFeature(FeatureType.VISUAL, (3, height, width))
        for index in range(cameras)
    }
    config = ACTConfig(
        input_features={**images, STATE: PolicyFeature(FeatureType.STATE, (JOINTS,))},
        output_features={'action': PolicyFeature(FeatureType.ACTION, (JOINTS,))},
        device=device,
        pretrained_backbone_weights=None,  # nothing is downloaded
        push_to_hub=False,
    )
    torch.manual_seed(0)
    ACTPolicy(config).save_pretrained(folder)
    statistics = {name: _statistics((3, 1, 1), 0.45, 0.25) for name in images}
    statistics |= {name: _statistics((JOINTS,), 10.0, 40.0) for name in (STATE, 'action')}
    for pipeline in make_pre_post_processors(config, dataset_stats=statistics):
        pipeline.save_pretrained(folder)


def action_range() -> float:
    """Return the range of every action in the checkpoint's statistics, dataset units."""
    action = _statistics((JOINTS,), 10.0, 40.0)
    return float((action['max'] - action['min']).max())


def random_observation(
    seed: int, cameras: int, height: int, width: int
) -> tuple[dict[str, NDArray[np.uint8]], NDArray[np.float32]]:
    """Return images and joint state for the checkpoint."""
    random = np.random.default_rng(seed)
    images = {
        f'observation.images.camera_{index}': random.integers(
            0, 256, (height, width, 3), dtype=np.uint8
        )
        for index in range(cameras)
    }
    return images, random.normal(10.0, 40.0, JOINTS).astype(np.float32)


def load_way(folder: Path, name: str, device: str) -> Way:
    """Load one of NAMES from the checkpoint."""
    if name in OURS:
        precision, method = OURS[name]
        return _our_way(_adapter(folder, device, precision), method)
    tick = TextbookTick(folder) if name == TEXTBOOK else StockTick(folder)
    return Way(tick.run, tick.stages)


class StockTick:
    """
    LeRobot's own tick: what ``predict_action`` of its control loop does, for a whole chunk.

    ``predict_action_chunk`` stands where the loop calls ``select_action``, which runs the same
    model when its queue is empty; the post-processor sees the chunk at once.
    """

    def __init__(self, folder: Path) -> None:
        """Load policy and processors, with LeRobot alone."""
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors

        self._policy = ACTPolicy.from_pretrained(folder)
        self._policy.eval()
        self._device = torch.device(self._policy.config.device)
        self._preprocessor, self._postprocessor = make_pre_post_processors(
            self._policy.config, pretrained_path=str(folder)
        )

    @property
    def stages(self) -> dict[str, Sequence[tuple[Any, str]]]:
        """Which method does what; of nested ones the inner one is not counted to the outer."""
        return {
            PREPARATION: [(self, 'prepare')],
            BACKBONE: [(self._policy.model.backbone, 'forward')],
            TRANSFORMER: [(self, 'predict')],
            FINISH: [(self, 'finish')],
        }

    def run(self, images: Images, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one tick."""
        with torch.inference_mode():
            return self.finish(self.predict(self.prepare(images, state)))

    def prepare(self, images: Images, state: NDArray[np.float32]) -> dict[str, Any]:
        """Return the batch that the policy takes."""
        from lerobot.policies.utils import prepare_observation_for_inference

        observation = {**images, STATE: state}
        batch = prepare_observation_for_inference(observation, self._device)
        prepared: dict[str, Any] = self._preprocessor(batch)
        return prepared

    def predict(self, batch: dict[str, Any]) -> torch.Tensor:
        """Return the normalised chunk (1, chunk, action)."""
        chunk: torch.Tensor = self._policy.predict_action_chunk(batch)
        return chunk

    def finish(self, chunk: torch.Tensor) -> NDArray[np.float32]:
        """Return the chunk (chunk, action) in dataset units, on the CPU."""
        actions: NDArray[np.float32] = self._postprocessor(chunk)[0].numpy()
        return actions


class TextbookTick(StockTick):
    """
    Attention as it is usually taken: hooks on a model that stays as it is.

    Each attention's weights, averaged over heads by PyTorch, go to the CPU. The shape of the
    cells' grid comes from running the backbone once more.
    """

    def __init__(self, folder: Path) -> None:
        """Load the policy and add the hooks."""
        super().__init__(folder)
        self._weights: dict[str, torch.Tensor] = {}
        self.maps: dict[str, NDArray[np.float32]] = {}
        for name, module in self._policy.model.named_modules():
            if isinstance(module, torch.nn.MultiheadAttention):
                module.register_forward_hook(self._hook(name))

    @property
    def stages(self) -> dict[str, Sequence[tuple[Any, str]]]:
        """Both passes of the backbone are counted to it."""
        return {**super().stages, METHOD: [(self, 'explain')]}

    def predict(self, batch: dict[str, Any]) -> torch.Tensor:
        """Return the chunk, and leave the maps."""
        chunk = super().predict(batch)
        self.explain(batch)
        return chunk

    def explain(self, batch: dict[str, Any]) -> None:
        """Make one map per camera of the last cross-attention, mean over queries and heads."""
        model = self._policy.model
        last = f'decoder.layers.{len(model.decoder.layers) - 1}.multihead_attn'
        tokens = self._weights[last][0].mean(dim=0)
        names = list(self._policy.config.image_features)
        grids = [model.backbone(batch[name])['feature_map'].shape[-2:] for name in names]
        sizes = [rows * cols for rows, cols in grids]
        parts = torch.split(tokens[-sum(sizes) :], sizes)
        self.maps = {
            name: part.view(*grid).numpy()
            for name, part, grid in zip(names, parts, grids, strict=True)
        }

    def _hook(self, name: str) -> Callable[[Any, Any, Any], None]:
        def keep(_module: Any, _inputs: Any, output: tuple[torch.Tensor, torch.Tensor]) -> None:
            self._weights[name] = output[1].cpu()

        return keep


def _adapter(folder: Path, device: str, precision: str) -> Any:
    from attention_mapper_ros.policies.act import ActAdapter

    return ActAdapter.load(folder, device, precision)


def _our_way(adapter: Any, method: str | None) -> Way:
    """Return the tick of this package, with maps and shares where attention is asked for."""
    from attention_mapper_ros.attention.request import AttentionRequest
    from attention_mapper_ros.policies.adapter import Observation

    request = None if method is None else AttentionRequest(method=method)

    def run(images: Images, state: NDArray[np.float32]) -> NDArray[np.float32]:
        inference = adapter.infer(Observation(images, state), request)
        if request is not None:
            inference.maps()
        actions: NDArray[np.float32] = inference.actions
        return actions

    # Parts of the adapter that its public interface does not show.
    forward = adapter._forward
    return Way(
        run,
        {
            PREPARATION: [(adapter._preparation, 'prepare')],
            BACKBONE: [(forward, 'image_grids')],
            TRANSFORMER: [(forward, 'tokens'), (forward, 'actions')],
            FINISH: [(adapter, '_in_dataset_units')],
        },
    )


def _statistics(shape: tuple[int, ...], mean: float, std: float) -> dict[str, torch.Tensor]:
    """Return statistics of a data set as LeRobot keeps them: two deviations to each side."""
    values = {'mean': mean, 'std': std, 'min': mean - 2 * std, 'max': mean + 2 * std}
    return {name: torch.full(shape, value) for name, value in values.items()}
