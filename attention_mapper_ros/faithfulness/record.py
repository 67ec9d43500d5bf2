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

"""Everything that the experiment found, as plain data for a JSON file: no number is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from attention_mapper_ros.faithfulness.experiment import Findings
from attention_mapper_ros.faithfulness.explanation import Explanation
from attention_mapper_ros.faithfulness.removal import Removal
from attention_mapper_ros.faithfulness.sample import Sample
from attention_mapper_ros.faithfulness.summary import Summary

FORMAT = 1  # raised when a reader of the file has to be changed


def record(
    findings: Findings,
    summary: Summary,
    explanations: Sequence[Explanation],
    samples: Sequence[Sample],
) -> dict[str, Any]:
    """Return the findings as dicts, lists, numbers and words; areas in units of the action."""
    return {
        'format': FORMAT,
        'sentence': summary.verdict.sentence,
        'summary': asdict(summary),
        'explanations': {
            each.name: str(each.request) if each.request else 'one cell blurred at a time'
            for each in explanations
        },
        'frames': [
            {
                'episode': sample.episode,
                'index': sample.index,
                'shares': {name: dict(maps.shares) for name, maps in of_frame.items()},
            }
            for sample, of_frame in zip(samples, findings.maps, strict=True)
        ],
        'removal': _removal(findings.removal),
        'randomisation': {
            'frames': list(findings.randomised),
            'rank_correlation': {  # (stage, frame)
                name: stages.tolist()
                for name, stages in findings.randomisation.correlation.items()
            },
        },
        'pointing': [
            {
                'explanation': each.explanation,
                'camera': each.camera,
                'frames': each.frames.tolist(),
                'in_cell': {name: hits.tolist() for name, hits in each.hits.items()},
                'within_one_cell': {name: near.tolist() for name, near in each.near.items()},
            }
            for each in findings.pointing
        ],
        'knock_out': {name: change.tolist() for name, change in findings.knock_out.change.items()},
    }


def _removal(removal: Removal) -> dict[str, Any]:
    orders = {}
    for name, curves in removal.curves.items():
        deletion, insertion = removal.areas(name)
        orders[name] = {
            'deletion_area': deletion.tolist(),  # (frame,)
            'insertion_area': insertion.tolist(),
            'score': removal.scores(name).tolist(),
            'deletion': [each.deletion.tolist() for each in curves],  # (frame, step)
            'insertion': [each.insertion.tolist() for each in curves],
        }
    return {
        'full_change': removal.full_change,
        'fractions': next(iter(removal.curves.values()))[0].fractions.tolist(),
        'orders': orders,
    }
