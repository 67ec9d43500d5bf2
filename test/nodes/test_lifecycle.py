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

"""The states of the policy node: what each transition does, what it leaves, and how it fails."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest

from attention_mapper_ros.ros.client import CLIENT, Node
from attention_mapper_ros.ros.interfaces import (
    ChangeState,
    SetBool,
    Transition,
)

TOPICS = {
    '/act_policy/action',
    '/act_policy/attention/share',
    '/front/image_raw',
    '/wrist/image_raw',
    '/joint_states',
}
EVERYTHING = {*TOPICS, 'enable', 'reset'}
STOPS_WITHIN_S = 60.0  # it must end, not hang, on a busy machine too


def of_the_policy(graph):
    """Return what is on the graph of what only a configured node has."""
    robot = graph.robot
    topics = {
        topic
        for topic in TOPICS
        for infos in (
            robot.get_publishers_info_by_topic(topic),
            robot.get_subscriptions_info_by_topic(topic),
        )
        if any(info.node_name == 'act_policy' for info in infos)
    }
    services = {'enable': robot.enable, 'reset': robot.reset}
    return topics | {name for name, client in services.items() if client.service_is_ready()}


def freed(reference):
    gc.collect()
    return reference() is None


def test_node_that_does_not_start_by_itself_waits_without_a_policy(make_graph, until):
    graph = make_graph({'autostart': False})
    assert graph.state() == 'unconfigured'
    until(lambda: not of_the_policy(graph), 'a graph without the policy')
    level, words = until(
        lambda: graph.robot.concern('policy')[1] and graph.robot.concern('policy'), 'a report'
    )
    assert (level, words) == (
        0,
        'unconfigured: no policy is loaded. Configure the node to load it',
    )


def test_standard_services_lead_the_node_through_its_life_twice(make_graph, until):
    graph = make_graph({'autostart': False})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        for _ in range(2):
            assert graph.transition('configure')
            assert graph.state() == 'inactive'
            until(lambda: of_the_policy(graph) == EVERYTHING, 'topics and services')
            answer = graph.call(robot.enable, SetBool.Request(data=True))
            assert (answer.success, answer.message) == (
                False,
                'the node is not active: activate it first (ros2 lifecycle set)',
            )
            assert graph.ticks() == 0
            sent = len(robot.actions)
            assert graph.transition('activate')
            assert graph.state() == 'active'
            until(lambda sent=sent: len(robot.actions) >= sent + 5, 'actions')
            assert not graph.transition('cleanup')
            assert graph.transition('deactivate')
            assert graph.state() == 'inactive'
            alive = weakref.ref(graph.policy._runtime._adapter)
            assert graph.transition('cleanup')
            assert graph.state() == 'unconfigured'
            until(lambda: not of_the_policy(graph), 'a graph without the policy')
            until(lambda alive=alive: freed(alive), 'an end of the adapter')
    assert graph.transition('configure')
    assert graph.transition('activate')
    assert graph.transition('shutdown')
    assert graph.state() == 'finalized'
    until(lambda: not of_the_policy(graph), 'a graph without the policy')


def test_deactivating_during_a_forward_lets_no_action_out_afterwards(make_graph, forwards, until):
    graph = make_graph({'schedule': 'latest'})
    robot, runtime = graph.robot, graph.policy._runtime
    held_up = forwards(graph)
    held_up.says = (0.25, 0.25)
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= 3, 'actions')
        held_up.close()
        late = runtime._pacer.late_ticks
        until(lambda: runtime._pacer.late_ticks >= late + 5, 'ticks that wait for the forward')
        held_up.says = (0.5, 0.5)
        assert graph.transition('deactivate')
        sent, tick = len(robot.actions), graph.ticks()
        held_up.open()
        until(runtime._inference._idle.is_set, 'the end of the forward')
        until(lambda: robot.diagnostics()['state'] == 'inactive', 'a report')
        assert (len(robot.actions), graph.ticks()) == (sent, tick)
        assert graph.transition('activate')
        until(lambda: len(robot.actions) >= sent + 3, 'actions again')
    assert {action.position[0] for action in robot.actions[sent:]} == {0.5}


def test_cleaning_up_during_a_forward_frees_the_policy_when_it_ends(
    make_graph, forwards, until, logged
):
    graph = make_graph()
    with graph.feeding(graph.robot.send_all):
        until(lambda: graph.robot.actions, 'an action')
        held_up = forwards(graph)
        held_up.close()
        alive = weakref.ref(graph.policy._runtime._adapter)
        inference = graph.policy._runtime._inference
        assert graph.transition('deactivate')
        assert graph.transition('cleanup')
        until(lambda: not of_the_policy(graph), 'a graph without the policy')
        assert alive() is not None
        held_up.open()
        until(inference._idle.is_set, 'the end of the forward')
        held_up.forget()
        del inference
        until(lambda: freed(alive), 'an end of the adapter')
        until(
            lambda: any('still running, leaving without it' in line for line in logged()),
            'a word about the forward',
        )
        assert graph.transition('configure')
        assert graph.transition('activate')
        sent = len(graph.robot.actions)
        until(lambda: len(graph.robot.actions) >= sent + 3, 'actions of the new policy')


def test_wrong_policy_can_be_set_right_and_configured(make_graph, until, checkpoint):
    graph = make_graph({'autostart': False, 'policy': '/nowhere/policy'})
    for _ in range(2):
        assert not graph.transition('configure')
        assert graph.state() == 'unconfigured'
    assert '/nowhere/policy' in graph.policy.refusal
    until(lambda: not of_the_policy(graph), 'a graph without the policy')
    result = graph.set_parameter('schedule', 'hope')
    assert not result.successful
    assert "schedule is 'hope': choose one of" in result.reason
    result = graph.set_parameter('cameras.names', ['front'])
    assert not result.successful
    assert graph.set_parameter('policy', str(checkpoint)).successful
    assert graph.set_parameter('rate_hz', 40.0).successful
    assert graph.transition('configure'), graph.policy.refusal
    result = graph.set_parameter('policy', '/nowhere/policy')
    assert not result.successful
    assert 'policy can be set while the node is unconfigured only, it is inactive' in result.reason
    assert graph.transition('activate')
    with graph.feeding(graph.robot.send_all):
        until(lambda: graph.robot.actions, 'an action')
        until(lambda: graph.robot.diagnostics().get('target_rate_hz') == '40', 'the new rate')


FAILS = {
    'topic': ('cameras.wrist.topic', 'wrist camera', "topic is 'wrist camera', which cannot be"),
    'override': (
        'qos_overrides./joint_states.subscription.reliability',
        'maybe',
        "reliability is 'maybe': choose one of",
    ),
    'camera': ('cameras.wrist.feature', 'observation.images.top', 'which the policy does not'),
}


@pytest.mark.parametrize('case', FAILS)
def test_configuring_that_fails_leaves_nothing_behind(make_graph, until, case):
    name, value, words = FAILS[case]
    graph = make_graph({'autostart': False, name: value})
    node = graph.policy
    kinds = ('publishers', 'subscriptions', 'services', 'timers', 'guards')
    before = {kind: len(list(getattr(node, kind))) for kind in kinds}
    for _ in range(2):
        assert not graph.transition('configure')
        assert words in node.refusal
        assert 'Traceback' not in node.refusal
        assert graph.state() == 'unconfigured'
        assert {kind: len(list(getattr(node, kind))) for kind in kinds} == before
    until(lambda: not of_the_policy(graph), 'a graph without the policy')
    right = {'topic': 'wrist/image_raw', 'override': 'reliable'}
    assert graph.set_parameter(name, right.get(case, 'observation.images.wrist')).successful
    assert graph.transition('configure'), node.refusal


@pytest.fixture
def operator(ros):
    """Return a node that leads others by their services; nothing spins it."""
    node = Node('operator')
    yield node
    node.destroy_node()


def test_sigterm_ends_the_executable_while_it_configures(operator, checkpoint, until):
    process = subprocess.Popen(
        [
            *(sys.executable, '-m', 'attention_mapper_ros.nodes.act_policy', '--ros-args'),
            *('-p', 'autostart:=false', '-p', f'policy:={checkpoint}', '-p', 'device:=cpu'),
            *('-p', 'joints.names:=[pan, lift]'),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'ATTENTION_MAPPER_ROS_CLIENT': CLIENT, 'OMP_NUM_THREADS': '1'},
    )
    try:
        said = []
        listener = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
        listener.start()
        client = operator.create_client(ChangeState, 'act_policy/change_state')

        def configures():
            # A request that comes while the two get to know each other can be lost.
            client.call_async(ChangeState.Request(transition=Transition(label='configure')))
            time.sleep(0.2)
            return any('loading policy' in line for line in said)

        until(configures, 'a request to configure', timeout_s=STOPS_WITHIN_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_S) == 0, said
        listener.join()
        assert 'Traceback' not in ''.join(said)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
