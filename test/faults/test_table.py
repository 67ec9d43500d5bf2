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

"""The table of faults promises nothing that no test breaks, and leaves no such test out."""

from pathlib import Path
import re

HERE = Path(__file__).parent


def test_every_fault_of_the_table_has_its_test_and_every_test_its_fault(project):
    table = (project / 'doc' / 'faults.md').read_text(encoding='utf-8')
    rows = [line.split('|') for line in table.splitlines() if line.startswith('| ')]
    named = [re.findall(r'`(test_\w+)`', row[-2]) for row in rows if 'how to see it' not in row[3]]
    assert all(named), 'a row without a test'
    written = {
        name
        for file in HERE.glob('test_*.py')
        if file != Path(__file__)
        for name in re.findall(r'^def (test_\w+)', file.read_text(encoding='utf-8'), re.MULTILINE)
    }
    assert {name for names in named for name in names} == written
