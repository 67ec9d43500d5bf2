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
`attention-mapper heads`: what every head of every layer looks at, on one frame.

Writes a picture with a tile per head and prints their numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.heads import head_statistics, HeadStatistics
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.attention.selection import parse_pick, Selection
from attention_mapper_ros.cli.heads_frame import Source, source
from attention_mapper_ros.cli.heads_options import checked, parser
from attention_mapper_ros.cli.heads_table import EXPLANATION, sentences, table
from attention_mapper_ros.cli.refusals import status_of
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.rendering.head_grid import CameraFrame, HeadGridAnnotator
from attention_mapper_ros.rendering.palette import short_name

EXTRAS = 'live,sim'


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    return status_of(lambda: run(checked(options)), EXTRAS)


def run(options: argparse.Namespace) -> None:
    """Do it all; raises ValueError for what cannot be."""
    query = parse_pick(options.query, '--query')
    frame = source(options)
    adapter = load_policy(options.policy, options.device)
    try:
        selection = Selection(queries=query, queries_executed=adapter.spec.action_steps)
        request = AttentionRequest(selection=selection, head_weights=True)
        adapter.check_request(request)
        observation = frame.read(adapter)
        inference = adapter.infer(observation, request)
    finally:
        adapter.close()
    if inference.head_weights is None:
        raise ValueError(f'policies of type {adapter.spec.family} give no weights of heads')
    heads = head_statistics(inference.head_weights, inference.layout)
    title = f'{frame.what} · cross-attention: {selection.queries_in_words()}'
    write_picture(
        options.output, drawn(observation, inference.head_weights, inference.layout, title)
    )
    if options.json is not None:
        write_json(options.json, described(frame, adapter, selection, heads))
    layout = inference.layout
    print(f'{table(heads, layout)}\n\n{EXPLANATION}\n\n{sentences(heads, layout)}')
    print(
        f'\n{" and ".join(str(path) for path in (options.output, options.json) if path)} written'
    )


def drawn(
    observation: Observation,
    head_weights: Mapping[str, NDArray[np.float32]],
    layout: TokenLayout,
    title: str,
) -> NDArray[np.uint8]:
    """Draw the grid, (row, col, RGB)."""
    frames = [
        CameraFrame(
            feature=camera.feature,
            name=short_name(camera.feature),
            picture=observation.images[camera.feature],
            geometry=camera.geometry,
        )
        for camera in layout.cameras
    ]
    return HeadGridAnnotator().annotate(frames, head_weights, layout, title)


def described(
    frame: Source, adapter: PolicyAdapter, selection: Selection, heads: Sequence[HeadStatistics]
) -> dict[str, object]:
    return {
        'frame': frame.what,
        'family': adapter.spec.family,
        'identity': adapter.spec.identity,
        'queries': selection.queries_in_words(),
        'heads': [asdict(head) for head in heads],
    }


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    done, encoded = cv2.imencode(path.suffix.lower(), picture[:, :, ::-1])
    if not done:
        raise RuntimeError(f'OpenCV cannot encode {path.suffix}; let --output end in .png')
    path.write_bytes(encoded.tobytes())


def write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + '\n', encoding='utf-8')
