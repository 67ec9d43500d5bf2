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

"""`attention-mapper faithfulness` on small policies, a small dataset and the simulated arm."""

import json
import shutil

from act_checkpoints import make_act_checkpoint
import pytest
from small_dataset import make_dataset

from attention_mapper_ros.cli import faithfulness
from attention_mapper_ros.cli.episode_numbers import episode_numbers
from attention_mapper_ros.cli.faithfulness_options import target_number
from attention_mapper_ros.cli.written_files import written_together

PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
QUICK = ('--frames', '3', '--steps', '2', '--randomised-frames', '0', '--device', 'cpu')


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    return str(make_dataset(tmp_path_factory.mktemp('dataset') / 'two_joints'))


@pytest.fixture(scope='module')
def policy(tmp_path_factory):
    """Return a policy that knows nothing and fits the dataset."""
    folder = tmp_path_factory.mktemp('policy') / 'act'
    return str(make_act_checkpoint(folder, state=2, actions=2))


@pytest.fixture
def run(policy, dataset, tmp_path, capsys):
    """Run the command on the dataset; return its exit status and what it said."""

    def run(*arguments):
        given = ['--policy', policy, '--dataset', dataset, *QUICK]
        status = faithfulness.main([*given, '--output', str(tmp_path / 'out'), *arguments])
        return status, capsys.readouterr()

    return run


def test_dataset_gives_tables_a_figure_and_all_numbers(run, tmp_path):
    status, said = run('--methods', 'raw,rollout-mean,occlusion', '--randomised-frames', '3')
    assert status == 0
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'faithfulness.json',
        'faithfulness.png',
    ]
    assert (tmp_path / 'out' / 'faithfulness.png').read_bytes().startswith(PNG_SIGNATURE)
    written = json.loads((tmp_path / 'out' / 'faithfulness.json').read_text())
    assert said.out.rstrip().endswith(written['sentence'])
    for order in ('raw', 'rollout - mean', 'occlusion', 'random', 'centre'):
        assert f'\n  {order} ' in said.out
        assert len(written['removal']['orders'][order]['score']) == 3
    assert 'deletion and insertion: 3 of 3' in said.err


def test_file_says_what_it_takes_to_get_the_same_numbers_again(run, tmp_path):
    run('--methods', 'raw', '--seed', '4', '--target', 'lift', '--executed', '3')
    written = json.loads((tmp_path / 'out' / 'faithfulness.json').read_text())
    command = written['command']
    assert command['seed'] == 4
    assert command['target'] == 1
    assert command['executed'] == 3
    assert len(command['identity']) == 12
    assert command['versions']['torch'][0].isdigit()
    assert [frame['episode'] for frame in written['frames']] == [0, 1, 2]


def test_same_seed_gives_the_same_numbers(run, tmp_path):
    found = []
    for _ in range(2):
        run('--methods', 'raw')
        written = json.loads((tmp_path / 'out' / 'faithfulness.json').read_text())
        written.pop('took_s')
        found.append(written)
    assert found[0] == found[1]


def test_simulated_arm_tells_where_the_peaks_lie(tmp_path, capsys):
    cameras = {'front': (144, 192), 'wrist': (144, 192)}
    policy = make_act_checkpoint(tmp_path / 'policy', cameras)
    arguments = ['--sim', '--policy', str(policy), *QUICK, '--methods', 'raw', '--steps', '1']
    assert faithfulness.main([*arguments, '--output', str(tmp_path / 'out')]) == 0
    written = json.loads((tmp_path / 'out' / 'faithfulness.json').read_text())
    cameras = [each['camera'] for each in written['pointing']]
    assert cameras == ['observation.images.front', 'observation.images.wrist']
    said = capsys.readouterr().out
    assert 'target' in said
    assert 'a random cell' in said


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--frames', '2'], '--frames is 2; it must be 3 or more'),
        (['--frames', '99'], '99 frames were asked for, 4 episodes hold 18: choose 1 to 18'),
        (['--episodes', '1-9'], 'has no episode 4: it has 4, choose 0 to 3'),
        (['--episodes', '3-1'], "--episodes '3-1': give numbers and ranges"),
        (['--episodes', '0,1'], 'come from 2 episodes: a confidence interval needs 3'),
        (['--randomised-frames', '2'], 'it must be 0, which leaves the test out, or 3 or more'),
        (['--steps', '0'], '--steps is 0; it must be 1 or more'),
        (['--steps', '25'], 'the cameras have 24 cells together: choose 1 to 24'),
        (['--executed', '9'], 'a chunk of this policy has 8 actions: choose 1 to 8'),
        (['--target', 'wrist'], 'choose 0 to 1, or one of pan, lift'),
        (['--methods', 'raw,magic'], "method 'magic' is unknown: choose raw, rollout, gradient"),
        (['--methods', 'occlusion'], 'has nothing that can be drawn live'),
        (['--device', 'abacus'], 'abacus'),
        (['--precision', 'float8'], 'float8'),
        (['--policy', 'no/such/folder'], 'neither a folder on this machine nor a hub id'),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(run, tmp_path, arguments, reason):
    status, said = run(*arguments)
    assert status == 2
    assert reason in said.err
    assert 'order of the cells' not in said.out
    assert not (tmp_path / 'out').exists()


def test_dataset_of_another_robot_is_refused_with_what_it_has(run, tmp_path):
    other = make_act_checkpoint(tmp_path / 'other', {'top': (96, 128)}, state=2, actions=2)
    status, said = run('--policy', str(other))
    assert status == 2
    assert 'no picture feature observation.images.top' in said.err
    assert 'it has observation.images.front, observation.images.wrist' in said.err


def test_policy_has_to_be_named_for_a_dataset(dataset, capsys):
    assert faithfulness.main(['--dataset', dataset]) == 2
    assert '--policy is missing' in capsys.readouterr().err


def test_episodes_are_for_datasets(capsys):
    assert faithfulness.main(['--sim', '--episodes', '1']) == 2
    assert '--episodes chooses among those of a dataset' in capsys.readouterr().err


def test_policy_of_another_robot_does_not_drive_the_simulated_arm(policy, capsys):
    assert faithfulness.main(['--sim', '--policy', policy, *QUICK]) == 2
    assert 'does not fit the simulated arm' in capsys.readouterr().err


def test_ctrl_c_leaves_the_files_of_the_run_before(run, tmp_path, monkeypatch):
    run('--methods', 'raw')
    folder = tmp_path / 'out'
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(faithfulness, 'write_figure', interrupted)
    status, said = run('--methods', 'rollout')
    assert status == 130
    assert 'nothing was written' in said.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_files_appear_only_when_all_are_whole(tmp_path):
    with pytest.raises(RuntimeError), written_together(tmp_path) as folder:
        (folder / 'one').write_text('whole')
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with written_together(tmp_path) as folder:
        (folder / 'one').write_text('whole')
        assert not (tmp_path / 'one').exists()
    assert [path.name for path in tmp_path.iterdir()] == ['one']
    shutil.rmtree(tmp_path)


def test_episodes_are_read_as_numbers_and_ranges():
    assert episode_numbers('0,3,7-9, 8') == [0, 3, 7, 8, 9]
    assert episode_numbers(None) is None


def test_target_is_a_name_or_a_number():
    assert target_number('gripper', ('pan', 'gripper'), 2) == 1
    assert target_number('1', (), 2) == 1
    assert target_number(None, ('pan',), 1) is None
    with pytest.raises(ValueError, match=r'choose 0 to 1$'):
        target_number('2', (), 2)
