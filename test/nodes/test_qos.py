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

"""The quality of service of the policy node's topics: what decides it, and what does not fit."""

import pytest

from attention_mapper_ros.ros.client import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from attention_mapper_ros.ros.interfaces import Image, JointState

BEST_EFFORT, RELIABLE = ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE
JOINTS_OVERRIDE = 'qos_overrides./joint_states.subscription'
ACTION_OVERRIDE = 'qos_overrides./act_policy/action.publisher'
STREAMS = {
    '/front/image_raw': 'cameras.front.',
    '/wrist/image_raw': 'cameras.wrist.',
    '/joint_states': 'joints.',
    '/act_policy/action': 'action_',
    '/act_policy/attention/share': 'attention.',
    '/act_policy/attention/wrist/image/compressed': 'attention.',
    '/act_policy/attention/grid': 'attention.',
}


def reliabilities(graph):
    """Return what others see of every stream's reliability, empty while one is not seen."""
    robot = graph.robot
    found = {}
    for topic in STREAMS:
        infos = [
            *robot.get_publishers_info_by_topic(topic),
            *robot.get_subscriptions_info_by_topic(topic),
        ]
        of_policy = [info for info in infos if info.node_name == 'act_policy']
        if len(of_policy) != 1:
            return {}
        found[topic] = of_policy[0].qos_profile.reliability
    return found


def depths(graph):
    """Return the history depth of every stream, which no participant tells the others."""
    node = graph.policy
    ends = [*node.publishers, *node.subscriptions]
    found = {end.topic_name: end.qos_profile.depth for end in ends}
    return {topic: found[topic] for topic in STREAMS}


def test_defaults_match_every_driver_and_every_viewer(graph, until):
    offered = until(lambda: reliabilities(graph), 'all streams on the graph')
    for topic, parameter in STREAMS.items():
        asked = parameter.startswith(('cameras', 'joints'))
        assert offered[topic] == (BEST_EFFORT if asked else RELIABLE), topic
    assert set(depths(graph).values()) == {1}


def test_reliability_and_depth_are_what_the_parameters_say(make_graph, until):
    depth = {'cameras.front.': 3, 'cameras.wrist.': 1, 'joints.': 4, 'action_': 5, 'attention.': 6}
    word = {
        'cameras.front.': 'reliable',
        'cameras.wrist.': 'best_effort',
        'joints.': 'reliable',
        'action_': 'best_effort',
        'attention.': 'best_effort',
    }
    graph = make_graph(
        {f'{prefix}depth': value for prefix, value in depth.items()}
        | {f'{prefix}reliability': value for prefix, value in word.items()}
    )
    offered = until(lambda: reliabilities(graph), 'all streams on the graph')
    assert offered == {t: ReliabilityPolicy[word[p].upper()] for t, p in STREAMS.items()}
    assert depths(graph) == {topic: depth[prefix] for topic, prefix in STREAMS.items()}


def test_overrides_win_and_what_is_set_later_counts_when_configured_again(make_graph, until):
    graph = make_graph(
        {
            'autostart': False,
            'joints.reliability': 'best_effort',
            f'{JOINTS_OVERRIDE}.reliability': 'reliable',
            f'{JOINTS_OVERRIDE}.depth': 7,
            f'{ACTION_OVERRIDE}.reliability': 'best_effort',
        }
    )
    assert graph.transition('configure')
    offered = until(lambda: reliabilities(graph), 'all streams on the graph')
    assert offered['/joint_states'] == RELIABLE
    assert offered['/act_policy/action'] == BEST_EFFORT
    assert offered['/front/image_raw'] == BEST_EFFORT
    assert depths(graph)['/joint_states'] == 7
    refused = graph.set_parameter(f'{JOINTS_OVERRIDE}.depth', 9)
    assert not refused.successful
    assert 'while the node is unconfigured only' in refused.reason
    assert graph.transition('cleanup')
    until(lambda: not reliabilities(graph), 'streams that leave the graph')
    assert graph.set_parameter('joints.depth', 2).successful
    assert graph.set_parameter('cameras.front.reliability', 'reliable').successful
    assert graph.set_parameter('cameras.front.depth', 8).successful
    assert graph.set_parameter(f'{JOINTS_OVERRIDE}.depth', 9).successful
    assert graph.transition('configure')
    offered = until(lambda: reliabilities(graph), 'all streams on the graph')
    assert offered['/front/image_raw'] == RELIABLE
    assert depths(graph)['/front/image_raw'] == 8
    assert depths(graph)['/joint_states'] == 9


def test_publisher_that_offers_less_is_named_with_the_parameter_to_change(
    make_graph, until, logged
):
    graph = make_graph({'joints.reliability': 'reliable', 'cameras.wrist.reliability': 'reliable'})
    robot = graph.robot
    careless = QoSProfile(depth=1, reliability=BEST_EFFORT)
    robot.create_publisher(JointState, 'joint_states', careless)
    robot.create_publisher(Image, 'wrist/image_raw', careless)
    for topic, parameter in (
        ('/joint_states', 'joints.reliability'),
        ('/wrist/image_raw', 'cameras.wrist.reliability'),
    ):
        words = (
            f'a publisher on {topic} offers less reliability than this node asks for, nothing of '
            f'it is received: set {parameter} to best_effort'
        )
        until(lambda words=words: any(words in line for line in logged()), words)


def test_subscriber_that_asks_for_more_is_named_with_the_parameter_to_change(
    make_graph, until, logged
):
    graph = make_graph(
        {'action_reliability': 'best_effort', 'attention.reliability': 'best_effort'}
    )
    robot = graph.robot
    demanding = QoSProfile(depth=1, reliability=RELIABLE)
    keeping = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    keeping.reliability = BEST_EFFORT
    share = '/act_policy/attention/wrist/map'
    for topic, kind, qos in (
        ('act_policy/action', JointState, demanding),
        (share, Image, demanding),
        ('act_policy/attention/front/map', Image, keeping),
    ):
        robot.create_subscription(kind, topic, lambda message: None, qos)
    override = 'qos_overrides./act_policy/attention/front/map.publisher.durability'
    for words in (
        'a subscriber of /act_policy/action asks for more reliability than this node offers, '
        'nothing reaches it: set action_reliability to reliable, or the subscriber to best effort',
        f'a subscriber of {share} asks for more reliability than this node offers, nothing '
        'reaches it: set attention.reliability to reliable, or the subscriber to best effort',
        'a subscriber of /act_policy/attention/front/map asks for more durability than this node '
        f'offers, nothing reaches it: set parameter {override}, or change the subscriber',
    ):
        until(lambda words=words: any(words in line for line in logged()), words)


@pytest.mark.parametrize('durability', ['volatile', 'transient_local'])
def test_parameter_that_is_named_for_durability_makes_both_ends_fit(make_graph, until, durability):
    graph = make_graph({f'{ACTION_OVERRIDE}.durability': durability})
    robot = graph.robot
    kept = []
    robot.create_subscription(
        JointState,
        'act_policy/action',
        kept.append,
        QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
    )
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= 10, 'actions')
        if durability == 'transient_local':
            until(lambda: kept, 'an action for who asks for durability')
    assert bool(kept) == (durability == 'transient_local')
