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


"""demo.launch.py: the simulated arm never leaves this machine."""

import pytest


@pytest.fixture
def entities(load_launch_file):
    def entities():
        [entities] = load_launch_file('demo.launch.py').generate_launch_description().arguments
        return entities

    return entities


@pytest.mark.parametrize(
    ('distribution', 'variable'),
    [
        ('humble', ('ROS_LOCALHOST_ONLY', '1')),
        ('jazzy', ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')),
    ],
)
def test_loopback_is_set_before_any_node_starts(entities, monkeypatch, distribution, variable):
    monkeypatch.setenv('ROS_DISTRO', distribution)
    kinds = [said.what for said in entities()]
    [setting] = [said for said in entities() if said.what == 'SetEnvironmentVariable']
    assert setting.arguments == variable
    assert kinds.index('SetEnvironmentVariable') < kinds.index('Node')


def test_demo_starts_robot_policy_and_page(entities):
    nodes = [said.executable for said in entities() if said.what == 'Node']
    assert nodes == ['sim_robot', 'act_policy', 'attention_page']


def test_policy_is_the_one_that_comes_with_the_package(entities, project):
    [policy] = [said for said in entities() if said.options.get('executable') == 'act_policy']
    *files, override = policy.parameters
    assert files == [str(project / 'config' / name) for name in ('act_live.yaml', 'demo.yaml')]
    assert override == {'policy': str(project / 'attention_mapper_ros' / 'sim' / 'checkpoint')}


def test_arguments_are_described(entities):
    arguments = [said for said in entities() if said.what == 'DeclareLaunchArgument']
    assert arguments
    assert all(said.description for said in arguments)
