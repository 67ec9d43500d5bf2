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

"""Hooks that record, and that are always gone afterwards."""

import pytest
import torch
from torch import nn

from attention_mapper_ros.attention.capture import Capture, compiled_module


def attention() -> nn.MultiheadAttention:
    torch.manual_seed(0)
    return nn.MultiheadAttention(16, 4).eval()


def hook_count(module: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


def run(module: nn.MultiheadAttention) -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.randn(5, 1, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return module(tokens[:3], tokens, tokens)


def test_capture_records_what_the_module_returns():
    module = attention()
    with Capture() as capture:
        capture.record('cross', module, lambda output: output[1])
        _, weights = run(module)
    assert len(capture.records['cross']) == 1
    assert torch.equal(capture.records['cross'][0], weights)
    assert weights.shape == (1, 3, 5)


def test_weights_per_head_average_to_the_mean_and_change_no_output():
    module = attention()
    output, mean = run(module)
    with Capture() as capture:
        capture.ask_per_head(module)
        capture.record('cross', module, lambda output: output[1])
        output_captured, _ = run(module)
    (per_head,) = capture.records['cross']
    assert per_head.shape == (1, 4, 3, 5)
    torch.testing.assert_close(per_head.mean(dim=1), mean)
    assert torch.equal(output_captured, output)


def test_every_call_is_recorded_in_order():
    module = nn.Linear(1, 1)
    with Capture() as capture:
        capture.record('linear', module, torch.Tensor.item)
        outputs = [module(torch.tensor([value])).item() for value in (1.0, 2.0, 3.0)]
    assert capture.records['linear'] == outputs


def test_hooks_are_gone_after_the_block_and_after_an_exception():
    module = attention()
    with pytest.raises(ZeroDivisionError), Capture() as capture:
        capture.ask_per_head(module)
        capture.record('cross', module, lambda output: 1 / 0)
        assert hook_count(module) == 2
        run(module)
    assert hook_count(module) == 0
    capture.release()
    assert hook_count(module) == 0


def test_hooks_of_others_stay():
    module = attention()
    module.register_forward_hook(lambda *_: None)
    with Capture() as capture:
        capture.record('cross', module, lambda output: output[1])
    assert hook_count(module) == 1


def test_compiled_modules_are_found():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    assert compiled_module(model) is None
    model[1] = torch.compile(model[1])
    assert compiled_module(model) == '1'
    model[1] = nn.Linear(1, 1)
    model[0].compile()
    assert compiled_module(model) == '0'
    assert compiled_module(torch.compile(nn.Linear(1, 1))) == 'OptimizedModule'
