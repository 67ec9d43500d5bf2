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
One episode through a policy: read ahead, run in batches, drawn and written as they come.

Three threads: one reads and decodes, the caller's runs the model, one draws and writes. Each is
at most two batches ahead of the next, so memory does not grow with the episode. The model stays on
the caller's thread, which has loaded it: PyTorch's OpenMP keeps threads for every thread that has
run a model, and once there are more of them than processors each forward of a small policy takes a
fifth longer (libgomp/config/linux/wait.h).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, ExitStack
from dataclasses import dataclass
from pathlib import Path
import time

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.adapter import Inference, PolicyAdapter
from attention_mapper_ros.recordings.aside import Aside
from attention_mapper_ros.recordings.episode_writer import EpisodeWriter, WriterSettings
from attention_mapper_ros.recordings.read_ahead import batches, read_ahead
from attention_mapper_ros.recordings.recording import Episode, EpisodeError, Recording, Step
from attention_mapper_ros.recordings.records import EpisodeSummary

_BATCHES_AHEAD = 2


@dataclass(frozen=True)
class AnalysedStep:
    """A step with its forward; ``latency_s`` is its part of the batch's."""

    step: Step
    inference: Inference
    latency_s: float


def analyse_episode(
    recording: Recording,
    adapter: PolicyAdapter,
    episode: Episode,
    batch: int,
    folder: Path,
    settings: WriterSettings,
    on_step: Callable[[], None],
) -> EpisodeSummary:
    """
    Analyse an episode into an empty folder and return its summary.

    ``on_step`` is called after each step that was run and handed on to be written. Raises
    EpisodeError for an episode that cannot be read to its end, or on which the policy cannot run,
    and OSError where it cannot be written.
    """
    began = time.monotonic()
    steps = recording.steps(episode, adapter.spec)
    read = read_ahead(batches(steps, batch), _BATCHES_AHEAD, 'reading')
    with ExitStack() as stack:
        stack.enter_context(closing(read))
        writer = stack.enter_context(EpisodeWriter(recording, adapter, episode, folder, settings))
        writing = Aside(_BATCHES_AHEAD * batch, 'writing')
        stack.callback(writing.abort)
        for analysed in forwards(adapter, read, settings.shown.request, episode):
            writing.call(writer.write, analysed.step, analysed.inference, analysed.latency_s)
            on_step()
        writing.close()
        if not writer.steps:
            raise EpisodeError(f'episode {episode.number} of {recording.source} has no steps')
    return writer.finish(time.monotonic() - began)


def forwards(
    adapter: PolicyAdapter,
    read: Iterable[list[Step]],
    request: AttentionRequest,
    episode: Episode,
) -> Iterator[AnalysedStep]:
    """
    Run the batches of an episode and yield its steps in order.

    Raises EpisodeError, naming the steps, for observations that the policy cannot run on.
    """
    for steps in read:
        try:
            inferences = adapter.infer_batch([step.observation for step in steps], request)
        except ValueError as error:
            raise EpisodeError(
                f'episode {episode.number}, steps {steps[0].index} to {steps[-1].index}: {error}'
            ) from error
        for step, inference in zip(steps, inferences, strict=True):
            yield AnalysedStep(step, inference, inference.forward_s / len(steps))
