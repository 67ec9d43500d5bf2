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

"""How far an analysis is, in a log."""

from contextlib import closing

from attention_mapper_ros.cli.analyze_progress import ProgressBar
from attention_mapper_ros.recordings.analysis import Progress


def test_an_estimate_of_steps_is_not_shown_as_missed_at_the_end(capsys):
    with closing(ProgressBar()) as bar:
        bar.show(Progress(steps=0, total_steps=267, episodes=0, total_episodes=1, skipped=0))
        bar.show(Progress(steps=181, total_steps=267, episodes=1, total_episodes=1, skipped=0))
    said = capsys.readouterr().err
    assert '1 of 1 episodes, 181 steps' in said
    assert '267' not in said and 'left' not in said


def test_a_long_analysis_says_how_much_is_left(capsys, monkeypatch):
    monkeypatch.setattr('attention_mapper_ros.cli.analyze_progress._LINE_EVERY_S', -1.0)
    with closing(ProgressBar()) as bar:
        bar.show(Progress(steps=0, total_steps=100, episodes=0, total_episodes=2, skipped=0))
        bar.show(Progress(steps=60, total_steps=100, episodes=1, total_episodes=2, skipped=0))
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith('1 of 2 episodes, 60 of 100 steps, ')
    assert last.endswith(' s left')
