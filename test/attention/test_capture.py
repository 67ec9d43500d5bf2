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

"""What is kept of one forward's attention, and what need not be computed."""

import pytest
import torch
from torch import nn

from attention_mapper_ros.attention.capture import Capture, compiled_module
from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF, Place

FIRST, LAST = Place(ENCODER_SELF, 0), Place(DECODER_CROSS, 1)


def weights(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 4, 6, 5, generator=generator).softmax(dim=-1)


def whole(made: torch.Tensor) -> torch.Tensor:
    return made


def test_only_what_somebody_wants_has_to_be_computed():
    capture = Capture({LAST: whole}, {Place(DECODER_CROSS, 0): whole})
    assert capture.wants(LAST)
    assert capture.wants(Place(DECODER_CROSS, 0))
    assert not capture.wants(FIRST)
    assert not Capture({}).wants(LAST)


def test_weights_are_cut_when_they_come():
    capture = Capture({FIRST: lambda made: made[:, 2:3], LAST: lambda made: made.mean(1, True)})
    first, last = weights(1), weights(2)
    capture.put(FIRST, first)
    capture.put(LAST, last)
    records = capture.records()
    assert torch.equal(records[FIRST], first[:, 2:3])
    assert torch.equal(records[LAST], last.mean(dim=1, keepdim=True))


def test_each_who_wants_something_of_a_place_gets_their_own():
    capture = Capture({LAST: lambda made: made[:, :1]}, {FIRST: whole, LAST: whole})
    first, last = weights(1), weights(2)
    capture.put(LAST, last)
    capture.put(FIRST, first)
    assert torch.equal(capture.records(0)[LAST], last[:, :1])
    assert list(capture.records(0)) == [LAST]
    assert torch.equal(capture.records(1)[LAST], last)
    assert torch.equal(capture.records(1)[FIRST], first)


def test_blocks_of_queries_are_joined_in_order():
    capture = Capture({FIRST: lambda made: made[:, 1:3]})
    made = weights()
    for block in made.split(4, dim=2):
        capture.put(FIRST, block)
    assert torch.equal(capture.records()[FIRST], made[:, 1:3])


def test_weights_that_nobody_wants_are_not_kept():
    capture = Capture({FIRST: whole})
    capture.put(FIRST, weights())
    capture.put(LAST, weights())
    assert list(capture.records()) == [FIRST]


def test_a_place_that_the_forward_passed_by_is_an_error():
    capture = Capture({FIRST: whole, LAST: whole}, {FIRST: whole})
    capture.put(FIRST, weights())
    with pytest.raises(RuntimeError, match="decoder_cross', layer=1"):
        capture.records(0)
    assert list(capture.records(1)) == [FIRST]


def test_compiled_modules_are_found():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    assert compiled_module(model) is None
    model[1] = torch.compile(model[1])
    assert compiled_module(model) == '1'
    model[1] = nn.Linear(1, 1)
    model[0].compile()
    assert compiled_module(model) == '0'
    assert compiled_module(torch.compile(nn.Linear(1, 1))) == 'OptimizedModule'
