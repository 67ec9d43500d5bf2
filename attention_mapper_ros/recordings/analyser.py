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
A loaded policy in front of an open recording: analyses one episode after the other.

The same object works in this process, in a worker process and on another machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
import logging
from pathlib import Path
import shutil
from typing import Any

import torch

from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.episode_analysis import analyse_episode
from attention_mapper_ros.recordings.episode_folder import unfinished
from attention_mapper_ros.recordings.episode_writer import (
    group_names,
    WriterSettings,
)
from attention_mapper_ros.recordings.options import AnalysisOptions
from attention_mapper_ros.recordings.recording import Episode, EpisodeError, Shown
from attention_mapper_ros.recordings.results import FORMAT, SKIPPED_SUFFIX, write_json
from attention_mapper_ros.recordings.sources import is_bag, open_recording, policy_of
from attention_mapper_ros.recordings.versions import versions

_log = logging.getLogger(__name__)

_VERSIONS = ('attention_mapper_ros', 'lerobot', 'numpy', 'torch', 'av')


@dataclass(frozen=True)
class Outcome:
    """How an episode ended: analysed in so many steps, or skipped for a reason."""

    number: int
    steps: int
    skipped: str = ''


class EpisodeAnalyser:
    """
    Analyses episodes by the options. Belongs to one thread.

    Raises ValueError for a recording that is not there or does not fit the policy, PolicyError for
    a checkpoint that cannot be run.
    """

    def __init__(self, options: AnalysisOptions) -> None:
        self._options = options
        self.recording = open_recording(options)
        if options.threads:
            torch.set_num_threads(options.threads)
        self._policy = policy_of(options, self.recording)
        self._adapter = load_policy(self._policy, options.device, options.precision)
        try:
            self.recording.check(self._adapter.spec)
            self._shown = self._asked()
        except BaseException:
            self._adapter.close()
            raise

    def close(self) -> None:
        """Release the policy."""
        self._adapter.close()

    @property
    def adapter(self) -> PolicyAdapter:
        """The loaded policy."""
        return self._adapter

    def settings(self) -> dict[str, Any]:
        """Return what ``analysis.json`` says of a run with these options."""
        options, spec, layout = self._options, self._adapter.spec, self._adapter.layout
        outputs = asdict(options.outputs)
        outputs['bag'] = None if options.outputs.bag is None else str(options.outputs.bag)
        names = group_names(self.recording, self._adapter)
        return {
            'format': FORMAT,
            'source': self.recording.source,
            'fps': self.recording.fps,
            'policy': {
                'path': self._policy,
                'family': spec.family,
                'identity': spec.identity,
                'chunk_size': spec.chunk_size,
                'action_steps': spec.action_steps,
            },
            'precision': options.precision,
            'method': self._shown.request.method,
            'attention': self._shown.label,
            'cameras': {names[camera.feature]: camera.feature for camera in layout.cameras},
            'groups': list(names.values()),
            'action_names': list(self.recording.action_names),
            'outputs': outputs,
            'versions': versions(_VERSIONS),
        }

    def run(self, episode: Episode, on_step: Callable[[], None] = lambda: None) -> Outcome:
        """
        Analyse one episode; its folder appears when it is whole.

        One that cannot be analysed leaves a note instead of a folder and the reason in the
        outcome, or raises EpisodeError where the options are ``strict``. Raises OSError, with the
        remedy, where it cannot be written.
        """
        note = self._options.output / f'{episode.name}{SKIPPED_SUFFIX}'
        target = self._bag(episode)
        settings = WriterSettings(self._options.outputs, self._shown)
        if target is not None:
            settings = replace(settings, bag_name=target.name)
        try:
            with _writing(self._options.output), unfinished(self._folder(episode)) as folder:
                summary = analyse_episode(
                    self.recording,
                    self._adapter,
                    episode,
                    self._options.batch,
                    folder,
                    settings,
                    on_step,
                )
            if target is not None:
                with _writing(target.parent):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(self._folder(episode) / target.name, target)
        except EpisodeError as error:
            if self._options.strict:
                raise
            _log.info('skipped: %s', error)
            write_json(note, {'number': episode.number, 'reason': str(error)})
            return Outcome(episode.number, 0, str(error))
        note.unlink(missing_ok=True)
        return Outcome(episode.number, summary.steps)

    def _folder(self, episode: Episode) -> Path:
        return self._options.output / episode.name

    def check_bags(self, episodes: Sequence[Episode]) -> None:
        """Raise ValueError if the attention bag of one of these episodes is there already."""
        for target in map(self._bag, episodes):
            if target is not None and target.exists():
                raise ValueError(
                    f'bag {target} exists already: remove it, or give --bag another name'
                )

    def _bag(self, episode: Episode) -> Path | None:
        """Return where the attention bag of an episode goes."""
        bag = self._options.outputs.bag
        if bag is None or is_bag(self._options.source):
            return bag
        return bag.with_name(f'{bag.stem}_{episode.name}{bag.suffix}')

    def _asked(self) -> Shown:
        shown = self.recording.shown(self._options.attention, self._adapter.spec)
        heads = self._options.outputs.frames != 'none'
        shown = replace(shown, request=replace(shown.request, head_weights=heads))
        self._adapter.check_request(shown.request)
        return shown


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Say what to do where the disk is full or may not be written to."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f'cannot write to {output} ({error.strerror or error}): make room or name another '
            '--output, and run it again; finished episodes are kept',
        ) from error
