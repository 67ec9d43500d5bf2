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

"""One .mcap file that has its name only when it is whole."""

from __future__ import annotations

from pathlib import Path
import shutil
from types import TracebackType
from typing import Final

from attention_mapper_ros.ros.bag import BagWriter
from attention_mapper_ros.ros.bag_reader import BagTopic

SUFFIX: Final = '.mcap'
_UNFINISHED: Final = '.part'


class BagFile:
    """
    Writes into a folder beside ``path`` and moves the file out of it in ``close``.

    Belongs to one thread. What an interrupted run left of such a folder is replaced. Raises
    ValueError for a file that exists, and for one that no reader takes for a bag by its name.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix != SUFFIX:
            raise ValueError(
                f'bag file {path} is not called {SUFFIX}: name it {path.stem}{SUFFIX}'
            )
        if path.exists():
            raise ValueError(f'bag file {path} exists already: remove it or choose another one')
        self.path = path
        self._folder = path.with_name(f'{path.name}{_UNFINISHED}')
        if self._folder.exists():
            shutil.rmtree(self._folder)
        # rosbags names the file for its folder, and writes that name into it.
        self._writer = BagWriter(self._folder / path.stem)
        self.add_topic, self.write = self._writer.add_topic, self._writer.write

    def __enter__(self) -> BagFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def copy_topic(self, topic: BagTopic) -> None:
        """Announce a topic of another bag, as ``BagWriter.copy_topic``."""
        self._writer.copy_topic(topic)

    def close(self) -> None:
        """Complete the file and give it its name; OSError, and no file, when that fails."""
        try:
            self._writer.close()
            (self._writer.folder / self.path.name).replace(self.path)
        except BaseException:
            self.abort()
            raise
        shutil.rmtree(self._folder)

    def abort(self) -> None:
        """Give the file up: nothing is left."""
        self._writer.abort()
        shutil.rmtree(self._folder, ignore_errors=True)
