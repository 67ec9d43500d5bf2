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

"""Whether LeRobot is there, and what to install when it is not."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
import sys

from attention_mapper_ros.policies.adapter import PolicyError

# LeRobot 0.4.4 is the newest for Python 3.10 and 3.11; 0.5 and later need 3.12.
_NEEDS_OLD = sys.version_info < (3, 12)
REQUIREMENT = 'lerobot==0.4.4' if _NEEDS_OLD else 'lerobot>=0.6,<0.7'
REMEDY = f'install it into {sys.executable} with "pip install \'{REQUIREMENT}\'"'


def require_lerobot() -> str:
    """Return LeRobot's version. Raises PolicyError, saying what to install."""
    try:
        installed = version('lerobot')
    except PackageNotFoundError as error:
        raise PolicyError(f'LeRobot, which runs the policy, is not installed: {REMEDY}') from error
    try:
        import_module('lerobot.policies.act.modeling_act')
        factory = import_module('lerobot.policies.factory')
    except ImportError as error:
        raise PolicyError(f'LeRobot {installed} cannot be imported ({error}): {REMEDY}') from error
    if not hasattr(factory, 'make_pre_post_processors'):
        raise PolicyError(f'LeRobot {installed} has no pre- and post-processors yet: {REMEDY}')
    return installed
