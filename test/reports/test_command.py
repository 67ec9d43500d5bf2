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

"""`attention-mapper report` as a person at a terminal meets it."""

from act_checkpoints import make_act_checkpoint
import pytest
from small_dataset import make_dataset

from attention_mapper_ros.cli.main import COMMANDS
from attention_mapper_ros.cli.main import main as attention_mapper
from attention_mapper_ros.cli.report import main
from attention_mapper_ros.recordings import table
from attention_mapper_ros.recordings.analysis import analyze
from attention_mapper_ros.recordings.options import OutputOptions
from attention_mapper_ros.reports.page import HTML, PICTURES


@pytest.fixture
def folder(analysed, plan):
    return analysed('run', [plan(number, steps=6) for number in range(3)])


def test_a_page_and_its_pictures_are_written_and_the_answers_said(folder, capsys):
    assert attention_mapper(['report', str(folder)]) == 0
    assert (folder / 'report' / HTML).is_file()
    assert len(list((folder / 'report' / PICTURES).glob('*.png'))) > 3
    said = capsys.readouterr().out
    assert 'What does it look at? Of the attention' in said
    assert f'{folder / "report" / HTML}' in said


def test_what_analyze_wrote_of_a_real_policy_is_reported(tmp_path):
    dataset = make_dataset(tmp_path / 'dataset')
    policy = make_act_checkpoint(tmp_path / 'policy', state=2, actions=2)
    outputs = OutputOptions(video=False, gif=False, frames='none')
    analyze(dataset, policy, tmp_path / 'analysis', device='cpu', outputs=outputs)
    assert main([str(tmp_path / 'analysis')]) == 0
    html = (tmp_path / 'analysis' / 'report' / HTML).read_text(encoding='utf-8')
    assert 'The shares of 4 episodes over time.' in html
    assert 'The recording does not say which episodes failed.' in html


def test_the_command_is_listed():
    assert 'report' in [command.name for command in COMMANDS]


def test_output_and_title_are_as_asked(folder, tmp_path):
    assert main([str(folder), '--output', str(tmp_path / 'page'), '--title', 'Arm & cube']) == 0
    assert '<h1>Arm &amp; cube</h1>' in (tmp_path / 'page' / HTML).read_text(encoding='utf-8')


def test_several_folders_are_reported_beside_each_other(
    folder, analysed, plan, tmp_path, monkeypatch
):
    other = analysed('other', [plan(number, steps=6) for number in range(3)])
    monkeypatch.chdir(tmp_path)
    assert main([str(folder), str(other)]) == 0
    assert (tmp_path / 'report' / HTML).is_file()


def test_a_second_report_takes_the_place_of_the_first(folder, analysed, plan):
    assert main([str(folder)]) == 0
    stale = folder / 'report' / PICTURES / 'of_another_report.png'
    stale.write_bytes(b'')
    assert main([str(folder)]) == 0
    assert not stale.exists()
    assert not list((folder / 'report').glob('.unfinished-*'))


def test_a_report_does_not_disturb_the_folder_that_it_is_about(folder):
    assert main([str(folder)]) == 0
    assert main([str(folder)]) == 0
    assert 'The shares of 3 episodes' in (folder / 'report' / HTML).read_text(encoding='utf-8')


def test_a_damaged_episode_leaves_no_page_and_one_line(folder, capsys):
    (folder / 'episode_000001' / table.FILE).write_bytes(b'damaged')
    assert main([str(folder)]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith('error: ')
    assert 'episode_000001' in said[-1]
    assert 'analyse it again' in said[-1]
    assert not (folder / 'report').exists()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['{folder}/nowhere'], 'is no folder'),
        (['{folder}', '{folder}'], 'named twice'),
        (['{folder}', '--title', ' '], '--title is empty'),
        (['{folder}', '--output', '{folder}/analysis.json'], 'is a file; name a folder'),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(folder, capsys, arguments, message):
    assert main([argument.format(folder=folder) for argument in arguments]) == 2
    assert message in capsys.readouterr().err


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as end:
        main(['--help'])
    assert end.value.code == 0
    said = capsys.readouterr().out
    for option in ('FOLDER', '--output', '--title'):
        assert option in said
