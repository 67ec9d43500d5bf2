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

"""Files that are either whole or not there, whatever happens while they are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import tempfile


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """
    Give a folder to write files into, which appear in ``folder`` when the block ends well.

    Until then they lie in a hidden folder inside it, on the same disk, so that moving them is one
    step each and a file of an earlier run stays whole. A folder made in it takes the place of one
    of its name, with all that is in that. After an error or Ctrl-C nothing appears.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix='.unfinished-') as temporary:
        yield Path(temporary)
        for entry in sorted(Path(temporary).iterdir()):
            former = folder / entry.name
            if entry.is_dir() and former.is_dir():
                shutil.rmtree(former)
            entry.replace(former)
