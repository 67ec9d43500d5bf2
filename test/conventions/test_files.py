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


"""Conventions about files that no linter knows."""

import re

NAMES_OF_DRAWERS = {'utils', 'util', 'helpers', 'helper', 'common', 'misc'}
A_MACHINE_S_PATH = re.compile(r'(?<![\w.~])/(?:home|root|work|Users)/[\w.-]+/')
# Which index to install from is the machine's to say.
AN_INDEX = re.compile(
    '|'.join([r'pypi\.' + 'org', 'python' + 'hosted', r'download\.' + 'pytorch'])
)


def text_of(path):
    try:
        return path.read_text(encoding='utf-8')
    except UnicodeDecodeError:
        return ''


def test_every_python_file_starts_with_the_copyright_header(project_files, project):
    header = ''.join(
        (project / 'setup.py').read_text(encoding='utf-8').partition('limitations')[:2]
    )
    without = [
        path
        for path in project_files
        if path.suffix == '.py' and text_of(path) and not text_of(path).startswith(header)
    ]
    assert not without


def test_no_file_is_a_drawer(project_files):
    assert not [path for path in project_files if path.stem.lower() in NAMES_OF_DRAWERS]


def test_no_file_names_a_path_of_the_machine_it_was_written_on(project_files):
    named = {path: A_MACHINE_S_PATH.findall(text_of(path)) for path in project_files}
    assert not {path: found for path, found in named.items() if found}


def test_no_file_names_a_package_index(project_files):
    assert not [path for path in project_files if AN_INDEX.search(text_of(path))]
