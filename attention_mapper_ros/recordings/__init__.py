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
Recordings in, analysed episodes out: LeRobot datasets and rosbags.

``analyze`` and what it takes and returns; imported when asked for, since they bring torch with
them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from attention_mapper_ros.recordings.analysis import analyze, Progress
    from attention_mapper_ros.recordings.attention_mapper import AttentionMapper
    from attention_mapper_ros.recordings.options import (
        AttentionOptions,
        BagOptions,
        OutputOptions,
    )
    from attention_mapper_ros.recordings.results import (
        AnalysisResult,
        EpisodeResult,
        read_results,
    )

__all__ = [
    'AnalysisResult',
    'AttentionMapper',
    'AttentionOptions',
    'BagOptions',
    'EpisodeResult',
    'OutputOptions',
    'Progress',
    'analyze',
    'read_results',
]

_HOMES = {
    'AnalysisResult': 'results',
    'AttentionMapper': 'attention_mapper',
    'AttentionOptions': 'options',
    'BagOptions': 'options',
    'EpisodeResult': 'results',
    'OutputOptions': 'options',
    'Progress': 'analysis',
    'analyze': 'analysis',
    'read_results': 'results',
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
