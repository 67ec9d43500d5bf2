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
`attention-mapper analyze`: recorded episodes in; videos, GIFs, pictures, tables and maps out.

Stopped, it keeps what is finished; the same command goes on from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
import sys
from typing import Any

from attention_mapper_ros.cli.analyze_options import analysis_options, parser, shard
from attention_mapper_ros.cli.analyze_progress import ProgressBar
from attention_mapper_ros.cli.refusals import status_of
from attention_mapper_ros.recordings.analyser import Outcome
from attention_mapper_ros.recordings.analysis import run
from attention_mapper_ros.recordings.results import read_results

EXTRAS = 'analysis'


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    return status_of(
        lambda: analyze(options),
        EXTRAS,
        lambda: f'finished episodes are in {options.output}, the same command goes on',
    )


def analyze(given: argparse.Namespace) -> None:
    """Do it all; raises ValueError for what cannot be, before anything slow begins."""
    options = analysis_options(given)
    with closing(ProgressBar()) as bar:
        outcomes = run(options, given.workers, given.ray, shard(given.shard), bar.show)
    say(outcomes, options.output)


def say(outcomes: Sequence[Outcome], output: Any) -> None:
    """Tell what was done, and what was not."""
    skipped = [outcome for outcome in outcomes if outcome.skipped]
    done = len(outcomes) - len(skipped)
    steps = sum(outcome.steps for outcome in outcomes)
    before = len(read_results(output).episodes) - done
    print(
        f'{done} {"episode" if done == 1 else "episodes"} analysed, {steps} steps'
        + (f'; {before} were there before' if before else '')
        + f': {output}'
    )
    for outcome in sorted(skipped, key=lambda outcome: outcome.number):
        print(f'skipped episode {outcome.number}: {outcome.skipped}', file=sys.stderr)
    if skipped:
        print(
            f'{len(skipped)} of {len(outcomes)} episodes were skipped (--strict makes that an '
            'error)',
            file=sys.stderr,
        )
