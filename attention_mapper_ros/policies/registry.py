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
Which adapter runs which policy type.

Adapters are entry points of the group ``attention_mapper_ros.policies``, named by the
``type`` in the checkpoint's config.json, so that another package can add one::

    entry_points={'attention_mapper_ros.policies': ['my_policy = my_package.adapter:MyAdapter']}
"""

from __future__ import annotations

from importlib.metadata import entry_points, EntryPoint
from pathlib import Path
from typing import Any

from attention_mapper_ros.policies.adapter import PolicyAdapter, PolicyError
from attention_mapper_ros.policies.checkpoint import policy_config
from attention_mapper_ros.policies.lerobot_install import REMEDY

GROUP = 'attention_mapper_ros.policies'

# The families of this package, also found when it runs from a source tree without metadata.
_BUILT_IN = {'act': 'attention_mapper_ros.policies.act:ActAdapter'}


def policy_types() -> dict[str, EntryPoint]:
    """Return every known policy type and where its adapter is; nothing is imported."""
    known = {name: EntryPoint(name, value, GROUP) for name, value in _BUILT_IN.items()}
    known.update({point.name: point for point in entry_points(group=GROUP)})
    return known


def load_policy(
    policy: str | Path, device: str = 'auto', precision: str = 'float32'
) -> PolicyAdapter:
    """
    Load a checkpoint, a local folder or a hub id, with the adapter of its policy type.

    Raises PolicyError for one that cannot be run, with the remedy.
    """
    name = policy_config(policy)['type']
    return _adapter(name, f'policy {str(policy)!r}').load(policy, device, precision)


def wrap_policy(
    policy: Any, preprocessor: Any, postprocessor: Any, precision: str = 'float32'
) -> PolicyAdapter:
    """
    Put the adapter of its type around a LeRobot policy and its two processor pipelines.

    The policy is copied and not changed. Raises PolicyError for one that cannot be run, and
    without processors.
    """
    name = getattr(getattr(policy, 'config', None), 'type', None)
    if not isinstance(name, str):
        raise PolicyError(
            f'{type(policy).__name__} is no LeRobot policy: it has no config.type; give a policy, '
            'a checkpoint folder or a hub id'
        )
    if preprocessor is None or postprocessor is None:
        raise PolicyError(
            f'the policy of type {name!r} comes without its processors, which scale what goes in '
            'and out: give those that lerobot.policies.factory.make_pre_post_processors'
            '(policy.config, pretrained_path=...) returns'
        )
    return _adapter(name, 'the policy').wrap(policy, preprocessor, postprocessor, precision)


def _adapter(name: str, what: str) -> type[PolicyAdapter]:
    """Import the adapter for policies of a type."""
    known = policy_types()
    if name not in known:
        raise PolicyError(
            f'{what} is of type {name!r}, for which there is no adapter; '
            f'known types: {", ".join(sorted(known))}'
        )
    try:
        adapter: type[PolicyAdapter] = known[name].load()
    except (ImportError, AttributeError) as error:
        remedy = 'install the package that provides it again'
        if name in _BUILT_IN:
            remedy = f'it needs LeRobot; {REMEDY}'
        raise PolicyError(
            f'the adapter {known[name].value} for policies of type {name!r} cannot be imported '
            f'({error}): {remedy}'
        ) from error
    return adapter
