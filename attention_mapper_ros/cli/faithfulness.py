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
`attention-mapper faithfulness`: the test that tells which attention method is right.

Runs every method on frames of a dataset or of the simulated arm, disturbs the policy in ways whose
effect a true map would foretell, and writes tables, faithfulness.json and faithfulness.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import time
from typing import Any

from attention_mapper_ros.cli.faithfulness_frames import Frames, frames
from attention_mapper_ros.cli.faithfulness_options import checked, parser, target_number
from attention_mapper_ros.cli.faithfulness_picture import picture
from attention_mapper_ros.cli.faithfulness_table import tables
from attention_mapper_ros.cli.installed_files import SHIPPED_POLICY
from attention_mapper_ros.cli.progress import track
from attention_mapper_ros.cli.refusals import status_of
from attention_mapper_ros.cli.written_files import written_together
from attention_mapper_ros.faithfulness.experiment import experiment, Settings
from attention_mapper_ros.faithfulness.explanation import (
    default_names,
    Explanation,
    explanation,
)
from attention_mapper_ros.faithfulness.record import record
from attention_mapper_ros.faithfulness.sample import Score
from attention_mapper_ros.faithfulness.summary import summarise
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.versions import versions
from attention_mapper_ros.rendering.faithfulness_figure import write_figure

JSON, PNG = 'faithfulness.json', 'faithfulness.png'
EXTRAS = 'live,sim'
_VERSIONS = ('attention_mapper_ros', 'lerobot', 'matplotlib', 'mujoco', 'numpy', 'torch')


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    return status_of(
        lambda: run(checked(options)), EXTRAS, lambda: f'nothing was written to {options.output}'
    )


def run(options: argparse.Namespace) -> None:
    """Do it all; raises ValueError for what cannot be, before anything slow begins."""
    began = time.monotonic()
    source = frames(options)
    adapter = load_policy(options.policy, options.device, options.precision)
    try:
        settings = experiment_settings(options, source, adapter)
        explanations = chosen_explanations(options, adapter, settings.score)
        samples = source.read(adapter)
        findings = experiment(adapter, explanations, samples, settings, track)
        candidates = [each.name for each in explanations if each.live]
        episodes = [sample.episode for sample in samples]
        summary = summarise(findings, candidates, episodes, options.seed)
        written: dict[str, Any] = {
            'command': described(options, settings, source, adapter),
            'took_s': round(time.monotonic() - began, 1),
            **record(findings, summary, explanations, samples),
        }
        subtitle = (
            f'{source.what}: {len(samples)} frames of {len(set(episodes))} episodes; '
            f'{adapter.spec.family} policy {adapter.spec.identity}, the first '
            f'{settings.score.executed} actions of a chunk'
            + ('' if options.target is None else f', {options.target} alone')
        )
        drawn = picture(summary, findings.removal, candidates, source.unit, subtitle)
    finally:
        adapter.close()
    with written_together(options.output) as folder:
        text = json.dumps(written, indent=1, allow_nan=False) + '\n'
        (folder / JSON).write_text(text, encoding='utf-8')
        write_figure(drawn, folder / PNG)
    print(tables(summary, source.unit))
    print(f'\n{options.output / JSON} and {options.output / PNG} written.\n')
    print(summary.verdict.sentence)


def experiment_settings(
    options: argparse.Namespace, source: Frames, adapter: PolicyAdapter
) -> Settings:
    """Return what the options ask of this policy. Raises ValueError naming the valid range."""
    spec = adapter.spec
    executed = spec.action_steps if options.executed is None else options.executed
    if not 1 <= executed <= spec.chunk_size:
        raise ValueError(
            f'--executed is {executed}, a chunk of this policy has {spec.chunk_size} actions: '
            f'choose 1 to {spec.chunk_size}'
        )
    cells = sum(camera.stop - camera.start for camera in adapter.layout.cameras)
    if not cells:
        raise ValueError('this policy has no cameras: there are no maps to compare')
    if options.steps > cells:
        raise ValueError(
            f'--steps is {options.steps}, the cameras have {cells} cells together: choose 1 to '
            f'{cells}'
        )
    target = target_number(options.target, source.action_names, spec.action_size)
    return Settings(
        score=Score(executed, target, options.batch),
        steps=options.steps,
        seed=options.seed,
        randomised_frames=options.randomised_frames,
        classes=source.classes,
    )


def chosen_explanations(
    options: argparse.Namespace, adapter: PolicyAdapter, score: Score
) -> list[Explanation]:
    """Return what is compared, each once. Raises ValueError for what the policy cannot do."""
    names = options.methods.split(',') if options.methods else default_names(adapter)
    each = [explanation(name, adapter, score) for name in names]
    if not any(one.live for one in each):
        raise ValueError(
            f'--methods {options.methods} has nothing that can be drawn live: add one of '
            f'{", ".join(adapter.methods)}'
        )
    return list({one.name: one for one in each}.values())


def described(
    options: argparse.Namespace, settings: Settings, source: Frames, adapter: PolicyAdapter
) -> dict[str, Any]:
    """Return what somebody needs who wants the same numbers again."""
    spec = adapter.spec
    shipped = Path(options.policy).resolve() == SHIPPED_POLICY
    return {
        'policy': 'the shipped one' if shipped else options.policy,
        'identity': spec.identity,
        'family': spec.family,
        'frames_of': source.what,
        'frames': options.frames,
        'episodes': options.episodes,
        'executed': settings.score.executed,
        'target': settings.score.target,
        'action_names': list(source.action_names),
        'unit': source.unit,
        'steps': settings.steps,
        'seed': settings.seed,
        'randomised_frames': settings.randomised_frames,
        'classes': list(settings.classes),
        'weight_stages': list(adapter.weight_stages),
        'device': options.device,
        'precision': options.precision,
        'versions': versions(_VERSIONS),
    }
