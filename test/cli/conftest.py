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


import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def without(tmp_path):
    """Return a PYTHONPATH on which importing one package fails as if it were not installed."""

    def without(package):
        folder = tmp_path / f'without_{package}'
        folder.mkdir()
        (folder / f'{package}.py').write_text(
            f'raise ModuleNotFoundError("No module named {package!r}", name={package!r})\n'
        )
        return os.pathsep.join([str(folder), str(ROOT)])

    return without
