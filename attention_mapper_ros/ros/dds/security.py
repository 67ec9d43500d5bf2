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
What this client does when somebody asks for SROS 2: it says that it cannot, or refuses to run.

The Cyclone DDS that pip installs is built without DDS Security. A graph that must be secured gets
no participant that is not, and nobody is left to believe that a node is protected.
"""

from __future__ import annotations

from collections.abc import Mapping
import os

from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.logging import get_logger

_logger = get_logger('attention_mapper_ros.dds')


def check_security(environment: Mapping[str, str] = os.environ) -> None:
    """
    Refuse to run where ROS 2's variables demand security; warn where they only ask for it.

    ROS_SECURITY_ENABLE and ROS_SECURITY_STRATEGY are spelt as rcl wants them. Raises RCLError.
    """
    if environment.get('ROS_SECURITY_ENABLE') != 'true':
        return
    told = (
        'ROS_SECURITY_ENABLE is true, and the client without ROS has no DDS Security: run the '
        'node with ROS 2, where rclpy is'
    )
    if environment.get('ROS_SECURITY_STRATEGY') == 'Enforce':
        raise RCLError(f'{told}, or unset ROS_SECURITY_STRATEGY (Enforce) to run it unprotected')
    _logger.warning(f'{told}; this one is unprotected', once=True)
