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

"""Parameter files read without a node say and refuse what the node says and refuses."""

import pytest
import yaml

from attention_mapper_ros.nodes.policy_parameters import read_parameter_files


@pytest.fixture
def written(tmp_path):
    """Return a function that writes sections, a node's name to its parameters, to a file."""

    def write(name='robot.yaml', **sections):
        file = tmp_path / name
        text = {node: {'ros__parameters': values} for node, values in sections.items()}
        file.write_text(yaml.safe_dump(text), encoding='utf-8')
        return file

    return write


def test_shipped_file_is_read_with_a_policy_from_outside(project):
    file = project / 'config' / 'act_live.yaml'
    read = read_parameter_files([file], overrides={'policy': 'owner/policy'})
    assert read.config.policy == 'owner/policy'
    assert [camera.name for camera in read.config.cameras] == ['front', 'wrist']
    assert read.config.joints[5].name == 'gripper'
    assert read.live_values['attention.method'] == 'rollout'


def test_later_file_wins_for_what_it_names(project):
    files = [project / 'config' / name for name in ('act_live.yaml', 'demo.yaml')]
    config = read_parameter_files(files, overrides={'policy': 'owner/policy'}).config
    assert config.schedule == 'latest'
    assert {camera.resize for camera in config.cameras} == {'stretch'}
    assert config.rate_hz == 10.0


def test_section_of_the_node_counts_and_that_of_another_does_not(written):
    file = written(
        act_policy={'policy': 'a', 'rate_hz': 30.0, 'joints.names': ['pan']},
        other={'rate_hz': 5.0},
    )
    assert read_parameter_files([file]).config.rate_hz == 30.0


def test_section_with_a_namespace_counts_there_alone(written):
    file = written(
        **{
            '/left/act_policy': {'policy': 'a', 'rate_hz': 30.0},
            '/right/act_policy': {'policy': 'b'},
        }
    )
    assert read_parameter_files([file], namespace='/left').config.rate_hz == 30.0
    assert read_parameter_files([file], namespace='/right').config.policy == 'b'


def test_whole_number_serves_where_the_node_wants_a_float(written):
    rate_hz = read_parameter_files([written(act_policy={'policy': 'a', 'rate_hz': 15})])
    assert rate_hz.config.rate_hz == 15.0


def test_what_every_node_has_beside_its_own_is_no_unknown_parameter(written):
    values = {
        'policy': 'a',
        'use_sim_time': True,
        'qos_overrides./joint_states.subscription.depth': 3,
        'diagnostic_updater.period': 0.5,
    }
    assert read_parameter_files([written(act_policy=values)]).config.policy == 'a'


REFUSED = {
    'unknown name': ({'overlay.max_ration': 3.0}, 'overlay.max_ration is not known.*did you mean'),
    'out of range': ({'rate_hz': 0.0}, 'rate_hz is 0.0: choose a value from 0.1 to 500'),
    'unknown word': ({'schedule': 'fifo'}, "schedule is 'fifo': choose one of 'queue'"),
    'wrong type': ({'rate_hz': 'fast'}, "rate_hz is 'fast', of type str"),
    'no policy': ({'policy': ''}, 'policy is empty: set it to a LeRobot checkpoint'),
    'unknown camera': ({'cameras.left.topic': 'a'}, 'cameras.left.topic is not known'),
}


@pytest.mark.parametrize('values, words', REFUSED.values(), ids=REFUSED)
def test_parameter_that_the_node_refuses_is_refused(written, values, words):
    with pytest.raises(ValueError, match=words):
        read_parameter_files([written(act_policy={'policy': 'a', **values})])


def test_file_without_the_node_names_those_it_has(written):
    file = written(act_polcy={'policy': 'a'}, sim_robot={'seed': 3})
    with pytest.raises(
        ValueError, match='nothing for the node /act_policy, it has act_polcy, sim'
    ):
        read_parameter_files([file])


def test_missing_file_is_named_with_one_to_copy(tmp_path):
    with pytest.raises(ValueError, match=r'none\.yaml.*No such file.*copy config/act_live\.yaml'):
        read_parameter_files([tmp_path / 'none.yaml'])


def test_file_that_is_no_yaml_is_named(tmp_path):
    file = tmp_path / 'broken.yaml'
    file.write_text('policy: [a', encoding='utf-8')
    with pytest.raises(ValueError, match=r'broken\.yaml.* is not YAML'):
        read_parameter_files([file])
