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


"""The inference thread: one forward at a time, and no silent death."""

import sys
import threading
import time

from act_checkpoints import random_observation
import numpy as np
import pytest

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.nodes.inference_worker import InferenceRequest, InferenceWorker
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import Header
from attention_mapper_ros.ros.observations import CameraInput, ObservationBuilder

CAMERAS = {
    name: CameraInput(name, f'observation.images.{name}', 64, 96, False, 'none')
    for name in ('front', 'wrist')
}


@pytest.fixture(scope='module')
def adapter(checkpoint):
    adapter = load_policy(checkpoint, 'cpu')
    yield adapter
    adapter.close()


@pytest.fixture
def done():
    return threading.Event()


@pytest.fixture
def worker(adapter, done):
    worker = InferenceWorker(adapter, ObservationBuilder(CAMERAS), done.set)
    worker.start()
    yield worker
    worker.close(10.0)


def request_of(adapter, tick: int = 1, state: object = None) -> InferenceRequest:
    observation = random_observation(adapter.spec, seed=tick)
    images = {
        name: encode_image(observation.images[camera.feature], Header())
        for name, camera in CAMERAS.items()
    }
    state = observation.state if state is None else state
    return InferenceRequest(tick, 0, 0, 0, images, state, AttentionRequest())


def both_results(worker):
    """Wait for the actions and the rest of one forward."""
    results, deadline = [], time.monotonic() + 20
    while len(results) < 2:
        assert time.monotonic() < deadline
        results += worker.results()
        time.sleep(0.01)
    return results


def test_result_is_the_forward_of_the_requests_own_frames(adapter, worker, done):
    assert worker.offer(request_of(adapter, tick=3))
    chunk, result = both_results(worker)
    direct = adapter.infer(random_observation(adapter.spec, seed=3), AttentionRequest())
    np.testing.assert_array_equal(chunk.actions, direct.actions)
    np.testing.assert_array_equal(result.inference.actions, direct.actions)
    assert chunk.request is result.request
    assert chunk.forward_s == result.inference.forward_s
    assert set(result.frames) == {'front', 'wrist'}


def test_second_request_is_refused_while_a_forward_runs(adapter, worker, done):
    assert worker.offer(request_of(adapter))
    assert not worker.offer(request_of(adapter, tick=2))
    assert [result.request.tick for result in both_results(worker)] == [1, 1]


class HeldUp:
    """A policy that has its actions, and stops before its attention until it may go on."""

    def __init__(self, adapter, error=None):
        self._adapter = adapter
        self._error = error
        self.go_on = threading.Event()

    def infer(self, observation, request, on_actions):
        def held(actions, seconds):
            on_actions(actions, seconds)
            assert self.go_on.wait(20)
            if self._error:
                raise self._error

        return self._adapter.infer(observation, request, held)


@pytest.mark.parametrize('error', [None, RuntimeError('out of memory')])
def test_actions_are_there_before_attention_is_even_when_it_fails(adapter, done, error):
    policy = HeldUp(adapter, error)
    worker = InferenceWorker(policy, ObservationBuilder(CAMERAS), done.set)
    worker.start()
    assert worker.offer(request_of(adapter))
    assert done.wait(20)
    [chunk] = worker.results()
    assert np.isfinite(chunk.actions).all()
    assert not worker.offer(request_of(adapter, tick=2))
    done.clear()
    policy.go_on.set()
    assert done.wait(20)
    [result] = worker.results()
    assert result.error is error
    assert result.acted == (error is not None)
    worker.close(10.0)


def test_observation_that_does_not_fit_is_an_error_and_the_next_one_runs(adapter, worker, done):
    worker.offer(request_of(adapter, state=np.full(2, np.nan, dtype=np.float32)))
    assert done.wait(20)
    [result] = worker.results()
    assert result.inference is None
    assert isinstance(result.error, ValueError)
    done.clear()
    assert worker.offer(request_of(adapter))
    assert both_results(worker)[1].error is None


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_thread_that_dies_says_so_where_its_results_are_fetched(
    adapter, worker, done, monkeypatch
):
    monkeypatch.setattr(adapter, 'infer', lambda *asked: sys.exit('a library ended the thread'))
    worker.offer(request_of(adapter))
    assert done.wait(20)
    deadline = time.monotonic() + 5
    with pytest.raises(RuntimeError, match='the inference thread has ended'):
        while time.monotonic() < deadline:
            worker.results()


def test_whatever_the_model_raises_is_survived_and_reported(adapter, worker, done):
    worker.offer(request_of(adapter, state='no numbers at all'))
    assert done.wait(20)
    [result] = worker.results()
    assert isinstance(result.error, Exception)
    assert not result.unusable
    worker.offer(request_of(adapter))
    assert both_results(worker)[-1].inference is not None


def test_forward_that_outlives_the_worker_wakes_nobody(adapter):
    calls = []
    policy = HeldUp(adapter)
    worker = InferenceWorker(policy, ObservationBuilder(CAMERAS), lambda: calls.append(1))
    worker.start()
    assert worker.offer(request_of(adapter))
    deadline = time.monotonic() + 20
    while not calls:  # its actions are there, its attention is not
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not worker.close(0.1)
    policy.go_on.set()
    assert worker.close(20.0)
    assert len(calls) == 1
