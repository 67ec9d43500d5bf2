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
Who analyses the episodes: this process, several on this machine, or a Ray cluster.

All of them run the same ``EpisodeAnalyser``; each episode is one piece of work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import replace
import multiprocessing
import os
import signal
from typing import Any, Protocol

from attention_mapper_ros.recordings.analyser import EpisodeAnalyser, Outcome
from attention_mapper_ros.recordings.options import AnalysisOptions
from attention_mapper_ros.recordings.recording import Episode

LOCAL = 'local'
_LOOK_S = 0.5  # how often others are asked how far they are

OnSteps = Callable[[int], None]
"""Gets the number of steps that are done by now."""


class Crew(Protocol):
    """Analyses episodes; ``close`` ends whatever it has started."""

    def run(self, episodes: Sequence[Episode], on_steps: OnSteps) -> Iterator[Outcome]:
        """Yield how each episode ended. Raises what an ``EpisodeAnalyser`` raises."""

    def close(self) -> None:
        """End processes; what they had not finished is left undone."""


class InProcess:
    """This process, one episode after the other."""

    def __init__(self, analyser: EpisodeAnalyser) -> None:
        self._analyser = analyser
        self._steps = 0

    def run(self, episodes: Sequence[Episode], on_steps: OnSteps) -> Iterator[Outcome]:
        def count() -> None:
            self._steps += 1
            on_steps(self._steps)

        for episode in episodes:
            yield self._analyser.run(episode, count)

    def close(self) -> None:
        """Leave the analyser to whom it belongs."""


class Workers:
    """Processes on this machine, which share its processors evenly."""

    def __init__(self, options: AnalysisOptions, count: int) -> None:
        threads = options.threads or max(1, (os.cpu_count() or 1) // count)
        context = multiprocessing.get_context('spawn')  # a fork of torch's threads would hang
        self._steps: Any = context.Value('q', 0)
        self._done = False
        self._pool = ProcessPoolExecutor(
            count, context, _begin_worker, (replace(options, threads=threads), self._steps)
        )

    def run(self, episodes: Sequence[Episode], on_steps: OnSteps) -> Iterator[Outcome]:
        waiting = {self._pool.submit(_run_in_worker, episode) for episode in episodes}
        while waiting:
            done, waiting = wait(waiting, _LOOK_S, FIRST_COMPLETED)
            on_steps(self._steps.value)
            for future in done:
                yield future.result()
        self._done = True

    def close(self) -> None:
        # Private; Python has no other way before 3.14's kill_workers().
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=self._done, cancel_futures=True)
        for process in () if self._done else processes:
            process.terminate()
            process.join()


class OnRay:
    """
    Actors on a Ray cluster (Moritz et al., "Ray", OSDI 2018), which schedules them.

    ``address``: that of a cluster, ``auto`` for the one of this machine, or ``local`` for a new
    one that ends with this object. One processor per actor, and a GPU where the device is one.
    """

    def __init__(self, options: AnalysisOptions, address: str, count: int) -> None:
        try:
            import ray
        except ImportError as error:
            raise ValueError(
                f'Ray cannot be imported ({error}): pip install "attention_mapper_ros[ray]", or '
                'use --workers on this machine'
            ) from error
        self._ray = ray
        # Nobody who analyses a robot's recordings has agreed to tell Ray's makers of it.
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        # A cluster of our own is this machine's alone.
        where: dict[str, Any] = (
            {'num_cpus': count, '_node_ip_address': '127.0.0.1'}
            if address == LOCAL
            else {'address': address}
        )
        ray.init(include_dashboard=False, log_to_driver=False, **where)
        gpus = 1 if options.device.startswith('cuda') else 0
        actor = ray.remote(num_cpus=1, num_gpus=gpus)(_RayAnalyser)
        self._actors = [actor.remote(options) for _ in range(count)]

    def run(self, episodes: Sequence[Episode], on_steps: OnSteps) -> Iterator[Outcome]:
        from ray.util import ActorPool

        steps = 0
        pool = ActorPool(self._actors)
        try:
            for outcome in pool.map_unordered(
                lambda actor, episode: actor.run.remote(episode), list(episodes)
            ):
                steps += outcome.steps
                on_steps(steps)
                yield outcome
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error

    def close(self) -> None:
        self._ray.shutdown()


class _RayAnalyser:
    """What each actor does; Ray makes it where the actor runs."""

    def __init__(self, options: AnalysisOptions) -> None:
        self._analyser = EpisodeAnalyser(options)

    def run(self, episode: Episode) -> Outcome:
        return self._analyser.run(episode)


_worker: tuple[EpisodeAnalyser, Any] | None = None
"""Of a worker process: what its initializer made, which no argument can carry."""


def _begin_worker(options: AnalysisOptions, steps: Any) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    _worker = EpisodeAnalyser(options), steps


def _run_in_worker(episode: Episode) -> Outcome:
    assert _worker is not None  # the initializer has run
    analyser, steps = _worker

    def count() -> None:
        with steps.get_lock():
            steps.value += 1

    return analyser.run(episode, count)
