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


"""Where the files are that come with the Python package: parameter files, the policy."""

from __future__ import annotations

from pathlib import Path
import sys

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent
SHIPPED_POLICY = PACKAGE_FOLDER / 'sim' / 'checkpoint'


def config_file(name: str) -> Path:
    """
    Return a file of the package's `config/`.

    A source tree is the first place to look (an editable installation copies no data), then
    `share/` of every prefix above the package: pip's environment or colcon's install space.
    """
    prefixes = [*PACKAGE_FOLDER.parents, Path(sys.prefix)]
    candidates = [
        PACKAGE_FOLDER.parent / 'config' / name,
        *(prefix / 'share' / PACKAGE_FOLDER.name / 'config' / name for prefix in prefixes),
    ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f'config/{name} of {PACKAGE_FOLDER.name} is not installed; looked in '
        f'{", ".join(str(candidate.parent) for candidate in candidates)}; '
        'install the package again'
    )
