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

"""`attention-mapper heads` as a person at a terminal meets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import json
import os
from pathlib import Path
import re
import subprocess
import sys

from act_checkpoints import make_act_checkpoint, random_observation
import cv2
import numpy as np
import pytest

from attention_mapper_ros.attention.heads import HeadStatistics
from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.cli.heads import main
from attention_mapper_ros.cli.heads_frame import source
from attention_mapper_ros.cli.heads_options import checked, parser
from attention_mapper_ros.cli.heads_table import ALL_ALIKE, ELSEWHERE, looks_at, sentences, table
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy

STATE = '--state=10,20,-30,40,0,5'
FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
LAYOUT = TokenLayout(
    groups=(TokenGroup('joints', 0, 1), TokenGroup(FRONT, 1, 5), TokenGroup(WRIST, 5, 7)),
    cameras=(
        CameraTokens(FRONT, 1, CellGeometry(2, 2, 0.0, 0.0, 32.0, 32.0)),
        CameraTokens(WRIST, 5, CellGeometry(1, 2, 0.0, 0.0, 32.0, 32.0)),
    ),
)


@pytest.fixture(scope='module')
def policy(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp('act') / 'pretrained_model'
    return str(make_act_checkpoint(folder, n_decoder_layers=2))


@pytest.fixture(scope='module')
def adapter(policy) -> Iterator[PolicyAdapter]:
    """Load the policy for all tests that need no command around it."""
    loaded = load_policy(policy, 'cpu')
    yield loaded
    loaded.close()


@pytest.fixture(scope='module')
def seen(adapter) -> Observation:
    """Return an observation of noise for the policy."""
    state = np.array([10, 20, -30, 40, 0, 5], np.float32)
    return Observation(random_observation(adapter.spec, seed=3).images, state)


@pytest.fixture
def pictures(seen, tmp_path) -> list[str]:
    """Write the observation's pictures; return the arguments of --images."""
    for name, picture in seen.images.items():
        path = tmp_path / f'{name.rpartition(".")[2]}.png'
        assert cv2.imwrite(str(path), picture[:, :, ::-1])
    return [f'front={tmp_path / "front.png"}', f'wrist={tmp_path / "wrist.png"}']


@pytest.fixture
def heads(tmp_path, capsys):
    """Run the command; returns its exit status, what it printed, and its complaints."""

    def run(*arguments: str | Path, output: str = 'heads.png') -> tuple[int, str, str]:
        where = ['--output', str(tmp_path / output), '--device', 'cpu']
        status = main([*map(str, arguments), *where])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def numbers(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding='utf-8'))['heads']


def read(adapter: PolicyAdapter, *arguments: str) -> Observation:
    """Read the frame as the command does with this policy."""
    options = parser().parse_args(['--policy', 'loaded already', *arguments])
    return source(checked(options)).read(adapter)


def test_pictures_become_a_grid_a_table_and_a_file_of_numbers(
    heads, adapter, policy, pictures, seen, tmp_path
):
    report = tmp_path / 'heads.json'
    status, out, _ = heads(
        '--policy', policy, '--images', *pictures, STATE, '--json', report, '--query', '2'
    )
    assert status == 0
    assert cv2.imread(str(tmp_path / 'heads.png')).shape[1] > 1000
    found = numbers(report)
    # Two layers of the encoder and two of the decoder, with four heads each.
    assert len(found) == 16
    lines = [line for line in out.splitlines() if line.startswith(('encoder_', 'decoder_'))]
    assert [line.split()[:3] for line in lines] == [
        [one['module'], str(one['layer']), str(one['head'])] for one in found
    ]
    assert 'look at front' in out
    request = AttentionRequest(selection=Selection(queries=2), head_weights=True)
    weights = adapter.infer(seen, request).head_weights
    for one in found:
        row = weights[one['module']][one['layer'], one['head']]
        shares = {
            group.name: pytest.approx(float(row[group.start : group.stop].sum()), abs=1e-5)
            for group in adapter.layout.groups
        }
        assert one['shares'] == shares


def test_pictures_reach_the_policy_as_they_are(adapter, pictures, seen):
    observation = read(adapter, '--images', *reversed(pictures), STATE)
    for name, picture in seen.images.items():
        np.testing.assert_array_equal(observation.images[name], picture)
    np.testing.assert_array_equal(observation.state, seen.state)


def test_cameras_may_be_given_by_the_name_of_their_feature(adapter, pictures):
    whole = [f'observation.images.{argument}' for argument in pictures]
    assert sorted(read(adapter, '--images', *whole, STATE).images) == [FRONT, WRIST]


def test_frame_of_a_dataset_is_the_frame_that_was_recorded(adapter, seen, tmp_path):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    features = {
        name: {'dtype': 'image', 'shape': (96, 128, 3), 'names': ['height', 'width', 'channels']}
        for name in (FRONT, WRIST)
    }
    for name in ('observation.state', 'action'):
        features[name] = {'dtype': 'float32', 'shape': (6,), 'names': None}
    folder = tmp_path / 'recorded'
    dataset = LeRobotDataset.create('test/recorded', fps=10, features=features, root=folder)
    for index in range(3):
        # Only frame 1 is the observation.
        images = {name: image if index == 1 else image // 2 for name, image in seen.images.items()}
        state = seen.state if index == 1 else seen.state * 2
        frame = {**images, 'observation.state': state, 'action': state, 'task': 'reach'}
        dataset.add_frame(frame)
    dataset.save_episode()
    dataset.finalize()

    frame = read(adapter, '--dataset', str(folder), '--frame', '1')
    for name, picture in seen.images.items():
        np.testing.assert_array_equal(frame.images[name], picture)
    np.testing.assert_array_equal(frame.state, seen.state)
    with pytest.raises(ValueError, match='no frame 3: choose 0 to 2'):
        read(adapter, '--dataset', str(folder), '--frame', '3')
    with pytest.raises(ValueError, match='no episode 1'):
        read(adapter, '--dataset', str(folder), '--episode', '1')


def test_shipped_policy_is_shown_on_the_simulated_arm(heads, tmp_path):
    status, out, _ = heads('--sim', '--frame', '2', '--seed', '7', output='arm.jpg')
    assert status == 0
    assert cv2.imread(str(tmp_path / 'arm.jpg')) is not None
    assert 'decoder_cross' in out


@pytest.mark.parametrize(
    ('change', 'complaint'),
    [
        (lambda given: given[:1], 'no picture of camera wrist: add wrist=FILE'),
        (lambda given: [given[0], given[1].replace('wrist=', 'side=')], 'side.*front, wrist'),
        (lambda given: [*given, given[0]], 'twice'),
        (lambda given: [given[0], 'wrist'], 'CAMERA=FILE'),
        (lambda given: [given[0], 'wrist=gone.png'], 'wrist: gone.png cannot be read'),
    ],
)
def test_pictures_that_do_not_fit_are_refused_with_the_remedy(
    adapter, pictures, change, complaint
):
    with pytest.raises(ValueError, match=complaint):
        read(adapter, '--images', *change(pictures), STATE)


def test_picture_of_another_size_is_refused_with_both_sizes(adapter, pictures, tmp_path):
    cv2.imwrite(str(tmp_path / 'wrist.png'), np.zeros((100, 128, 3), np.uint8))
    with pytest.raises(ValueError, match='wrist is 128x100, the policy wants 128x96: resize'):
        read(adapter, '--images', *pictures, STATE)


@pytest.mark.parametrize('content', [b'', b'no picture'])
def test_file_that_is_no_picture_is_refused(adapter, pictures, tmp_path, content):
    (tmp_path / 'wrist.png').write_bytes(content)
    with pytest.raises(ValueError, match=r'wrist\.png is no picture'):
        read(adapter, '--images', *pictures, STATE)


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        ((), 'has 0 numbers, the policy wants 6: give --state with 6'),
        (('--state=1,2',), 'has 2 numbers, the policy wants 6'),
        (('--state=1,x',), 'write numbers with commas'),
        (('--state=1,nan',), 'finite'),
        ((STATE, '--environment=1'), 'leave --environment out'),
        ((STATE, '--episode', '0'), '--episode belongs to --dataset'),
        ((STATE, '--seed', '0'), '--seed belongs to --sim'),
    ],
)
def test_what_does_not_fit_the_policy_or_the_source_is_refused(
    adapter, pictures, arguments, complaint
):
    with pytest.raises(ValueError, match=complaint):
        read(adapter, '--images', *pictures, *arguments)


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (('--query', '8'), 'query 8 .* choose -8 to 7'),
        (('--query', 'median'), '--query .* mean, max'),
    ],
)
def test_queries_that_the_policy_has_not_are_refused_and_nothing_is_written(
    heads, policy, pictures, tmp_path, arguments, complaint
):
    status, _, said = heads('--policy', policy, '--images', *pictures, STATE, *arguments)
    assert status == 2
    assert re.search(f'error: .*{complaint}', said)
    assert not (tmp_path / 'heads.png').exists()


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (('--dataset', 'nowhere'), '--policy is missing'),
        (('--sim', '--frame', '-1'), '--frame is -1; it must be 0 or more'),
        (('--sim', '--json', 'no/such/folder.json'), 'folder no/such does not exist'),
        (('--sim', '--state=1'), '--state belongs to --images'),
    ],
)
def test_impossible_options_are_refused_before_anything_is_loaded(heads, arguments, complaint):
    status, _, said = heads(*arguments)
    assert status == 2
    assert complaint in said


def test_simulation_without_mujoco_names_what_installs_it(without, tmp_path):
    run = subprocess.run(
        [sys.executable, '-m', 'attention_mapper_ros.cli.main', 'heads', '--sim'],
        env={**os.environ, 'PYTHONPATH': without('mujoco')},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert 'mujoco is not installed; pip install' in run.stderr


def test_output_must_be_a_picture(heads):
    status, _, said = heads('--sim', output='heads.txt')
    assert status == 2
    assert '.png, .jpg' in said


def head(
    joints: float, front: float, wrist: float, module: str = 'decoder_cross', number: int = 0
):
    shares = {'joints': joints, FRONT: front, WRIST: wrist}
    return HeadStatistics(module, 0, number, 0.5, shares, 0.1, None)


def test_a_head_looks_at_a_camera_that_gets_clearly_more_per_token():
    # The front camera has twice the tokens of the wrist's.
    assert looks_at(head(0.1, 0.7, 0.2), LAYOUT) == FRONT
    assert looks_at(head(0.1, 0.4, 0.5), LAYOUT) == WRIST
    assert looks_at(head(0.1, 0.6, 0.3), LAYOUT) == ALL_ALIKE
    assert looks_at(head(0.6, 0.4, 0.0), LAYOUT) == ELSEWHERE


def test_sentences_name_every_head_once():
    heads: Sequence[HeadStatistics] = [
        head(0.1, 0.7, 0.2, 'encoder_self', 0),
        head(0.9, 0.1, 0.0, 'encoder_self', 1),
        head(0.1, 0.4, 0.5, 'decoder_cross', 0),
        head(0.1, 0.8, 0.1, 'decoder_cross', 1),
        head(0.1, 0.6, 0.3, 'decoder_cross', 2),
    ]
    said = sentences(heads, LAYOUT).splitlines()
    assert said == [
        'Heads (layer.head) that look at front: encoder_self 0.0; decoder_cross 0.1.',
        'Heads (layer.head) that look at wrist: decoder_cross 0.0.',
        'Heads that look at all cameras alike: decoder_cross 0.2.',
        '1 of 5 heads look at something else: joints 1.',
    ]
    lines = table(heads, LAYOUT).splitlines()
    assert lines[0].split() == [
        'attention', 'layer', 'head', 'entropy', 'joints', 'front', 'wrist', 'distance', 'camera'
    ]  # fmt: skip
    assert lines[2].split() == [
        'encoder_self', '0', '1', '0.50', '90', '%', '10', '%', '0', '%', '0.10', '-'
    ]  # fmt: skip
