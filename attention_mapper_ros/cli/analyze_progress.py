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

"""How far an analysis is: a bar with steps per second and time left, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from attention_mapper_ros.recordings.analysis import Progress

_LINE_EVERY_S = 30.0


class ProgressBar:
    """Shows progress on standard error; nothing where there is nothing to do."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._began = self._said = time.monotonic()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.close()

    def show(self, progress: Progress) -> None:
        """Show how far it is now."""
        if not progress.total_episodes:
            return
        if sys.stderr.isatty():
            self._show_bar(progress)
        else:
            self._show_line(progress)

    def _show_bar(self, progress: Progress) -> None:
        from tqdm import tqdm  # comes with LeRobot

        if self._bar is None:
            self._bar = tqdm(
                total=progress.total_steps,
                unit='step',
                file=sys.stderr,
                dynamic_ncols=True,
                leave=False,
            )
        self._bar.set_description(
            f'episode {progress.episodes} of {progress.total_episodes}', refresh=False
        )
        self._bar.update(progress.steps - self._bar.n)

    def _show_line(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.steps == 0:
            self._began = self._said = now
        if now - self._said < _LINE_EVERY_S and progress.episodes < progress.total_episodes:
            return
        self._said = now
        seconds = max(now - self._began, 1e-3)
        rate = progress.steps / seconds
        total = left = ''
        # Of a bag the total is an estimate, of which nothing remains at the end.
        if progress.total_steps is not None and progress.episodes < progress.total_episodes:
            total = f' of {progress.total_steps}'
            if rate > 0:
                seconds_left = max(0, progress.total_steps - progress.steps) / rate
                left = f', {seconds_left:.0f} s left'
        print(
            f'{progress.episodes} of {progress.total_episodes} episodes, {progress.steps}{total} '
            f'steps, {rate:.1f} steps/s{left}',
            file=sys.stderr,
        )
