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
Write constraints.txt: the exact version of everything that requirements.txt brings along.

Without it, next year's release of a library that nobody here has heard of could break a newcomer's
first start. For each Python in turn:

    pip install --dry-run --ignore-installed --report 3.10.json -r environment/requirements.txt

and then, once: python environment/lock.py 3.10.json 3.11.json 3.12.json 3.13.json
"""

from __future__ import annotations

from collections import defaultdict
import json
from pathlib import Path
import sys

CONSTRAINTS = Path(__file__).with_name('constraints.txt')
HEADER = '# Written by lock.py; what requirements.txt itself pins is repeated here.\n'


def main(reports: list[str]) -> None:
    # name -> version -> Pythons that take it
    chosen: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for report in reports:
        resolved = json.loads(Path(report).read_text())
        python = resolved['environment']['python_version']
        for package in resolved['install']:
            metadata = package['metadata']
            chosen[metadata['name'].lower().replace('_', '-')][metadata['version']].append(python)
    lines = [line for name in sorted(chosen) for line in constraint(name, chosen[name])]
    CONSTRAINTS.write_text(HEADER + '\n'.join(lines) + '\n')


def constraint(name: str, versions: dict[str, list[str]]) -> list[str]:
    if len(versions) == 1:
        return [f'{name}=={version}' for version in versions]
    return [
        f'{name}=={version}; python_version in "{" ".join(pythons)}"'
        for version, pythons in versions.items()
    ]


if __name__ == '__main__':
    main(sys.argv[1:])
