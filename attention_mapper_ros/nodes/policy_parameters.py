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
Parameter files of the policy node, read without a node: the same names, the same refusals.

For what looks at a recording as the node would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attention_mapper_ros.nodes.act_policy_config import declare_parameters
from attention_mapper_ros.nodes.live_parameters import LIVE_PARAMETERS
from attention_mapper_ros.nodes.policy_config import PolicyConfig, read_config
from attention_mapper_ros.ros.parameter_file import load_parameter_file, overrides_for
from attention_mapper_ros.ros.parameters import GivenParameters

NODE = 'act_policy'


@dataclass(frozen=True)
class PolicyParameters:
    """
    What parameter files say.

    ``live_values``: the values of the live parameters by name, for ``live_config``.
    """

    config: PolicyConfig
    live_values: Mapping[str, Any]


def read_parameter_files(
    files: Sequence[str | Path],
    node: str = NODE,
    namespace: str = '/',
    overrides: Mapping[str, Any] | None = None,
) -> PolicyParameters:
    """
    Return what files say to the policy node of this name; a later file wins.

    ``overrides``: values that win over all files, as ``-p`` on a command line. Raises ValueError,
    with the remedy, for a file that cannot be read or has nothing for the node, for an unknown
    parameter, and for a value that is not allowed.
    """
    try:
        rules = [rule for file in files for rule in load_parameter_file(str(file))]
    except RuntimeError as error:
        raise ValueError(f'{error}; copy config/act_live.yaml and describe your robot') from error
    given = overrides_for(rules, namespace, node)
    if files and not given:
        sections = ', '.join(sorted({rule.node for rule in rules})) or 'no node'
        raise ValueError(
            f'parameter file {" or ".join(map(str, files))} has nothing for the node '
            f'{namespace.rstrip("/")}/{node}, it has {sections}: name the node, or the section /**'
        )
    declared = GivenParameters({**given, **(overrides or {})})
    declare_parameters(declared)
    values = declared.values
    return PolicyParameters(
        config=read_config(values),
        live_values={doc.name: values[doc.name] for doc in LIVE_PARAMETERS},
    )
