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

"""config/act_live.yaml: every parameter that the node has, and no other."""

import pytest
import yaml

from attention_mapper_ros.nodes.act_policy_config import (
    camera_parameters,
    joint_parameters,
    NODE_PARAMETERS,
)
from attention_mapper_ros.nodes.live_parameters import LIVE_PARAMETERS


def flat(tree, prefix=''):
    """Return a nested mapping as dotted names, as ROS reads parameter files."""
    leaves = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            leaves.update(flat(value, f'{prefix}{name}.'))
        else:
            leaves[f'{prefix}{name}'] = value
    return leaves


@pytest.fixture(scope='module')
def in_file(project):
    text = (project / 'config' / 'act_live.yaml').read_text(encoding='utf-8')
    return flat(yaml.safe_load(text)['/**']['ros__parameters'])


@pytest.fixture(scope='module')
def documented(in_file):
    docs = [*NODE_PARAMETERS, *LIVE_PARAMETERS]
    for name in in_file['cameras.names']:
        docs += camera_parameters(name)
    for index, name in enumerate(in_file['joints.names']):
        docs += joint_parameters(name, index)
    return {doc.name: doc for doc in docs}


def test_file_has_every_parameter_and_no_other(in_file, documented):
    assert set(in_file) == set(documented)


def test_values_in_the_file_are_allowed(in_file, documented):
    for name, doc in documented.items():
        doc.check(in_file[name])
        assert isinstance(in_file[name], type(doc.default)), name


def test_file_says_the_defaults_where_they_do_not_depend_on_the_robot(in_file, documented):
    for name, doc in documented.items():
        if not name.startswith('joints.'):
            assert in_file[name] == doc.default, name


def test_live_parameters_are_marked(project, documented):
    """Each live parameter's comment says so, and no other's does."""
    lines = (project / 'config' / 'act_live.yaml').read_text(encoding='utf-8').splitlines()
    comment: list[str] = []
    live = set()
    for line in lines:
        stripped = line.strip()
        if stripped.startswith('#'):
            comment.append(stripped)
        else:
            if any('(live)' in part for part in comment):
                live.add(stripped.split(':')[0])
            if stripped.split(':')[0] != 'opacity_low':  # shares its comment with opacity_high
                comment = []
    expected = {name.split('.')[1] for name, doc in documented.items() if doc.live}
    assert live == expected


@pytest.mark.parametrize('name', [doc.name for doc in (*NODE_PARAMETERS, *LIVE_PARAMETERS)])
def test_every_parameter_is_described(documented, name):
    doc = documented[name]
    assert len(doc.description) > 10
    assert doc.descriptor().description == doc.description
    assert doc.descriptor().read_only is not doc.live
