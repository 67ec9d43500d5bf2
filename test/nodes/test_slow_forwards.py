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

"""Forwards that take longer than a tick: actions keep their rate, overlays do not."""

from statistics import median

from act_checkpoints import make_act_checkpoint, random_observation
import numpy as np
import pytest

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.ros.interfaces import Image


@pytest.fixture(scope='module')
def slow_checkpoint(tmp_path_factory):
    """Return a policy whose forward takes several ticks, with chunks long enough for that."""
    return make_act_checkpoint(
        tmp_path_factory.mktemp('slow'),
        cameras=dict.fromkeys(('front', 'wrist'), (288, 384)),
        state=2,
        actions=2,
        chunk=100,
    )


def forward_seconds(checkpoint) -> float:
    """Return the median time of a forward on this machine, now."""
    adapter = load_policy(checkpoint, 'cpu')
    observation = random_observation(adapter.spec)
    seconds = median(adapter.infer(observation, AttentionRequest()).forward_s for _ in range(5))
    adapter.close()
    return seconds


def test_every_tick_has_its_action_while_a_forward_takes_several(
    make_graph, slow_checkpoint, until
):
    # Whatever this machine can do just now: about four ticks a forward.
    rate_hz = min(25.0, 4.0 / forward_seconds(slow_checkpoint))
    graph = make_graph(
        {
            'policy': str(slow_checkpoint),
            'rate_hz': rate_hz,
            'cameras.front.resize': 'stretch',
            'cameras.wrist.resize': 'stretch',
        }
    )
    overlays = graph.robot.hear('act_policy/attention/front/image', Image)

    def figures():
        return graph.robot.diagnostics()

    with graph.feeding(graph.robot.send_all, rate_hz=rate_hz):
        until(lambda: len(graph.robot.actions) >= 10, 'ten actions', timeout_s=120)
        before = until(figures, 'diagnostics')
        sent, seen = len(graph.robot.actions), len(overlays)
        # more than one chunk, so that the queue is refilled on the way
        until(lambda: len(graph.robot.actions) >= sent + 150, '150 actions', timeout_s=120)
        after = figures()
        sent, seen = len(graph.robot.actions) - sent, len(overlays) - seen
    ticks = int(after['tick']) - int(before['tick'])
    late = int(after['late_ticks']) - int(before['late_ticks'])
    assert late > 0.3 * ticks, 'the forwards are too fast for this test'
    # The reports come once a second: at both ends up to a second's ticks lie outside.
    assert sent == pytest.approx(ticks, abs=rate_hz + 1)
    assert seen < sent - 0.3 * ticks
    positions = np.array([action.position for action in graph.robot.actions])
    assert len(np.unique(positions, axis=0)) > 100
