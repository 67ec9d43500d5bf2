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

"""How far a long computation is: on a terminal a bar, in a log plain lines."""

import io
import sys

from attention_mapper_ros.cli.progress import track


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_log_gets_a_line_when_a_part_is_done(capsys):
    assert list(track(['a', 'b'], 'maps')) == ['a', 'b']
    said = capsys.readouterr()
    assert said.err.startswith('maps: 2 of 2')
    assert '\r' not in said.err
    assert said.out == ''


def test_terminal_gets_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    assert list(track(range(3), 'maps')) == [0, 1, 2]
    assert '\rmaps:' in terminal.getvalue()
    assert '/3 [' in terminal.getvalue()
