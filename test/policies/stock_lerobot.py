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

"""The same checkpoint, loaded and run with LeRobot alone: the reference of the tests."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from attention_mapper_ros.policies.adapter import Observation


class StockLeRobot:
    """LeRobot's policy and processors, as its own loop uses them."""

    def __init__(self, folder: Path) -> None:
        from lerobot.configs.policies import PreTrainedConfig
        from lerobot.policies.act.modeling_act import ACTPolicy
        from lerobot.policies.factory import make_pre_post_processors

        config = PreTrainedConfig.from_pretrained(folder)
        config.pretrained_backbone_weights = None
        self.policy = ACTPolicy.from_pretrained(folder, config=config).eval()
        self.preprocess, self.postprocess = make_pre_post_processors(
            config, pretrained_path=str(folder)
        )

    def batch(self, observation: Observation) -> dict[str, torch.Tensor]:
        """Return what LeRobot's ``predict_action`` hands to the policy."""
        from lerobot.policies.utils import prepare_observation_for_inference

        arrays = {**observation.images, 'observation.state': observation.state}
        if observation.environment is not None:
            arrays['observation.environment_state'] = observation.environment
        return self.preprocess(prepare_observation_for_inference(arrays, torch.device('cpu')))

    def select_action(self, observation: Observation) -> np.ndarray:
        """Return the next action (action,)."""
        with torch.inference_mode():
            return self.postprocess(self.policy.select_action(self.batch(observation)))[0].numpy()

    def chunk(self, observation: Observation) -> np.ndarray:
        """Return the whole chunk (chunk, action) in dataset units."""
        with torch.no_grad():
            chunk = self.policy.predict_action_chunk(self.batch(observation))
            return self.postprocess(chunk)[0].numpy()

    def attentions(self) -> dict[tuple[str, int], torch.nn.MultiheadAttention]:
        """Return LeRobot's attention modules by kind and layer."""
        model = self.policy.model
        found = {
            ('encoder_self', i): each.self_attn for i, each in enumerate(model.encoder.layers)
        }
        for i, layer in enumerate(model.decoder.layers):
            found['decoder_self', i] = layer.self_attn
            found['decoder_cross', i] = layer.multihead_attn
        return found

    def weights(self, observation: Observation) -> dict[tuple[str, int], torch.Tensor]:
        """Return what every MultiheadAttention itself returns, (head, query, token)."""
        kept: dict[tuple[str, int], torch.Tensor] = {}
        with (
            torch.no_grad(),
            self._hooked(lambda place, _i, _k, out: kept.update({place: out[1][0]})),
        ):
            self.policy.predict_action_chunk(self.batch(observation))
        return kept

    def weights_and_gradients(
        self, observation: Observation, scalar
    ) -> dict[tuple[str, int], tuple[torch.Tensor, torch.Tensor]]:
        """
        Return A and dA, (head, query, token), of every attention, from LeRobot's own forward.

        ``scalar`` of the normalised chunk (chunk, action). The gradient of the weights is worked
        out by hand from that of the module's output: (g @ W_o) per head @ V^T.
        """
        calls: dict[tuple[str, int], tuple] = {}

        def keep(place, inputs, kwargs, out):
            value = kwargs['value']
            if not out[0].requires_grad:
                raise AssertionError("LeRobot's parameters ask for gradients")
            calls[place] = (value, out[0], out[1][0])

        with self._hooked(keep):
            batch = self.batch(observation)
            batch['observation.images'] = [batch[key] for key in self.policy.config.image_features]
            actions = self.policy.model(batch)[0][0]
        places = list(calls)
        outs = torch.autograd.grad(scalar(actions), [calls[place][1] for place in places])
        found = {}
        for place, out in zip(places, outs, strict=True):
            value, _, weights = calls[place]
            module = self.attentions()[place]
            heads, size = module.num_heads, module.head_dim
            v = value[:, 0] @ module.in_proj_weight[-module.embed_dim :].T
            v = (v + module.in_proj_bias[-module.embed_dim :]).unflatten(-1, (heads, size))
            g = (out[:, 0] @ module.out_proj.weight).unflatten(-1, (heads, size))
            gradient = torch.einsum('qhd,thd->hqt', g, v)
            found[place] = (weights.detach(), gradient.detach())
        return found

    @contextmanager
    def _hooked(self, keep):
        def per_head(_module, args, kwargs):
            return args, {**kwargs, 'average_attn_weights': False}

        handles = []
        for place, module in self.attentions().items():
            handles.append(module.register_forward_pre_hook(per_head, with_kwargs=True))
            handles.append(
                module.register_forward_hook(
                    lambda _m, inputs, kwargs, out, place=place: keep(place, inputs, kwargs, out),
                    with_kwargs=True,
                )
            )
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
