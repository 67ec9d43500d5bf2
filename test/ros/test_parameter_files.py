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

"""Parameter files: wildcards, namespaces, types, and errors that name file and key."""

import math

import pytest

from attention_mapper_ros.ros.parameter_file import (
    load_parameter_file,
    overrides_for,
    parse_value,
)


@pytest.fixture
def merged(tmp_path):
    """Load a text as a parameter file and return what one node gets from it."""

    def merge(text, namespace='/arm', name='camera'):
        file = tmp_path / 'file.yaml'
        file.write_text(text)
        return overrides_for(load_parameter_file(str(file)), namespace, name)

    return merge


@pytest.mark.parametrize(
    'key', ['/**', '/*/camera', '/arm/camera', 'camera', '/**/camera', '/arm/*', '/arm/**']
)
def test_a_key_names_the_node(merged, key):
    assert merged(f'{key}:\n  ros__parameters: {{a: 1}}\n') == {'a': 1}


@pytest.mark.parametrize('key', ['/camera', '/*', '/other/camera', 'cam', '/arm/camera/x'])
def test_a_key_does_not_name_another_node(merged, key):
    assert merged(f'{key}:\n  ros__parameters: {{a: 1}}\n') == {}


def test_namespaces_may_be_nested(merged):
    assert merged('arm:\n  camera:\n    ros__parameters: {a: 1}\n') == {'a': 1}
    assert merged('/arm:\n  camera:\n    ros__parameters: {a: 1}\n') == {'a': 1}


def test_later_entries_win_and_groups_are_flattened(merged):
    text = (
        '/**:\n  ros__parameters: {a: 1, b: {c: 1, d: [1.5]}}\n'
        'camera:\n  ros__parameters: {b: {c: 2}}\n'
    )
    assert merged(text) == {'a': 1, 'b.c': 2, 'b.d': [1.5]}


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('12', 12),
        ('0x10', 16),
        ('-1.5', -1.5),
        ('1e-3', 0.001),
        ('.inf', math.inf),
        ('yes', True),
        ('"yes"', 'yes'),
        ('/front/image_raw', '/front/image_raw'),
        ('2024-01-02', '2024-01-02'),
        ('', ''),
        ('[true, false]', [True, False]),
        ('[]', []),
    ],
)
def test_values_have_the_type_that_rcl_infers(text, value):
    parsed = parse_value(text, '-p')
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('camera:\n  ros__parameters: {a: [1, x]}\n', "'a'.*one type.*int, str"),
        ('camera:\n  ros__parameters: {a: {b: }}\n', "'a.b' has no value"),
        ('camera: 3\n', "'camera'.*must hold ros__parameters"),
        ('- a\n', 'must map node names'),
        ('a: [\n', 'is not YAML'),
        ('camera:\n  ros__parameters: [1]\n', "'camera' must be a map"),
    ],
)
def test_errors_name_the_file_and_the_key(merged, text, said):
    with pytest.raises(RuntimeError, match=rf'file\.yaml.*{said}|{said}') as caught:
        merged(text)
    assert 'file.yaml' in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(RuntimeError, match=r'/no/such/file.yaml.*No such file'):
        load_parameter_file('/no/such/file.yaml')
