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
The policy node in a process of its own, whose model can be told on standard input to fail.

A line in is what the next forwards do: ``well``; ``long``, computing without an end until told
otherwise; ``raise`` or ``out of memory``. The node, its threads and its signals are the real ones.
"""

import sys
import threading

import torch

from attention_mapper_ros.nodes import act_policy
from attention_mapper_ros.policies.registry import load_policy

ERRORS = {
    'raise': RuntimeError('the model is broken'),
    'out of memory': torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB'),
}


class BreakablePolicy:
    """A policy adapter that runs another one's forwards, or fails to."""

    orders = 'well'

    def __init__(self, adapter):
        self._adapter = adapter

    def __getattr__(self, name):
        return getattr(self._adapter, name)

    def infer(self, observation, request, on_actions=None):
        while BreakablePolicy.orders == 'long':
            self._adapter.infer(observation, None)
        if BreakablePolicy.orders in ERRORS:
            raise ERRORS[BreakablePolicy.orders]
        return self._adapter.infer(observation, request, on_actions)


def follow_orders():
    for line in sys.stdin:
        BreakablePolicy.orders = line.strip()


def main():
    act_policy.load_policy = lambda *options: BreakablePolicy(load_policy(*options))
    threading.Thread(target=follow_orders, daemon=True).start()
    return act_policy.main(sys.argv)


if __name__ == '__main__':
    sys.exit(main())
