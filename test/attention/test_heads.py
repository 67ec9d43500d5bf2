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

"""The numbers of every head."""

import numpy as np
import pytest

from attention_mapper_ros.attention.heads import head_statistics
from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
GRID = CellGeometry(rows=2, cols=3, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)
SMALL = CellGeometry(rows=1, cols=2, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)
LAYOUT = TokenLayout(
    groups=(
        TokenGroup('latent', 0, 1),
        TokenGroup('joints', 1, 2),
        TokenGroup(FRONT, 2, 8),
        TokenGroup(WRIST, 8, 10),
    ),
    cameras=(CameraTokens(FRONT, 2, GRID), CameraTokens(WRIST, 8, SMALL)),
)


def one_head(**tokens: float):
    """Return the numbers of a head that attends so much to single tokens."""
    row = np.zeros(LAYOUT.size, np.float32)
    for token, weight in tokens.items():
        row[int(token.removeprefix('token_'))] = weight
    (statistics,) = head_statistics({'decoder_cross': row[None, None]}, LAYOUT)
    return statistics


def random_heads(layers: int, heads: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.dirichlet(np.ones(LAYOUT.size), (layers, heads)).astype(np.float32)


def test_heads_come_in_the_order_of_modules_layers_and_heads():
    weights = {'encoder_self': random_heads(2, 2), 'decoder_cross': random_heads(1, 2)}
    places = [(one.module, one.layer, one.head) for one in head_statistics(weights, LAYOUT)]
    assert places == [
        ('encoder_self', 0, 0),
        ('encoder_self', 0, 1),
        ('encoder_self', 1, 0),
        ('encoder_self', 1, 1),
        ('decoder_cross', 0, 0),
        ('decoder_cross', 0, 1),
    ]


def test_entropy_is_zero_for_one_token_and_one_for_all_alike():
    single = one_head(token_3=1.0)
    assert f'{single.entropy:.2f}' == '0.00'  # not -0.00
    everywhere = one_head(**{f'token_{token}': 0.1 for token in range(10)})
    assert everywhere.entropy == pytest.approx(1.0, abs=1e-6)
    assert everywhere.entropy <= 1.0
    # Two tokens alike: log 2 of log 10.
    assert one_head(token_0=0.5, token_9=0.5).entropy == pytest.approx(np.log10(2), abs=1e-6)


@pytest.mark.parametrize('seed', range(3))
def test_shares_of_every_head_sum_to_one(seed):
    for one in head_statistics({'encoder_self': random_heads(3, 4, seed)}, LAYOUT):
        assert list(one.shares) == ['latent', 'joints', FRONT, WRIST]
        assert sum(one.shares.values()) == pytest.approx(1.0, abs=1e-6)
        assert 0.0 < one.entropy < 1.0
        assert 0.0 < one.distance < 1.0


def test_shares_are_those_of_the_groups_tokens():
    shares = one_head(token_1=0.5, token_2=0.25, token_7=0.125, token_8=0.125).shares
    assert shares == {'latent': 0.0, 'joints': 0.5, FRONT: 0.375, WRIST: 0.125}


def test_distance_is_zero_to_a_twin_and_large_to_heads_that_look_elsewhere():
    twins = np.repeat(random_heads(1, 1), 3, axis=1)
    for one in head_statistics({'encoder_self': twins}, LAYOUT):
        assert one.distance == pytest.approx(0.0, abs=1e-6)
    apart = np.zeros((1, 4, LAYOUT.size), np.float32)
    apart[0, range(4), range(4)] = 1.0
    # One of four heads: three quarters of the mean lie where it does not look.
    for one in head_statistics({'encoder_self': apart}, LAYOUT):
        assert one.distance == pytest.approx(0.75)


def test_distance_is_to_the_heads_of_the_same_layer():
    weights = random_heads(2, 3)
    (_, _, _, *second) = head_statistics({'encoder_self': weights}, LAYOUT)
    alone = head_statistics({'encoder_self': weights[1:]}, LAYOUT)
    assert [one.distance for one in second] == [one.distance for one in alone]


def test_camera_is_the_one_looked_at_most_per_token():
    # The front camera has three times the tokens, so the same share is less there.
    assert one_head(token_2=0.5, token_8=0.5).camera == WRIST
    assert one_head(token_2=0.8, token_8=0.2).camera == FRONT


def test_policy_without_cameras_has_no_favourite():
    layout = TokenLayout((TokenGroup('joints', 0, 1), TokenGroup('environment', 1, 2)), ())
    (one,) = head_statistics({'decoder_cross': np.full((1, 1, 2), 0.5, np.float32)}, layout)
    assert one.camera is None
    assert one.entropy == pytest.approx(1.0)


@pytest.mark.parametrize('shape', [(1, 2, 9), (2, 10)])
def test_weights_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r'encoder_self.*layer, head, token.*10 tokens'):
        head_statistics({'encoder_self': np.full(shape, 0.1, np.float32)}, LAYOUT)


@pytest.mark.parametrize('factor', [np.nan, 2.0, 0.0])
def test_weights_that_are_no_distribution_are_refused(factor):
    weights = random_heads(2, 2)
    weights[1, 0] *= np.float32(factor)
    with pytest.raises(ValueError, match='decoder_cross sum to'):
        head_statistics({'decoder_cross': weights}, LAYOUT)
