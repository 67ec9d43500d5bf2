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

"""One run in sections: shares, places, entropy, outcomes, tasks, chunk, episodes."""

from __future__ import annotations

from pathlib import Path

from attention_mapper_ros.reports.answers import answers
from attention_mapper_ros.reports.changes import changes
from attention_mapper_ros.reports.content import Chapter
from attention_mapper_ros.reports.failures import failures
from attention_mapper_ros.reports.looks import looks
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.sections import (
    entropy_section,
    episode_section,
    place_section,
    share_section,
)
from attention_mapper_ros.reports.set_sections import (
    chunk_section,
    outcome_section,
    task_section,
)
from attention_mapper_ros.reports.words import counted


def chapter(run: Run, key: str, page_folder: Path) -> Chapter:
    """
    Return everything about one run.

    ``key``: what begins the names of its pictures. ``page_folder``: where the page will lie, from
    which links go to the videos.
    """
    looked, changed, failed = looks(run), changes(run), failures(run)
    found = (
        share_section(run, key, looked, changed),
        place_section(run, key),
        entropy_section(run, key),
        outcome_section(run, key, failed),
        task_section(run, key),
        chunk_section(run, key),
        episode_section(run, key, page_folder),
    )
    return Chapter(
        title=run.label,
        facts=facts(run),
        answers=answers(run, looked, changed, failed),
        notes=notes(run),
        sections=tuple(section for section in found if section is not None),
    )


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """Return what was analysed, and how, in a few words each."""
    settings = run.result.settings
    policy = settings.get('policy', {})
    named = ' · '.join(
        str(policy[name]) for name in ('family', 'identity', 'path') if policy.get(name)
    )
    return tuple(
        (name, str(value))
        for name, value in (
            ('recording', settings.get('source')),
            ('policy', named),
            ('attention', settings.get('attention') or settings.get('method')),
            ('episodes', f'{len(run.episodes)}, {counted(run.steps, "step")} in all'),
            ('cameras', ', '.join(camera.name for camera in run.cameras)),
        )
        if value
    )


def notes(run: Run) -> tuple[str, ...]:
    """Return what a reader must know before trusting the numbers, in sentences."""
    found = []
    if run.unfinished:
        found.append(
            f'The analysis is not complete: {counted(run.unfinished, "episode")} had not been '
            'finished when this report was made, and nothing here counts them.'
        )
    if run.result.skipped:
        reasons = '; '.join(
            f'episode {number}: {reason}' for number, reason in sorted(run.result.skipped.items())
        )
        found.append(
            f'{counted(len(run.result.skipped), "episode")} could not be analysed and counts for '
            f'nothing here ({reasons}).'
        )
    if len(run.episodes) == 1:
        found.append(
            'There is one episode: what it shows may be its own, and no confidence interval can '
            'be given.'
        )
    elif len(run.episodes) == 2:
        found.append('There are two episodes: no confidence interval can be given.')
    return tuple(found)
