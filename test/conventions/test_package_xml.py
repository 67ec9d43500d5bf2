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


"""package.xml is what REP 149 wants, and says the same as setup.py and the code."""

import ast
import subprocess
import sys

from catkin_pkg.package import parse_package
import pytest

PACKAGE = 'attention_mapper_ros'


@pytest.fixture(scope='module')
def package(project):
    warnings = []
    # Raises for what REP 149 forbids.
    package = parse_package(str(project / 'package.xml'), warnings=warnings)
    assert not warnings
    return package


def setup_py_says(project, *questions):
    answer = subprocess.run(
        [sys.executable, 'setup.py', '--quiet', *(f'--{question}' for question in questions)],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.splitlines()


def test_it_is_an_ament_python_package_of_format_3(package):
    assert package.name == PACKAGE
    assert package.package_format == 3
    assert package.get_build_type() == 'ament_python'


def test_licence_file_is_there(package, project):
    [licence] = package.licenses
    assert licence == 'Apache-2.0'
    assert 'Apache License' in (project / licence.file).read_text(encoding='utf-8')


def test_setup_py_and_package_xml_agree(package, project):
    name, version, licence = setup_py_says(project, 'name', 'version', 'license')
    assert (name, version) == (package.name, package.version)
    assert licence == package.licenses[0]


def test_changelog_leads_up_to_the_version(package, project):
    changelog = (project / 'CHANGELOG.rst').read_text(encoding='utf-8')
    assert 'Forthcoming' in changelog or package.version in changelog


def test_every_message_package_that_the_code_imports_is_a_dependency(package, project):
    depends = {dependency.name for dependency in package.exec_depends}
    imported = set()
    for path in sorted((project / PACKAGE / 'ros').glob('*.py')):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split('.')[0])
    messages = {name for name in imported if name.endswith(('_msgs', '_srvs', '_interfaces'))}
    assert messages <= depends
    others = {'rclpy', 'diagnostic_updater', 'image_transport', 'rosbag2_storage_mcap'}
    assert others <= depends


def test_nothing_that_rosdep_does_not_know_is_a_dependency(package):
    learning_stack = {'lerobot', 'torch', 'python3-torch', 'python3-lerobot'}
    depends = {dependency.name for dependency in package.exec_depends}
    assert not depends & learning_stack
    assert not [name for name in depends if name.endswith('-pip')]
