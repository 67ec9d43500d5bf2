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
Which action goes out at this tick, from the chunks that the forwards deliver.

A forward takes time, so a chunk belongs to the *position* at which its observation was taken:
the number of actions that had been handed out by then. Its action 0 is meant for that position.
Between ticks and forwards three rules are offered: ``queue``, ``ensemble`` and ``latest``.
Plain numpy; units are the policy's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Chunk = NDArray[np.float32]

SCHEDULES = ('queue', 'ensemble', 'latest')


@dataclass(frozen=True)
class ScheduledAction:
    """
    One action, (action,) float32, for ``position``.

    ``observed_position`` is that of the newest observation that took part in it, so
    ``position - observed_position`` is its age in actions.
    """

    values: NDArray[np.float32]
    position: int
    observed_position: int


class ActionSchedule(Protocol):
    """Owned by the executor thread; holds no lock."""

    @property
    def position(self) -> int:
        """Number of actions handed out since the last reset."""

    @property
    def queries_executed(self) -> int:
        """How many actions from the start of a chunk take part in what is executed."""

    @property
    def depth(self) -> int:
        """Number of actions that are ready to go out."""

    def next(self) -> ScheduledAction | None:
        """Hand out the action for this position; None when it must wait for its own chunk."""

    def next_late(self) -> ScheduledAction | None:
        """Hand out an action from older chunks instead, when the own one comes too late."""

    def receive(self, chunk: Chunk, position: int) -> None:
        """Take the chunk, (chunk, action), that was inferred for ``position``."""

    def reset(self) -> None:
        """Forget everything: a new episode begins at position 0."""


class QueueSchedule:
    """
    Execute the first ``action_steps`` of a chunk, then infer the next.

    As LeRobot's ``ACTPolicy.select_action`` without temporal ensembling: chunks that arrive
    while the queue is not empty are kept aside, and only serve ``next_late``.
    """

    _queue: deque[NDArray[np.float32]]
    _newest: tuple[Chunk, int] | None

    def __init__(self, action_steps: int) -> None:
        self._action_steps = action_steps
        self.reset()

    @property
    def position(self) -> int:
        return self._position

    @property
    def queries_executed(self) -> int:
        return self._action_steps

    @property
    def depth(self) -> int:
        return len(self._queue)

    def next(self) -> ScheduledAction | None:
        if not self._queue:
            return None
        action = ScheduledAction(self._queue.popleft(), self._position, self._queue_position)
        self._position += 1
        return action

    def next_late(self) -> ScheduledAction | None:
        if not self._queue and self._newest is not None:
            self._refill(*self._newest)
        return self.next()

    def receive(self, chunk: Chunk, position: int) -> None:
        self._newest = (chunk, position)
        if not self._queue and position == self._position:
            self._refill(chunk, position)

    def reset(self) -> None:
        self._position = 0
        self._queue = deque()
        self._queue_position = 0
        self._newest = None

    def _refill(self, chunk: Chunk, position: int) -> None:
        elapsed = self._position - position
        # A chunk older than its executed part still has planned actions for this position.
        stop = max(self._action_steps, elapsed + 1)
        self._queue.extend(chunk[elapsed:stop])
        self._queue_position = position


class LatestSchedule:
    """Execute from the newest chunk only: plan again at every tick."""

    _newest: tuple[Chunk, int] | None

    def __init__(self) -> None:
        self.reset()

    @property
    def position(self) -> int:
        return self._position

    @property
    def queries_executed(self) -> int:
        return 1

    @property
    def depth(self) -> int:
        if self._newest is None:
            return 0
        chunk, position = self._newest
        return max(0, len(chunk) - (self._position - position))

    def next(self) -> ScheduledAction | None:
        if self._newest is None or self._newest[1] != self._position:
            return None
        return self.next_late()

    def next_late(self) -> ScheduledAction | None:
        if self._newest is None or self.depth == 0:
            return None
        chunk, position = self._newest
        action = ScheduledAction(chunk[self._position - position], self._position, position)
        self._position += 1
        return action

    def receive(self, chunk: Chunk, position: int) -> None:
        self._newest = (chunk, position)

    def reset(self) -> None:
        self._position = 0
        self._newest = None


class EnsembleSchedule:
    """
    Average what all chunks say about this position, older ones weighted by ``exp(-coeff * i)``.

    Temporal ensembling, Algorithm 2 of Zhao et al. 2023 (arXiv:2304.13705), in the online form
    of LeRobot's ``ACTTemporalEnsembler``: i counts the predictions of one action from the
    oldest (0) on. A late chunk joins with the part of it that still lies ahead.
    """

    _averages: NDArray[np.float32]
    _counts: NDArray[np.int64]

    def __init__(self, chunk_size: int, coeff: float) -> None:
        self._chunk_size = chunk_size
        self._weights = np.exp(-coeff * np.arange(chunk_size)).astype(np.float32)
        self._weight_sums = np.cumsum(self._weights, dtype=np.float32)
        self.reset()

    @property
    def position(self) -> int:
        return self._position

    @property
    def queries_executed(self) -> int:
        return self._chunk_size

    @property
    def depth(self) -> int:
        return len(self._averages)

    def next(self) -> ScheduledAction | None:
        if self._observed_position != self._position:
            return None
        return self.next_late()

    def next_late(self) -> ScheduledAction | None:
        if len(self._averages) == 0:
            return None
        action = ScheduledAction(self._averages[0], self._position, self._observed_position)
        self._averages = self._averages[1:]
        self._counts = self._counts[1:]
        self._position += 1
        return action

    def receive(self, chunk: Chunk, position: int) -> None:
        ahead = chunk[self._position - position :]
        if len(ahead) == 0:
            return
        self._observed_position = position
        self._averages = self._averages.reshape(-1, chunk.shape[1])
        known = min(len(self._averages), len(ahead))
        self._join(ahead[:known])
        fresh = ahead[known:]
        self._averages = np.concatenate([self._averages, fresh])
        self._counts = np.concatenate([self._counts, np.ones(len(fresh), dtype=np.int64)])

    def reset(self) -> None:
        self._position = 0
        self._observed_position = -1
        self._averages = np.empty((0, 0), dtype=np.float32)
        self._counts = np.empty(0, dtype=np.int64)

    def _join(self, predictions: Chunk) -> None:
        """Add one more prediction to the running averages of the next positions."""
        known = len(predictions)
        counts = np.minimum(self._counts[:known], self._chunk_size - 1)
        averages = self._averages[:known] * self._weight_sums[counts - 1, None]
        averages += predictions * self._weights[counts, None]
        averages /= self._weight_sums[counts, None]
        self._averages = np.concatenate([averages, self._averages[known:]])
        self._counts = np.concatenate([counts + 1, self._counts[known:]])


def make_schedule(
    name: str, chunk_size: int, action_steps: int, temporal_ensemble_coeff: float
) -> ActionSchedule:
    """
    Make the schedule of this name; raise ValueError for a name that is not in ``SCHEDULES``.

    Raises ValueError too when more steps are to be executed than a chunk has.
    """
    if not 1 <= action_steps <= chunk_size:
        raise ValueError(
            f'n_action_steps is {action_steps}, the policy predicts {chunk_size} actions at a '
            f'time: choose 1 to {chunk_size}'
        )
    if name == 'queue':
        return QueueSchedule(action_steps)
    if name == 'latest':
        return LatestSchedule()
    if name == 'ensemble':
        return EnsembleSchedule(chunk_size, temporal_ensemble_coeff)
    raise ValueError(f'schedule is {name!r}: choose one of {", ".join(SCHEDULES)}')
