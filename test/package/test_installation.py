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


"""What `colcon build` and pip make of the package, each tried on a copy of its sources."""

import os
from pathlib import Path
import shutil
import subprocess
import sys
import zipfile

import pytest

PACKAGE = 'attention_mapper_ros'
EXECUTABLES = ('act_policy', 'attention_page', 'sim_robot')


@pytest.fixture(scope='module')
def sources(project, project_files, tmp_path_factory):
    """Copy the sources: building writes beside them."""
    workspace = tmp_path_factory.mktemp('workspace')
    for path in project_files:
        target = workspace / 'src' / PACKAGE / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return workspace / 'src' / PACKAGE


@pytest.fixture(scope='module')
def colcon_install(sources):
    """Build as a ROS 2 user does and return the package's install prefix."""
    workspace = sources.parents[1]
    # A ROS 2 installation that is sourced here would be built upon.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ('AMENT_PREFIX_PATH', 'COLCON_PREFIX_PATH')
    }
    build = subprocess.run(
        [str(Path(sys.executable).with_name('colcon')), 'build', '--event-handlers', 'log-'],
        cwd=workspace,
        env={**environment, 'COLCON_HOME': str(workspace / 'colcon_home')},
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    return workspace / 'install' / PACKAGE


@pytest.fixture(scope='module')
def wheel(sources, tmp_path_factory):
    """Build the wheel that `pip install .` installs."""
    folder = tmp_path_factory.mktemp('wheel')
    pip('wheel', '--no-build-isolation', '--wheel-dir', str(folder), str(sources))
    [path] = folder.glob('*.whl')
    return path


def pip(*arguments):
    """Run pip without network and without touching what is installed."""
    quiet = ('--no-deps', '--no-index', '--disable-pip-version-check')
    run = subprocess.run(
        [sys.executable, '-m', 'pip', *arguments, *quiet],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def files_below(folder):
    return {
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }


def data_in_the_package(sources):
    """List what is not Python: scene, checkpoint, the page's files."""
    package = sources / PACKAGE
    return {
        str(path.relative_to(sources))
        for path in package.rglob('*')
        if path.is_file() and path.suffix not in ('.py', '.pyc')
    }


@pytest.mark.parametrize('name', EXECUTABLES)
def test_colcon_installs_executables_where_ros2_run_looks(colcon_install, name):
    executable = colcon_install / 'lib' / PACKAGE / name
    assert os.access(executable, os.X_OK)


@pytest.mark.parametrize('name', [*EXECUTABLES, 'attention-mapper'])
def test_executables_follow_an_active_virtual_environment(colcon_install, name):
    first_line = (colcon_install / 'lib' / PACKAGE / name).read_text().splitlines()[0]
    assert first_line == '#!/usr/bin/env python3'


def test_colcon_installs_launch_and_config_into_share(colcon_install, project):
    share = colcon_install / 'share' / PACKAGE
    for folder in ('launch', 'config'):
        assert files_below(share / folder) == files_below(project / folder)
    assert (share / 'package.xml').is_file()


def test_colcon_installs_the_marker_by_which_ament_finds_the_package(colcon_install):
    markers = colcon_install / 'share' / 'ament_index' / 'resource_index' / 'packages'
    assert (markers / PACKAGE).is_file()


def test_colcon_installs_scene_checkpoint_and_page(colcon_install, sources):
    [package] = colcon_install.glob(f'lib/python3.*/site-packages/{PACKAGE}')
    site_packages = package.parent
    missing = [
        name for name in data_in_the_package(sources) if not (site_packages / name).is_file()
    ]
    assert not missing


def test_installed_executable_finds_its_code_and_its_config(colcon_install):
    [site_packages] = colcon_install.glob('lib/python3.*/site-packages')
    ask = (
        'from attention_mapper_ros.cli.installed_files import config_file;'
        "print(config_file('act_live.yaml'))"
    )
    answer = subprocess.run(
        [sys.executable, '-c', ask],
        cwd=colcon_install,
        env={**os.environ, 'PYTHONPATH': str(site_packages)},
        capture_output=True,
        text=True,
        check=True,
    )
    installed = colcon_install / 'share' / PACKAGE / 'config' / 'act_live.yaml'
    assert Path(answer.stdout.strip()) == installed


def test_wheel_holds_the_data_and_the_share_folder(wheel, sources):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert data_in_the_package(sources) <= names
    shared = {name.split('/data/')[1] for name in names if '/data/share/' in name}
    assert f'share/{PACKAGE}/config/act_live.yaml' in shared
    assert f'share/{PACKAGE}/launch/act_live.launch.py' in shared
    assert f'share/ament_index/resource_index/packages/{PACKAGE}' in shared


def test_pip_installs_the_commands_where_a_shell_looks(wheel, tmp_path):
    """setup.cfg sends the executables to lib/ for ROS; pip must not follow it."""
    pip('install', '--ignore-installed', '--prefix', str(tmp_path), str(wheel))
    assert {path.name for path in (tmp_path / 'bin').iterdir()} == {
        *EXECUTABLES,
        'attention-mapper',
    }
    assert not (tmp_path / 'lib' / PACKAGE).exists()


def test_policies_are_found_through_their_entry_point_group(wheel):
    archive = zipfile.ZipFile(wheel)
    [entry_points] = [name for name in archive.namelist() if name.endswith('entry_points.txt')]
    text = archive.read(entry_points).decode()
    assert '[attention_mapper_ros.policies]' in text
    assert 'act = attention_mapper_ros.policies.act:ActAdapter' in text
