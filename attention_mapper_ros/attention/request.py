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

"""What is asked of a policy's attention: the method, the selection, the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from attention_mapper_ros.attention.places import DECODER_CROSS
from attention_mapper_ros.attention.selection import Selection

RAW, ROLLOUT, GRADIENT = 'raw', 'rollout', 'gradient'
METHODS = (RAW, ROLLOUT, GRADIENT)
PICTURES = ('none', 'blank', 'mean')
OPERATIONS = ('subtract', 'divide')


@dataclass(frozen=True)
class Baseline:
    """
    The picture whose attention is taken out, and how; ``none`` takes nothing out.

    ``blank`` is a black picture; ``mean`` is the mean picture of the training data, which is
    what the policy's own normalisation takes for zero. The joint state is the mean one.
    """

    picture: str = 'none'
    operation: str = 'subtract'

    def __post_init__(self) -> None:
        """Refuse unknown words, naming the known ones."""
        _one_of('attention baseline', self.picture, PICTURES)
        _one_of('attention baseline operation', self.operation, OPERATIONS)

    def __str__(self) -> str:
        """Describe it in the words of a picture's label; empty for ``none``."""
        if self.picture == 'none':
            return ''
        return f'{"minus" if self.operation == "subtract" else "over"} {self.picture} picture'


@dataclass(frozen=True)
class AttentionRequest:
    """
    What a forward shall bring besides the actions.

    ``target``, for the method ``gradient`` only: index into the action vector, whose motion is
    explained; None explains the norm of the whole executed action. ``head_weights``: also bring
    the weights of every layer and head. Raises ValueError for unknown words.
    """

    method: str = RAW
    selection: Selection = field(default_factory=Selection)
    baseline: Baseline = field(default_factory=Baseline)
    target: int | None = None
    head_weights: bool = False

    def __post_init__(self) -> None:
        """Refuse what no policy can do."""
        _one_of('attention method', self.method, METHODS)
        if self.method != RAW and self.selection.module != DECODER_CROSS:
            raise ValueError(
                f'attention method {self.method!r} follows the cross-attention back to the input '
                f'and cannot start at {self.selection.module!r}: choose module {DECODER_CROSS!r}, '
                f'or method {RAW!r}'
            )

    def without_baseline(self) -> AttentionRequest:
        """Return what has to be asked on the baseline's picture."""
        return replace(self, baseline=Baseline(), head_weights=False)

    def __str__(self) -> str:
        """Describe the request in the words of a picture's label."""
        words = [self.method, str(self.selection)]
        if self.method == GRADIENT and self.target is not None:
            words[0] = f'{self.method} of action {self.target}'
        if baseline := str(self.baseline):
            words.append(baseline)
        return ', '.join(words)


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f'{what} {value!r} is unknown: choose {", ".join(known)}')
