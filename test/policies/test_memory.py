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

"""What a policy keeps of memory when a forward runs out of it."""

import weakref

from act_checkpoints import make_act_checkpoint, random_observation
import pytest
import torch

from attention_mapper_ros.policies.registry import load_policy


def test_error_of_a_forward_without_memory_keeps_none_of_its_tensors(tmp_path):
    adapter = load_policy(make_act_checkpoint(tmp_path / 'policy'), 'cpu')
    observation = random_observation(adapter.spec)
    run, large = adapter._run, []

    def fail(inputs, request, on_actions):
        kept = torch.zeros(1000)
        large.append(weakref.ref(kept))
        raise torch.cuda.OutOfMemoryError('CUDA out of memory')

    adapter._run = fail
    with pytest.raises(torch.cuda.OutOfMemoryError) as raised:
        adapter.infer(observation, None)
    assert raised.value.__traceback__ is not None
    assert large[0]() is None
    adapter._run = run
    assert adapter.infer(observation, None).actions.shape == (8, 6)
    adapter.close()
