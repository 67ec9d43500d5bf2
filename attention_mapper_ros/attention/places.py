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

"""Names of the attentions inside a policy. Plain data, which needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

ENCODER_SELF = 'encoder_self'
DECODER_SELF = 'decoder_self'
DECODER_CROSS = 'decoder_cross'
MODULES = (ENCODER_SELF, DECODER_SELF, DECODER_CROSS)


@dataclass(frozen=True)
class Place:
    """One attention of a model: which kind (one of ``MODULES``), and its layer from 0."""

    module: str
    layer: int
