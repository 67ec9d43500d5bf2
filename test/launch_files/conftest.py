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


"""
Launch files without a ROS installation: their arguments read, their functions run.

Where `launch` cannot be imported, stand-ins record what a launch file says with it. They know
nothing about launching; with ROS 2 sourced, test_with_ros.py starts the real thing.
"""

from dataclasses import dataclass
import importlib.util
import sys
from types import ModuleType

import pytest

STAND_INS = {
    'ament_index_python.packages': ('get_package_share_directory',),
    'launch': ('LaunchDescription',),
    'launch.actions': (
        'DeclareLaunchArgument',
        'ExecuteProcess',
        'OpaqueFunction',
        'SetEnvironmentVariable',
    ),
    'launch.conditions': ('IfCondition',),
    'launch.substitutions': ('LaunchConfiguration',),
    'launch_ros.actions': ('LifecycleNode', 'Node'),
}


@dataclass
class Said:
    """One call that a launch file made: `Node(package=…)` and the like."""

    what: str
    arguments: tuple
    options: dict

    def __getattr__(self, name):
        try:
            return self.options[name]
        except KeyError:
            raise AttributeError(name) from None


def recorder(what):
    return lambda *arguments, **options: Said(what, arguments, options)


@pytest.fixture
def load_launch_file(project, monkeypatch):
    """Import a launch file with the stand-ins in place, on the project's own share folder."""
    for module_name, names in STAND_INS.items():
        for part in (module_name.split('.')[0], module_name):
            monkeypatch.setitem(sys.modules, part, sys.modules.get(part) or ModuleType(part))
        for name in names:
            monkeypatch.setattr(sys.modules[module_name], name, recorder(name), raising=False)
    monkeypatch.setattr(
        sys.modules['ament_index_python.packages'],
        'get_package_share_directory',
        lambda package: str(project),
    )

    def load(name):
        path = project / 'launch' / name
        spec = importlib.util.spec_from_file_location(name.split('.')[0], path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
