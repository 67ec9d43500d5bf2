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

"""From analysed folders to a page: read, compared, drawn, written."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
import platform

from attention_mapper_ros.reports.chapter import chapter
from attention_mapper_ros.reports.content import Page
from attention_mapper_ros.reports.episode import PARTS
from attention_mapper_ros.reports.phase import BINS
from attention_mapper_ros.reports.run import labels, load_run, Run, Track
from attention_mapper_ros.reports.run_against_run import against
from attention_mapper_ros.reports.words import listed

_VERSIONS = ('attention_mapper_ros', 'numpy', 'matplotlib', 'pandas')


def report(
    folders: Sequence[Path],
    page_folder: Path,
    title: str | None = None,
    track: Track = lambda results, _: results,
) -> Page:
    """
    Read analysed folders and make the page about them.

    One folder is told of by itself; of several, each also against the first. ``page_folder``:
    where the page will lie, from which links go to the videos. Raises ValueError, naming the file
    and the remedy, for what cannot be read or compared.
    """
    if not folders:
        raise ValueError('no folder is named: name one that "attention-mapper analyze" wrote')
    runs = [
        load_run(folder, label, track)
        for folder, label in zip(folders, labels(folders), strict=True)
    ]
    several = len(runs) > 1
    chapters = [
        against(runs[0], other, f'{place}_against_1_')
        for place, other in enumerate(runs[1:], start=2)
    ]
    chapters += [
        chapter(run, f'{place}_' if several else '', page_folder)
        for place, run in enumerate(runs, start=1)
    ]
    return Page(
        title=title or f'What the policy looks at: {_names(runs)}',
        chapters=tuple(chapters),
        method=_method(runs),
        versions=_versions(runs),
    )


def _names(runs: Sequence[Run]) -> str:
    """Return what the page is about: one recording, or several runs."""
    if len(runs) == 1:
        return Path(str(runs[0].result.settings.get('source', runs[0].label))).name
    return listed([run.label for run in runs])


def _method(runs: Sequence[Run]) -> tuple[str, ...]:
    kinds = ' and '.join(dict.fromkeys(run.quantity for run in runs))
    return (
        f'Shares are parts of all {kinds} over tokens, and sum to 1. On maps 1 is what uniform '
        f'{kinds} over all tokens would give each.',
        'The unit is the episode: each counts the same, however long, and intervals are over '
        'episodes, not over steps, because the steps of one episode resemble each other.',
        "Intervals are Welch's t intervals with Šidák's critical value for their family, so "
        'that all intervals of one table, one figure of differences, or one question above hold '
        'together at 95 %. Episode means are taken for near normal; with fewer than about ten '
        'episodes of one kind and uneven values the intervals are somewhat too narrow.',
        f'The phase of an episode runs from 0 % at its start to 100 % at its end, in {BINS} '
        f'parts; maps are drawn for {PARTS} parts. A change is named where its interval, among '
        'those of all moments and all groups, leaves out 0.',
        'What a policy attends to is not by itself what it acts on: "attention-mapper '
        'faithfulness" tells how far this method can be trusted for a policy.',
    )


def _versions(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    found = [('python', platform.python_version())]
    found += [(name, _version(name)) for name in _VERSIONS]
    for run in runs:
        analysed = run.result.settings.get('versions', {})
        text = ', '.join(f'{name} {number}' for name, number in analysed.items())
        if text:
            found.append((f'{run.label} was analysed with', text))
    return tuple(found)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return 'not installed'
