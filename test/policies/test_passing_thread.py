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

"""Loading and warming up leave no thread behind that has run a model."""

import threading

import pytest

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.nodes.policy_check import warm_up
from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.adapter import PolicyError
from attention_mapper_ros.policies.passing_thread import on_passing_thread
from attention_mapper_ros.policies.registry import load_policy


@pytest.fixture
def model_threads(monkeypatch):
    """Collect the threads on which the model runs."""
    threads, forward = [], ActForward.forward

    def spied(self, *arguments):
        threads.append(threading.current_thread())
        return forward(self, *arguments)

    monkeypatch.setattr(ActForward, 'forward', spied)
    return threads


def test_no_thread_that_loaded_or_warmed_up_a_policy_lives_on(checkpoint, model_threads):
    warm_up(load_policy(checkpoint, 'cpu'), AttentionRequest())
    assert len(model_threads) >= 3
    assert not any(thread.is_alive() for thread in model_threads)


def test_what_is_raised_there_is_raised_here():
    def refuse():
        raise PolicyError('no')

    with pytest.raises(PolicyError, match='no'):
        on_passing_thread(refuse)


def test_what_it_returns_is_returned():
    assert on_passing_thread(lambda: threading.current_thread().name).startswith('passing')
