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

"""The loop that ``bench_analyze`` measures against: stock LeRobot, one forward a frame."""

from __future__ import annotations

from pathlib import Path

from analyze_material import EPISODES
from arithmetic import operations
import torch


class StockLoop:
    """What one writes with LeRobot alone: a frame, the processors, the policy."""

    def __init__(self, dataset: Path, policy: Path, device: str) -> None:
        from lerobot.configs.policies import PreTrainedConfig
        from lerobot.datasets.lerobot_dataset import LeRobotDataset
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors

        self._frames = LeRobotDataset(
            f'local/{dataset.name}', root=dataset, episodes=list(range(EPISODES))
        )
        config = PreTrainedConfig.from_pretrained(policy)
        config.pretrained_backbone_weights = None
        config.device = device
        self._model = ACTPolicy.from_pretrained(policy, config=config).eval()
        self._before, self._after = make_pre_post_processors(
            config,
            pretrained_path=str(policy),
            preprocessor_overrides={'device_processor': {'device': device}},
        )
        self._wanted = [*config.image_features, 'observation.state']

    def run(self) -> int:
        """Run all frames and return how many there are."""
        for index in range(len(self._frames)):
            self._step(index)
        return len(self._frames)

    def operations(self) -> int:
        """Return the operations of one forward."""
        return operations(lambda: self._step(0))

    def _step(self, index: int) -> None:
        item = self._frames[index]
        with torch.inference_mode():
            observation = self._before({name: item[name] for name in self._wanted})
            self._after(self._model.predict_action_chunk(observation))
