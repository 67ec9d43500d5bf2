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

"""Dataset and policy from a hub, by the real client over HTTP, on loopback."""

import json
import os
import subprocess
import sys

from act_checkpoints import make_act_checkpoint
from loopback_hub import serving
import pytest
from small_dataset import make_dataset

from attention_mapper_ros.recordings import read_results

# Importing takes longer than any of these commands.
SEVERAL_COMMANDS = """
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
import json, sys
from attention_mapper_ros.cli.main import main
for command in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = main(command)
    print('RAN', json.dumps([status, out.getvalue(), err.getvalue()]))
"""


@pytest.fixture(scope='module')
def analyses(tmp_path_factory):
    """Analyse what the hub has and what it has not; return each outcome, files sent, output."""
    folder = tmp_path_factory.mktemp('hub')
    repositories = {
        'datasets/somebody/desk': make_dataset(folder / 'desk', videos=True),
        'datasets/somebody/old': folder / 'desk',
        'models/somebody/act': make_act_checkpoint(folder / 'act', state=2, actions=2),
    }
    tags = {'datasets/somebody/desk': 'v3.0', 'datasets/somebody/old': 'v2.1'}
    sources = {
        'there': ('somebody/desk', 'somebody/act'),
        'no dataset': ('somebody/table', 'somebody/act'),
        'old dataset': ('somebody/old', 'somebody/act'),
        'no policy': ('somebody/desk', 'somebody/none'),
    }
    others = ['--no-video', '--no-gif', '--frames', 'none', '--device', 'cpu', '--episodes', '1,3']
    commands = [
        ['analyze', dataset, '--policy', policy, '--output', str(folder / name), *others]
        for name, (dataset, policy) in sources.items()
    ]
    with serving(repositories, tags) as hub:
        ran = subprocess.run(
            [sys.executable, '-c', SEVERAL_COMMANDS, json.dumps(commands)],
            env=environment(hub.url, folder / 'home'),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    lines = [line[4:] for line in ran.stdout.splitlines() if line.startswith('RAN ')]
    return dict(zip(sources, map(json.loads, lines), strict=True)), hub.sent, folder / 'there'


def environment(url, home):
    """Return one in which the hub is at ``url`` and nothing has been fetched before."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith('HF_')}
    return kept | {
        'HF_ENDPOINT': url,
        'HF_HOME': str(home),
        'HF_HUB_DISABLE_TELEMETRY': '1',
        'HF_HUB_DISABLE_XET': '1',
        'PYTHONPATH': os.pathsep.join(path for path in sys.path if path),
    }


def test_dataset_and_policy_are_fetched_and_analysed(analyses):
    outcomes, sent, output = analyses
    status, out, err = outcomes['there']
    assert status == 0, err
    assert '2 episodes analysed, 9 steps' in out
    assert {'somebody/desk/meta/info.json', 'somebody/act/model.safetensors'} <= set(sent)
    assert any(name.startswith('somebody/desk/videos/') for name in sent)
    assert [episode.summary.steps for episode in read_results(output).episodes] == [6, 3]


@pytest.mark.parametrize(
    ('which', 'says'),
    [
        ('no dataset', "error: dataset 'somebody/table' could not be read"),
        ('old dataset', 'convert_dataset_v21_to_v30 --repo-id=OWNER/NAME'),
        ('no policy', "error: policy 'somebody/none' is no folder on this machine"),
    ],
)
def test_what_the_hub_does_not_have_is_one_sentence(analyses, which, says):
    status, out, err = analyses[0][which]
    assert status == 2
    assert says in err
    assert 'Traceback' not in out + err
