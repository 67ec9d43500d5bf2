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

"""The sections that every run has: shares, places, entropy, single episodes."""

from __future__ import annotations

from pathlib import Path

from attention_mapper_ros.reports.changes import Changes, WINDOW_PERCENT
from attention_mapper_ros.reports.comparison import enough, Unit
from attention_mapper_ros.reports.content import Picture, picture, Section
from attention_mapper_ros.reports.figures.courses import (
    entropy_courses,
    share_courses,
    SINGLE_LINES,
)
from attention_mapper_ros.reports.figures.episodes import MANY, share_episodes
from attention_mapper_ros.reports.figures.places import peaks_and_maps, quarters
from attention_mapper_ros.reports.looks import Looks
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.tables import change_table, episode_table, share_table
from attention_mapper_ros.reports.words import counted, group_words, listed, number


def share_section(run: Run, key: str, looked: Looks, changed: Changes | None) -> Section:
    """Return the mean course of the shares, and what of it is sure."""
    top = changed.greatest(Unit.SHARE)[:1] if changed else ()
    at = top[0].at if top else None
    cameras = [camera.name for camera in run.cameras]
    parts = [
        f'{number(share.mean, Unit.SHARE)} on {group_words(share.group, cameras)}'
        for share in looked.shares
    ]
    finding = f'On average {listed(parts)}.'
    lines = 'Thin lines are single episodes. ' if 1 < len(run.episodes) <= SINGLE_LINES else ''
    tables = [share_table(run, looked)]
    sentences = []
    if changed is not None:
        table = change_table(changed)
        if table.rows:
            tables.append(table)
        sentences.append(
            f'A change is looked for at every moment, between the {WINDOW_PERCENT} % of the '
            f'episode before it and the {WINDOW_PERCENT} % after it, and from the first '
            f'{WINDOW_PERCENT} % to the last.'
        )
    return Section(
        'What it looks at in the course of an episode',
        tuple(sentences),
        (
            picture(
                f'{key}shares_by_phase',
                share_courses(run, at),
                finding,
                f'Mean over {counted(len(run.episodes), "episode")}, laid over each other from '
                f'start (0 %) to end (100 %). {lines}{_band(run)}',
            ),
        ),
        tuple(tables),
    )


def place_section(run: Run, key: str) -> Section:
    """Return where in the pictures the attention lies."""
    pictures: list[Picture] = [
        picture(
            f'{key}places',
            peaks_and_maps(run),
            'Where the attention lies in each picture.',
            'Left the mean of all pictures; then in how many of the steps the peak lies in each '
            f'cell; then the mean map: multiples of what uniform {run.quantity} over all tokens '
            'would give. Means are flatter than single steps: the scale ends at 2, where that of '
            'the videos ends at 4. Cells are drawn around the pixel on '
            'which they are centred; what a cell sees is larger than it is drawn.',
        )
    ]
    by_quarter = quarters(run)
    if by_quarter is not None:
        pictures.append(
            picture(
                f'{key}places_by_quarter',
                by_quarter,
                'The same in each quarter of the episode.',
                'Mean maps on the mean picture; the colours are those of the figure above.',
            )
        )
    sentences = () if by_quarter else ('No maps were kept in this analysis, only their peaks.',)
    return Section('Where in the pictures', sentences, tuple(pictures))


def entropy_section(run: Run, key: str) -> Section:
    """Return how spread out the attention is."""
    mean = sum(float(each.entropy[:, 0].mean()) for each in run.episodes) / len(run.episodes)
    return Section(
        'How spread out it is',
        (),
        (
            picture(
                f'{key}entropy_by_phase',
                entropy_courses(run),
                f'The entropy over all tokens is {mean:.2f} on average.',
                '0 is all on one token, 1 is everywhere alike. Cells of a camera: over that '
                f"camera's own cells alone. {_band(run)}",
            ),
        ),
    )


def episode_section(run: Run, key: str, page_folder: Path) -> Section:
    """Return every episode for itself."""
    many = len(run.episodes) > MANY
    reading = (
        'One line per episode from its start to its end; one panel per token group.'
        if many
        else 'One panel per episode, all of one time scale; the groups lie on top of each other.'
    )
    return Section(
        'Every episode',
        (),
        (
            picture(
                f'{key}shares_by_episode',
                share_episodes(run),
                f'The shares of {counted(len(run.episodes), "episode")} over time.',
                reading,
            ),
        ),
        (episode_table(run, page_folder),),
        folded=many,
    )


def _band(run: Run) -> str:
    if enough(len(run.episodes)):
        return 'Bands hold the whole mean curve of a line at 95 %.'
    return 'There are too few episodes for bands.'
