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

"""The maps that are compared: which there are, how they are called, and how to get them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re

from attention_mapper_ros.attention.infill import Infill
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.occlusion import occlusion
from attention_mapper_ros.attention.request import (
    AttentionRequest,
    Baseline,
    GRADIENT,
    METHODS,
    PICTURES,
)
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.faithfulness.sample import Sample, Score, Track, untracked
from attention_mapper_ros.policies.adapter import PolicyAdapter

OCCLUSION = 'occlusion'
_OPERATIONS = {'-': 'subtract', '/': 'divide'}
_NAME = re.compile(r'(?P<method>\w+)\s*(?:(?P<sign>[-/])\s*(?P<picture>\w+))?')


@dataclass(frozen=True)
class Explanation:
    """
    One way to a map, under the name that tables and figures call it.

    ``request`` is None for occlusion, which needs no attention at all.
    """

    name: str
    request: AttentionRequest | None

    @property
    def live(self) -> bool:
        """Whether the running policy node can draw it; occlusion is far too slow."""
        return self.request is not None

    def maps(
        self,
        adapter: PolicyAdapter,
        sample: Sample,
        score: Score,
        infill: Infill | None = None,
    ) -> AttentionMaps:
        """Return the map of one frame; ``infill`` is made for occlusion when none is given."""
        if self.request is not None:
            return adapter.infer(sample.observation, self.request).maps()
        predict = score.predict(adapter, sample.observation)
        images = sample.observation.images
        return occlusion(predict, images, adapter.layout, score.batch, infill)


def default_names(adapter: PolicyAdapter) -> tuple[str, ...]:
    """Return all that the policy can, each also without its mean picture, and occlusion."""
    each = [name for method in adapter.methods for name in (method, f'{method} - mean')]
    return (*each, OCCLUSION)


def explanation(name: str, adapter: PolicyAdapter, score: Score) -> Explanation:
    """
    Read ``raw``, ``rollout-mean`` (minus the mean picture), ``gradient/blank``, ``occlusion``.

    Raises ValueError, naming what there is, for a word that is unknown and for what the policy
    cannot do.
    """
    if name.strip() == OCCLUSION:
        return Explanation(OCCLUSION, None)
    words = _NAME.fullmatch(name.strip())
    method, picture = (words['method'], words['picture'] or 'none') if words else ('', 'none')
    if words is None or method not in METHODS or picture not in PICTURES:
        raise ValueError(
            f'method {name!r} is unknown: choose {", ".join(METHODS)} or {OCCLUSION}; the first '
            f'{len(METHODS)} also without a baseline, as in raw-mean, raw-blank or raw/mean'
        )
    request = AttentionRequest(
        method=method,
        selection=Selection(queries_executed=score.executed),
        baseline=Baseline(picture, _OPERATIONS[words['sign'] or '-']),
        target=score.target if method == GRADIENT else None,
    )
    adapter.check_request(request)
    without = '' if picture == 'none' else f' {words["sign"]} {picture}'
    return Explanation(method + without, request)


def maps_of(
    explanations: Sequence[Explanation],
    adapter: PolicyAdapter,
    samples: Sequence[Sample],
    score: Score,
    track: Track = untracked,
) -> list[Mapping[str, AttentionMaps]]:
    """Return, for every frame, the map of every explanation, by name."""
    infill = Infill.of_images(adapter.layout, samples[0].observation.images)
    return [
        {each.name: each.maps(adapter, sample, score, infill) for each in explanations}
        for sample in track(samples, 'maps')
    ]
