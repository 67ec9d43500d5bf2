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
Replay ACT's forward as one CUDA graph.

A tick of a small model spends much of its time on launching some five hundred kernels. A graph
launches them all at once. It is bound to one shape of inputs and one request, so the few that
are in use are kept. https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import logging
from typing import TypeAlias

import torch

from attention_mapper_ros.attention.request import AttentionRequest, GRADIENT
from attention_mapper_ros.policies.act_attention import ActOutcome, run
from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.act_input import ActInput

# What PyTorch's notes recommend before a capture: libraries choose their kernels in these.
_WARM_UP_RUNS = 3
# Somebody may turn all knobs for days; a graph holds all temporaries of its forward.
_GRAPHS_KEPT = 4

_Key: TypeAlias = tuple[tuple[torch.Size, ...], AttentionRequest | None]


@dataclass(frozen=True)
class _Graph:
    """A captured forward with the inputs that it reads and the outcome that it writes."""

    graph: torch.cuda.CUDAGraph
    inputs: ActInput
    outcome: ActOutcome


class GraphedRun:
    """
    ``act_attention.run`` on CUDA, replayed where that works.

    The tensors of an outcome are overwritten by the next call. The method ``gradient``, whose
    graph of derivatives is built anew each time, runs as it is, and so does everything after a
    capture has failed, which is logged once. Owned by one thread.
    """

    def __init__(self, forward: ActForward) -> None:
        """Take a forward whose weights no longer change."""
        self._forward = forward
        self._graphs: dict[_Key, _Graph] = {}
        self._works = True

    def __call__(
        self,
        inputs: ActInput,
        request: AttentionRequest | None,
        on_actions: Callable[[torch.Tensor], None] | None = None,
    ) -> ActOutcome:
        """Run the model and the requested method; see ``act_attention.run``."""
        if not self._works or (request is not None and request.method == GRADIENT):
            return run(self._forward, inputs, request, on_actions)
        key = tuple(each.shape for each in _tensors(inputs)), request
        if key not in self._graphs and not self._capture(key, inputs):
            return run(self._forward, inputs, request, on_actions)
        graph = self._graphs[key]
        for target, source in zip(_tensors(graph.inputs), _tensors(inputs), strict=True):
            target.copy_(source, non_blocking=True)
        graph.graph.replay()
        if on_actions is not None:
            on_actions(graph.outcome.actions)
        return graph.outcome

    def _capture(self, key: _Key, inputs: ActInput) -> bool:
        if len(self._graphs) >= _GRAPHS_KEPT:
            self._graphs.pop(next(iter(self._graphs)))
        fixed = ActInput(
            tuple(image.clone() for image in inputs.images),
            inputs.state.clone(),
            None if inputs.environment is None else inputs.environment.clone(),
        )
        stream = torch.cuda.Stream(inputs.state.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(inputs.state.device))
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_RUNS):
                run(self._forward, fixed, key[1])
        torch.cuda.current_stream(inputs.state.device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                outcome = run(self._forward, fixed, key[1])
        except RuntimeError as error:
            self._works = False
            logging.getLogger(__name__).warning(
                'the forward could not be captured as a CUDA graph and runs kernel by kernel, '
                'which is slower: %s',
                error,
            )
            return False
        self._graphs[key] = _Graph(graph, fixed, outcome)
        return True


def _tensors(inputs: ActInput) -> tuple[torch.Tensor, ...]:
    rest = () if inputs.environment is None else (inputs.environment,)
    return (*inputs.images, inputs.state, *rest)
