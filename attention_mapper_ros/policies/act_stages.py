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
The weights of ACT in stages, to draw them anew from the output to the input.

Adebayo et al., "Sanity Checks for Saliency Maps" (NeurIPS 2018), cascading randomisation.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from attention_mapper_ros.policies.act_forward import ActForward


def weight_stages(forward: ActForward) -> dict[str, tuple[nn.Module, ...]]:
    """Return the modules of each stage by name, from the action head to the first convolution."""
    stages: dict[str, tuple[nn.Module, ...]] = {'action head': (forward.action_head,)}
    stages['decoder norm'] = (forward.decoder.norm,)
    for index in reversed(range(forward.decoder_layers)):
        stages[f'decoder layer {index}'] = (forward.decoder.layers[index],)
    stages['decoder queries'] = (forward.decoder_pos_embed,)
    for index in reversed(range(forward.encoder_layers)):
        stages[f'encoder layer {index}'] = (forward.encoder.layers[index],)
    projections = (
        forward.image_projection,
        forward.state_projection,
        forward.environment_projection,
        forward.latent_projection,
        forward.position_1d,
    )
    stages['input projections'] = tuple(each for each in projections if each is not None)
    if forward.backbone is not None:
        for name, module in reversed(list(forward.backbone.stages.named_children())):
            if next(module.parameters(), None) is not None:
                stages[f'backbone {name}'] = (module,)
    return stages


def redraw(forward: ActForward, stages: int, seed: int) -> None:
    """Draw the first so many stages anew, each tensor from its own mean and deviation."""
    generator = torch.Generator().manual_seed(seed)
    modules = list(weight_stages(forward).values())[:stages]
    with torch.no_grad():
        for parameter in _parameters(module for stage in modules for module in stage):
            values = parameter.float()
            noise = torch.randn(parameter.shape, generator=generator).to(values.device)
            deviation = values.std() if values.numel() > 1 else values.abs()
            parameter.copy_(values.mean() + deviation * noise)
    forward.forget_constants()


def _parameters(modules: Iterable[nn.Module]) -> Iterable[nn.Parameter]:
    return (parameter for module in modules for parameter in module.parameters())
