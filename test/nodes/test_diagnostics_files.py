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

"""What is written about diagnostics, against what the nodes publish."""

from __future__ import annotations

from collections.abc import Callable
import re
from typing import Any

import pytest
import yaml

from attention_mapper_ros.nodes.policy_concerns import CONCERNS, PolicyConcerns
from attention_mapper_ros.nodes.policy_figures import InputFigures, PolicyFigures, TickFigures
from attention_mapper_ros.nodes.policy_status import PolicyStatus
from attention_mapper_ros.nodes.sim_robot import SimRobotNode
from attention_mapper_ros.ros.client import Node, Parameter, rclpy
from attention_mapper_ros.ros.interfaces import DiagnosticArray

FIGURES = PolicyFigures(
    state='active',
    policy='x',
    ticks=TickFigures(skipped={'stale': 1}),
    inputs={'front': InputFigures(0.1, 30.0, 1, 0)},
)
NAMESPACES = ('/', '/left', '/cell_2/right')


@pytest.fixture
def published(ros: None) -> Callable[..., set[str]]:
    """Return a function that returns the names of the statuses that a new node publishes."""

    def names(make: Callable[..., Any], count: int, **node_options: Any) -> set[str]:
        listener, found = Node('listener'), set()

        def take(message: Any) -> None:
            found.update(status.name for status in message.status if status.values)

        ear = listener.create_subscription(DiagnosticArray, '/diagnostics', take, 50)
        node = make(**node_options)
        executor = rclpy.executors.SingleThreadedExecutor()
        executor.add_node(listener)
        executor.add_node(node)
        for _ in range(1000):
            if len(found) == count:
                break
            executor.spin_once(timeout_sec=0.05)
        executor.shutdown()
        listener.destroy_subscription(ear)
        if isinstance(node, SimRobotNode):
            node.close()
        for one in (node, listener):
            one.destroy_node()
        return found

    return names


def policy_node(**node_options: Any) -> Node:
    node = Node('act_policy', **node_options)
    node.status = PolicyStatus(node, lambda: FIGURES)
    return node


def matches(analyzer: dict[str, Any], name: str) -> bool:
    """Say what GenericAnalyzer::match says."""
    return any(re.fullmatch(pattern, name) for pattern in analyzer.get('regex', ())) or any(
        name.startswith(start) for start in analyzer.get('startswith', ())
    )


def branches(analyzers: dict[str, Any], name: str, path: str = '') -> list[str]:
    """Return the paths under which the aggregator shows a status."""
    found = []
    for analyzer in analyzers.values():
        if not isinstance(analyzer, dict):
            continue
        own = f'{path}/{analyzer["path"]}'
        if analyzer['type'] == 'diagnostic_aggregator/AnalyzerGroup':
            found += branches(analyzer['analyzers'], name, own)
        else:
            assert analyzer['type'] == 'diagnostic_aggregator/GenericAnalyzer'
            # An integer, the aggregator does not take.
            assert isinstance(analyzer['timeout'], float)
            found += [own] if matches(analyzer, name) else []
    return found


@pytest.fixture(scope='module')
def in_file(project):
    text = (project / 'config' / 'diagnostics.yaml').read_text(encoding='utf-8')
    return yaml.safe_load(text)['analyzers']['ros__parameters']


@pytest.fixture(scope='module')
def doc(project):
    return (project / 'doc' / 'diagnostics.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('namespace', NAMESPACES)
def test_each_status_of_the_policy_node_is_in_one_branch(published, in_file, namespace):
    names = published(policy_node, len(CONCERNS), namespace=namespace)
    shown = {name.rpartition(': ')[2]: branches(in_file, name) for name in names}
    assert shown == {
        'policy': ['/Policy'],
        'ticks': ['/Policy'],
        'forward': ['/Policy'],
        'inputs': ['/Inputs'],
        'actions': ['/Actions'],
        'attention': ['/Attention'],
    }


def test_names_without_a_namespace_are_matched_too(published, in_file):
    override = Parameter('diagnostic_updater.use_fqn', value=False)
    names = published(
        policy_node, len(CONCERNS), namespace='/left', parameter_overrides=[override]
    )
    assert 'act_policy: inputs' in names
    assert all(len(branches(in_file, name)) == 1 for name in names)


@pytest.mark.parametrize('namespace', NAMESPACES)
def test_status_of_the_simulated_robot_is_in_its_branch(published, in_file, namespace):
    names = published(SimRobotNode, 1, namespace=namespace)
    assert [branches(in_file, name) for name in names] == [['/Simulated robot']]


@pytest.mark.parametrize(
    'name', ['my_act_policy: inputs', 'act_policy_2: inputs', 'camera: act_policy: inputs']
)
def test_statuses_of_other_nodes_are_left_alone(in_file, name):
    assert branches(in_file, name) == []


def test_tree_of_robots_in_the_doc_has_a_branch_for_each(published, doc):
    example = yaml.safe_load(re.search(r'```yaml\n(.*?)```', doc, re.DOTALL).group(1))
    analyzers = example['analyzers']['ros__parameters']
    for robot in ('left', 'right'):
        names = published(policy_node, len(CONCERNS), namespace=f'/{robot}')
        shown = {path for name in names for path in branches(analyzers, name)}
        assert shown == {f'/{robot.capitalize()}/Policy'}


def test_every_key_is_in_the_doc_with_its_concern(doc):
    table = doc[doc.index('## Keys') : doc.index('## The aggregator')]
    concern, documented = '', {}
    for row in table.splitlines():
        if row.startswith('|'):
            first, keys = row.split('|')[1:3]
            concern = first.strip('` ') or concern
            documented |= dict.fromkeys(re.findall('`(.*?)`', keys), concern)
    published = {
        key.replace('front', '<stream>').replace('stale', '<kind>'): concern
        for concern, report in PolicyConcerns().judge(FIGURES).items()
        for key in report.values
    }
    assert documented == published
