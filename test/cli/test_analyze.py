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

"""`attention-mapper analyze` as people run it, stopped and started again."""

import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
import time

from act_checkpoints import make_act_checkpoint
import pytest
from small_dataset import make_dataset

from attention_mapper_ros.cli import analyze
from attention_mapper_ros.cli.analyze_options import analysis_options, parser, shard
from attention_mapper_ros.recordings.results import read_results

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, '-m', 'attention_mapper_ros.cli.main', 'analyze')
NUMBERS_ALONE = ('--no-video', '--no-gif', '--frames', 'none', '--device', 'cpu')
STARTS_WITHIN_S = 120


@pytest.fixture(scope='module')
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp('policy') / 'act'
    return str(make_act_checkpoint(folder, state=2, actions=2))


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    return str(make_dataset(tmp_path_factory.mktemp('dataset') / 'two_joints'))


@pytest.fixture(scope='module')
def long_dataset(tmp_path_factory):
    """Return episodes of which the second takes long enough to be interrupted."""
    return str(make_dataset(tmp_path_factory.mktemp('dataset') / 'long', (3, 300, 4)))


def with_interrupts():
    """Let SIGINT through, which a shell keeps from what it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def started(*arguments, python_path=str(ROOT), **options):
    options = {'preexec_fn': with_interrupts, **options}
    environment = {**os.environ, 'PYTHONPATH': python_path, 'HF_HUB_OFFLINE': '1'}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def finished(*arguments, **options):
    process = started(*arguments, **options)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.fixture
def run(capfd):
    """Run the command in this process; return its exit status and what it said."""

    def run(*arguments):
        status = analyze.main(arguments)
        said = capfd.readouterr()
        return status, said.out, said.err

    return run


def wait_for(there):
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not there():
        assert time.monotonic() < deadline, 'it did not begin'
        time.sleep(0.02)


def in_the_second_episode(output):
    part = output / '.unfinished-episode_000001'
    return (part / 'attention.parquet').exists()


def test_command_says_what_it_did_and_where(run, dataset, policy, tmp_path):
    output = tmp_path / 'out'
    given = (dataset, '--policy', policy, '--output', str(output), *NUMBERS_ALONE)
    status, out, err = run(*given, '--episodes', '0,2-3')
    assert status == 0, err
    assert f'3 episodes analysed, 12 steps: {output}' in out
    assert '3 of 3 episodes, 12 steps, ' in err
    status, out, err = run(*given)
    assert status == 0, err
    assert '1 episode analysed, 6 steps; 3 were there before' in out


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_keeps_what_is_finished_and_goes_on_there(
    long_dataset, policy, tmp_path, number
):
    output = tmp_path / 'out'
    given = (long_dataset, '--policy', policy, '--output', str(output), *NUMBERS_ALONE)
    process = started(*given)
    try:
        wait_for(lambda: in_the_second_episode(output))
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert 'stopped; finished episodes are in' in err
    assert 'Traceback' not in err
    assert sorted(path.name for path in output.iterdir()) == ['analysis.json', 'episode_000000']
    status, out, err = finished(*given, '--episodes', '0,2')
    assert status == 0, err
    assert '1 episode analysed, 4 steps; 1 were there before' in out


def test_killed_it_leaves_nothing_that_looks_finished(long_dataset, policy, tmp_path):
    output = tmp_path / 'out'
    given = (long_dataset, '--policy', policy, '--output', str(output), *NUMBERS_ALONE)
    process = started(*given, '--workers', '2', start_new_session=True)
    try:
        wait_for(lambda: in_the_second_episode(output))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert 1 not in [episode.summary.number for episode in read_results(output).episodes]
    status, _, err = finished(*given)
    assert status == 0, err
    result = read_results(output)
    assert [episode.summary.steps for episode in result.episodes] == [3, 300, 4]
    assert not list(output.glob('.unfinished*'))


def test_full_disk_is_one_error_and_leaves_nothing_half_written(run, dataset, policy, tmp_path):
    """The kernel lets no file grow beyond a size, as on a disk that is full."""
    output = tmp_path / 'out'
    given = (dataset, '--policy', policy, '--output', str(output), '--device', 'cpu', '--no-gif')

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    status, _, err = finished(*given, preexec_fn=small_files)
    assert status == 2
    assert f'error: cannot write to {output}' in err.replace('[Errno 27] ', '')
    assert 'make room or name another --output' in err
    assert 'Traceback' not in err
    assert not [path for path in output.iterdir() if path.is_dir()]
    status, _, err = run(*given)
    assert status == 0, err
    assert len(read_results(output).episodes) == 4


def test_skipped_episodes_are_named_and_counted(run, policy, tmp_path):
    folder = make_dataset(tmp_path / 'd', (3, 4), videos=True)
    video = next(iter((folder / 'videos' / 'observation.images.front').rglob('*.mp4')))
    video.write_bytes(b'no video')
    given = (str(folder), '--policy', policy, '--output', str(tmp_path / 'out'), *NUMBERS_ALONE)
    status, out, err = run(*given)
    assert status == 0
    assert '0 episodes analysed' in out
    assert 'skipped episode 0: ' in err
    assert 'skipped episode 1: ' in err
    assert '2 of 2 episodes were skipped (--strict makes that an error)' in err
    status, _, err = run(*given, '--strict')
    assert status == 2
    assert err.count('error: ') == 1


def test_dataset_of_version_2_is_refused_with_lerobots_converter(run, dataset, policy, tmp_path):
    info = Path(dataset) / 'meta' / 'info.json'
    old = tmp_path / 'old' / 'meta'
    old.mkdir(parents=True)
    (old / 'info.json').write_text(info.read_text().replace('"v3.0"', '"v2.1"'))
    status, _, err = run(str(old.parent), '--policy', policy, '--output', str(tmp_path / 'out'))
    assert status == 2
    assert 'convert_dataset_v21_to_v30' in err
    assert not (tmp_path / 'out').exists()


def test_dataset_is_analysed_without_anything_of_ros(dataset, policy, tmp_path, without):
    given = (dataset, '--policy', policy, '--output', str(tmp_path / 'out'), *NUMBERS_ALONE)
    path = os.pathsep.join(map(without, ('cyclonedds', 'rosbags')))
    status, out, err = finished(*given, '--episodes', '3', python_path=path)
    assert status == 0, err
    assert '1 episode analysed, 3 steps' in out


def test_without_ray_its_extra_is_named(run, dataset, policy, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'ray', None)  # as if it were not installed
    given = (dataset, '--policy', policy, '--output', str(tmp_path / 'out'), *NUMBERS_ALONE)
    status, _, err = run(*given, '--ray', 'local')
    assert status == 2
    assert 'pip install "attention_mapper_ros[ray]"' in err


def test_without_a_policy_a_dataset_is_refused(run, dataset, tmp_path):
    status, _, err = run(dataset, '--output', str(tmp_path / 'out'))
    assert status == 2
    assert '--policy is missing' in err


@pytest.mark.parametrize('text', ['2/2', '1', '-1/3', 'a/b', '1/0'])
def test_shard_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match='--shard'):
        shard(text)


def test_shard_is_counted_from_0():
    assert shard('3/4') == (3, 4)
    assert shard(None) == (0, 1)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--batch', '0'), 'batch is 0'),
        (('--gif-fps', '0'), 'GIF rate is 0'),
        (('--gif-width', '9'), 'GIF width is 9'),
        (('--boxes', '1.5'), 'quantile of the boxes is 1.5'),
        (('--bag', 'out.bag'), 'out.bag is no MCAP file'),
        (('--episodes', '5-3'), '--episodes'),
        (('--remap', 'front'), '--remap'),
    ],
)
def test_options_that_cannot_be_are_refused_in_words(arguments, message):
    given = parser().parse_args(['dataset', '--policy', 'p', *arguments])
    with pytest.raises(ValueError, match=message):
        analysis_options(given)
