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
One description of the package for both installers, colcon and pip.

colcon installs no Python dependencies: on a ROS 2 machine they come from rosdep, and the learning
stack from pip, as README.md says. pip installs what the extras below name.
"""

from pathlib import Path

from setuptools import find_packages, setup

package_name = 'attention_mapper_ros'
root = Path(__file__).resolve().parent


def files(folder, pattern='*'):
    """List the files of a folder, relative to this one, as `data_files` wants them."""
    found = sorted(path for path in (root / folder).glob(pattern) if path.is_file())
    return [str(path.relative_to(root)) for path in found]


def package_data():
    """
    List everything in the package that is not Python: scene, checkpoint, the page's files.

    Walked here because the setuptools of Ubuntu 22.04 does not know the pattern `**`.
    """
    package = root / package_name
    found = (path for path in package.rglob('*') if path.is_file())
    return sorted(
        str(path.relative_to(package))
        for path in found
        if path.suffix not in ('.py', '.pyc') and '__pycache__' not in path.parts
    )


# LeRobot 0.4.4 is the last for Python 3.10 and 3.11; 0.6 keeps its datasets in an extra.
LEROBOT = [
    'lerobot==0.4.4; python_version < "3.12"',
    'lerobot[dataset,accelerate-dep]>=0.6,<0.7; python_version >= "3.12"',
]
PICTURES = ['av>=15,<16', 'matplotlib>=3.5,<4', 'opencv-python-headless>=4.9,<5']
ROS_WITHOUT_ROS = ['cyclonedds>=11,<12', 'rosbags>=0.11.9,<0.12']

setup(
    name=package_name,
    version='0.1.0',
    description='See what a transformer robot policy looks at, live on ROS 2 and offline',
    long_description=(root / 'README.md').read_text(encoding='utf-8')
    if (root / 'README.md').exists()
    else '',
    long_description_content_type='text/markdown',
    author='attention_mapper_ros contributors',
    maintainer='attention_mapper_ros contributors',
    maintainer_email='maintainers@users.noreply.r-seed-fbdd02da.example',
    license='Apache-2.0',
    keywords=['ROS', 'LeRobot', 'attention', 'explainability'],
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: package_data()},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
        ('share/' + package_name + '/launch', files('launch', '*.launch.py')),
        ('share/' + package_name + '/config', files('config')),
        ('share/' + package_name + '/config/security', files('config/security')),
    ],
    zip_safe=False,
    python_requires='>=3.10',
    install_requires=['setuptools', 'numpy', 'pyyaml'],
    extras_require={
        # Everything the policy node and its page need on a machine without ROS.
        # LeRobot 0.4.4 is the last for Python 3.10 and 3.11; 0.6 keeps its datasets in an extra.
        'live': [*LEROBOT, *PICTURES, *ROS_WITHOUT_ROS, 'aiohttp>=3.9,<4'],
        # Recordings in, overlays, tables and a report out.
        'analysis': [
            *LEROBOT,
            *PICTURES,
            *ROS_WITHOUT_ROS,
            'jinja2>=3.1,<4',
            'pandas>=2,<3',
            'pillow>=10',
            'pyarrow>=15',
            'zarr>=2.18,<4',
        ],
        # Analysis on many machines.
        'ray': ['ray>=2.40,<3'],
        # The simulated robot.
        'sim': ['mujoco>=3.3,<5'],
        'test': [
            'catkin_pkg',
            'colcon-common-extensions',
            'hypothesis',
            'import-linter',
            'mcap-ros2-support',
            'mypy',
            'pytest',
            'pytest-timeout',
            'pytest-xdist',
            'ruff',
            'selenium',
        ],
    },
    entry_points={
        'console_scripts': [
            'act_policy = attention_mapper_ros.nodes.act_policy:main',
            'attention-mapper = attention_mapper_ros.cli.main:main',
            'attention_page = attention_mapper_ros.nodes.attention_page:main',
            'sim_robot = attention_mapper_ros.nodes.sim_robot:main',
        ],
        # A third package adds a policy family by naming its adapter in this group.
        'attention_mapper_ros.policies': [
            'act = attention_mapper_ros.policies.act:ActAdapter',
        ],
    },
)
