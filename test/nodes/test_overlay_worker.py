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

"""The drawing thread: what it shows of what it is given."""

import threading

from act_checkpoints import random_observation
import numpy as np
import pytest

from attention_mapper_ros.nodes.attention_outputs import (
    AttentionOutputs,
    CameraOutputs,
    HeadOutputs,
)
from attention_mapper_ros.nodes.inference_worker import InferenceRequest, InferenceResult
from attention_mapper_ros.nodes.live_parameters import live_config, LIVE_PARAMETERS
from attention_mapper_ros.nodes.overlay_worker import OverlayJob, OverlayWorker
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.rendering.overlay import OverlayAnnotator
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import Header
from attention_mapper_ros.ros.observations import CameraInput, ObservationBuilder

CAMERAS = {
    name: CameraInput(name, f'observation.images.{name}', 64, 96, False, 'none')
    for name in ('front', 'wrist')
}


class Topic:
    """A publisher with one subscriber, who may hold it up."""

    def __init__(self, subscribers=1):
        self._subscribers = subscribers
        self.messages = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.reached = threading.Event()

    def get_subscription_count(self):
        return self._subscribers

    def publish(self, message):
        self.reached.set()
        assert self.go_on.wait(20)
        self.messages.append(message)


def live(**changes):
    values = {doc.name: doc.default for doc in LIVE_PARAMETERS}
    values.update({f'attention.{name}': value for name, value in changes.items()})
    return live_config(values, ('pan', 'lift'), 4)


@pytest.fixture(scope='module')
def adapter(checkpoint):
    adapter = load_policy(checkpoint, 'cpu')
    yield adapter
    adapter.close()


@pytest.fixture
def job(adapter):
    """Return a function: a result of the policy for these settings."""
    observations = ObservationBuilder(CAMERAS)

    def make(tick, config):
        seen = random_observation(adapter.spec, seed=tick)
        images = {
            name: encode_image(seen.images[camera.feature], Header())
            for name, camera in CAMERAS.items()
        }
        request = InferenceRequest(tick, 0, 0, 0, images, seen.state, config.request)
        inference = adapter.infer(seen, config.request)
        frames = observations.frames(images)
        return OverlayJob(InferenceResult(request, frames, inference), dict.fromkeys(CAMERAS, 0.0))

    return make


@pytest.fixture
def labels(monkeypatch):
    """Return every label that is drawn on the front camera's overlay."""
    drawn = []
    annotate = OverlayAnnotator.annotate

    def keep(self, frame, attention_map, geometry, shares, camera, label, quantity):
        if camera == 'front':
            drawn.append(label)
            assert quantity == ('relevance' if 'gradient' in label else 'attention')
        return annotate(self, frame, attention_map, geometry, shares, camera, label, quantity)

    monkeypatch.setattr(OverlayAnnotator, 'annotate', keep)
    return drawn


@pytest.fixture
def share():
    return Topic()


@pytest.fixture
def errors():
    return []


@pytest.fixture
def worker(share, errors):
    outputs = AttentionOutputs(
        share=share,
        cameras={name: CameraOutputs(Topic(), Topic(0), Topic(0)) for name in CAMERAS},
        heads=HeadOutputs(Topic(0), Topic(0), Topic(0)),
    )
    worker = OverlayWorker(CAMERAS, outputs, live(), errors.append)
    worker.start()
    yield worker
    share.go_on.set()
    worker.close(10.0)
    assert errors == []


def test_what_waits_to_be_drawn_is_left_out_when_the_settings_change(
    worker, share, job, labels, until
):
    before, after = live(), live(method='gradient', target='lift', baseline='blank', head=1)
    jobs = [job(1, before), job(2, before), job(3, before), job(4, after)]
    share.go_on.clear()
    worker.offer(jobs[0])
    assert share.reached.wait(20)
    worker.offer(jobs[1])  # waits behind the one that is held up
    worker.follow(after)
    worker.offer(jobs[2])  # a forward that was under way
    share.go_on.set()
    until(lambda: len(labels) == 1, 'the one that was being drawn')
    worker.offer(jobs[3])
    until(lambda: len(labels) == 2, 'the first one of the new settings')
    assert labels[0].endswith('\nrollout, last layer, mean of heads, queries 0-3')
    assert labels[1] == (
        'tick 4 · age 0 ms\ngradient of lift, last layer, head 1, queries 0-3, minus blank picture'
    )
    assert worker.dropped == 0


def test_newer_result_replaces_a_waiting_one_and_is_counted(worker, share, job, labels, until):
    jobs = [job(tick, live()) for tick in (1, 2, 3)]
    share.go_on.clear()
    worker.offer(jobs[0])
    assert share.reached.wait(20)
    worker.offer(jobs[1])
    worker.offer(jobs[2])
    share.go_on.set()
    until(lambda: len(labels) == 2, 'two overlays')
    assert [label.partition(' · ')[0] for label in labels] == ['tick 1', 'tick 3']
    assert worker.dropped == 1


def test_shares_are_those_of_the_request(worker, share, job, until):
    made = job(1, live())
    worker.offer(made)
    until(lambda: share.messages, 'the shares')
    expected = list(made.result.inference.maps().shares.values())
    np.testing.assert_allclose(share.messages[0].data, expected, atol=1e-6)


def test_forward_asks_for_every_head_only_when_somebody_wants_them(errors):
    def asked(config, share=0, weights=0, grid=0):
        outputs = AttentionOutputs(
            Topic(share), {}, HeadOutputs(Topic(weights), Topic(grid), Topic(0))
        )
        return OverlayWorker({}, outputs, config, errors.append).wanted()

    assert asked(live()) is None
    assert asked(live(), weights=1) is None  # opt-in
    assert asked(live(), share=1) == live().request
    assert asked(live(), grid=1).head_weights
    assert asked(live(publish_weights=True), weights=1).head_weights
    assert not asked(live(publish_weights=True), share=1).head_weights
