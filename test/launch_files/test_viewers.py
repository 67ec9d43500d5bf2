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


"""attention.rviz and attention.perspective name the topics that the node publishes."""

import ast
from contextlib import ExitStack
import json

import pytest
import yaml

from attention_mapper_ros.nodes.attention_outputs import make_attention_outputs
from attention_mapper_ros.nodes.policy_config import StreamQos

# Topics are written with the node's own name, as no namespace is the common case.
NODE = '/act_policy'


class TopicNames:
    """A node whose publishers are the names of their topics."""

    def create_lifecycle_publisher(self, message_type, topic, qos, **options):
        return topic

    def destroy_lifecycle_publisher(self, publisher):
        pass

    def resolve_topic_name(self, topic):
        return topic.replace('~', NODE)

    def has_parameter(self, name):
        return False


@pytest.fixture(scope='module')
def overlays(project):
    """Name the overlay topics of the cameras in the default parameter file."""
    parameters = yaml.safe_load((project / 'config' / 'act_live.yaml').read_text(encoding='utf-8'))
    cameras = parameters['/**']['ros__parameters']['cameras']['names']
    qos = StreamQos('reliable', 1)
    outputs = make_attention_outputs(TopicNames(), cameras, qos, ExitStack())
    return {outputs.cameras[camera].image.replace('~', NODE) for camera in cameras}


def settings(group):
    """Walk a perspective: yield the path of each group with its settings."""
    for name, child in group['groups'].items():
        values = {key: ast.literal_eval(value['repr']) for key, value in child['keys'].items()}
        yield name, values
        yield from settings(child)


def test_rviz_shows_every_overlay(project, overlays):
    config = yaml.safe_load((project / 'config' / 'attention.rviz').read_text(encoding='utf-8'))
    displays = config['Visualization Manager']['Displays']
    assert {display['Class'] for display in displays} == {'rviz_default_plugins/Image'}
    assert {display['Topic']['Value'] for display in displays} == overlays


def test_rviz_keeps_the_overlays_own_colours(project):
    config = yaml.safe_load((project / 'config' / 'attention.rviz').read_text(encoding='utf-8'))
    displays = config['Visualization Manager']['Displays']
    assert not any(display['Normalize Range'] for display in displays)


def test_rqt_shows_every_overlay(project, overlays):
    text = (project / 'config' / 'attention.perspective').read_text(encoding='utf-8')
    topics = {values['topic'] for _, values in settings(json.loads(text)) if 'topic' in values}
    assert topics == overlays


def test_rqt_runs_exactly_the_plugins_that_it_has_settings_for(project):
    text = (project / 'config' / 'attention.perspective').read_text(encoding='utf-8')
    groups = dict(settings(json.loads(text)))
    running = groups['pluginmanager']['running-plugins']
    named = {
        f'plugin__{plugin.replace("/", "__")}__{number}'
        for plugin, numbers in running.items()
        for number in numbers
    }
    assert named == {name for name in groups if name.startswith('plugin__')}
