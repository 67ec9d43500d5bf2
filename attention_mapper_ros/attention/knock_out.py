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
Which tokens to mask together, to learn what the actions lose without them.

Masking happens inside the transformer: nobody can attend to a masked token, neither the
encoder nor the decoder. The picture stays whole, other than with blurred cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.cells import cell_tokens
from attention_mapper_ros.attention.layout import TokenLayout


def group_masks(layout: TokenLayout) -> dict[str, NDArray[np.bool_]]:
    """Return for each token group (a camera, the joints, the latent) its tokens, (token,)."""
    tokens = np.arange(layout.size)
    return {group.name: (tokens >= group.start) & (tokens < group.stop) for group in layout.groups}


def region_mask(layout: TokenLayout, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """
    Return the tokens of a region of cells, (token,).

    ``cells``: (cell,), counted camera by camera, row-major. Raises ValueError when it has
    another length than there are cells.
    """
    tokens = cell_tokens(layout)
    if cells.shape != tokens.shape or cells.dtype != np.bool_:
        raise ValueError(
            f'a region of shape {cells.shape} and type {cells.dtype} does not fit the cameras, '
            f'which have {len(tokens)} cells: give one bool for each'
        )
    mask = np.zeros(layout.size, np.bool_)
    mask[tokens[cells]] = True
    return mask
