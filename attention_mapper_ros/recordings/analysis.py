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
Recorded episodes in; for each its overlays, numbers and maps out.

Finished episodes are kept, whatever happens to the next one, and not done again: an analysis that
was interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from attention_mapper_ros.recordings.analyser import EpisodeAnalyser, Outcome
from attention_mapper_ros.recordings.crews import Crew, InProcess, OnRay, Workers
from attention_mapper_ros.recordings.options import (
    AnalysisOptions,
    AttentionOptions,
    BagOptions,
    OutputOptions,
)
from attention_mapper_ros.recordings.recording import Episode
from attention_mapper_ros.recordings.results import (
    AnalysisResult,
    EPISODE,
    read_results,
    read_settings,
    SETTINGS,
    write_json,
)

# What another run may do otherwise and still go on in the same folder.
_FREE_SETTINGS = ('versions', 'format')


@dataclass(frozen=True)
class Progress:
    """
    How far an analysis is.

    ``steps`` and ``episodes`` are done in this run, of ``total_steps`` and ``total_episodes`` that
    were to do; ``total_steps`` is an estimate for bags, and None where nothing is known.
    ``skipped``: how many of the episodes were.
    """

    steps: int
    total_steps: int | None
    episodes: int
    total_episodes: int
    skipped: int


def analyze(
    source: str | Path,
    policy: str | Path,
    output: str | Path,
    *,
    episodes: Sequence[int] | None = None,
    device: str = 'auto',
    precision: str = 'float32',
    batch: int = 8,
    threads: int = 0,
    attention: AttentionOptions | None = None,
    outputs: OutputOptions | None = None,
    bag: BagOptions | None = None,
    strict: bool = False,
    workers: int = 1,
    ray: str | None = None,
    shard: tuple[int, int] = (0, 1),
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> AnalysisResult:
    """
    Analyse episodes of a dataset or a bag, and return what is in ``output`` afterwards.

    ``source``, ``policy`` and the options that are named after them are those of
    ``AnalysisOptions``. ``workers``: processes on this machine; ``ray``: the address of a Ray
    cluster, ``local`` for one of this machine's own, whose machines must all see source and
    output. ``shard`` (i, n) takes every n-th episode from the i-th on, counted from 0. Raises
    ValueError for what cannot be done, before anything is written where that can be known; OSError
    where nothing can be written; EpisodeError with ``strict``.
    """
    options = AnalysisOptions(
        source=str(source),
        policy=str(policy),
        output=Path(output),
        episodes=None if episodes is None else tuple(episodes),
        device=device,
        precision=precision,
        batch=batch,
        threads=threads,
        attention=attention or AttentionOptions(),
        outputs=outputs or OutputOptions(),
        bag=bag or BagOptions(),
        strict=strict,
    )
    run(options, workers, ray, shard, on_progress)
    return read_results(options.output)


def run(
    options: AnalysisOptions,
    workers: int,
    ray: str | None,
    shard: tuple[int, int],
    on_progress: Callable[[Progress], None],
) -> list[Outcome]:
    """Analyse what is not yet analysed and return how each of these episodes ended."""
    _check_crew(workers, ray, shard)
    with closing(EpisodeAnalyser(options)) as analyser:
        chosen = analyser.recording.episodes(options.episodes)
        if not chosen:
            raise ValueError(f'{analyser.recording.source} has no episodes')
        todo = [
            episode
            for episode in chosen[shard[0] :: shard[1]]
            if not (options.output / episode.name / EPISODE).is_file()
        ]
        analyser.check_bags(todo)
        _settle(options.output, analyser.settings())
        if workers == 1 and ray is None:
            return _follow(InProcess(analyser), todo, on_progress)
    # Each of the others loads a policy of its own.
    crew = Workers(options, workers) if ray is None else OnRay(options, ray, workers)
    return _follow(crew, todo, on_progress)


def _follow(
    crew: Crew, todo: Sequence[Episode], on_progress: Callable[[Progress], None]
) -> list[Outcome]:
    lengths = [episode.estimate if episode.length is None else episode.length for episode in todo]
    total = None if None in lengths else sum(length or 0 for length in lengths)
    progress = Progress(0, total, 0, len(todo), 0)
    on_progress(progress)
    outcomes: list[Outcome] = []

    def on_steps(steps: int) -> None:
        nonlocal progress
        progress = replace(progress, steps=steps)
        on_progress(progress)

    with closing(crew):
        for outcome in crew.run(todo, on_steps):
            outcomes.append(outcome)
            skipped = sum(bool(each.skipped) for each in outcomes)
            progress = replace(progress, episodes=len(outcomes), skipped=skipped)
            on_progress(progress)
    return outcomes


def _settle(output: Path, settings: dict[str, Any]) -> None:
    """Begin a folder, or make sure that the one which is there was made in the same way."""
    before = read_settings(output)
    if before is None:
        output.mkdir(parents=True, exist_ok=True)
        write_json(output / SETTINGS, settings)
        return
    for name, now in settings.items():
        if name not in _FREE_SETTINGS and before.get(name) != now:
            raise ValueError(
                f'{output} holds an analysis with {name} {before.get(name)!r}, not {now!r}: name '
                'another --output, or remove that one'
            )


def _check_crew(workers: int, ray: str | None, shard: tuple[int, int]) -> None:
    if workers < 1:
        raise ValueError(f'workers is {workers}: choose 1 or more')
    index, count = shard
    if not 0 <= index < count:
        raise ValueError(
            f'shard {index} of {count} is not there: count the parts from 0 to {count - 1}'
        )
