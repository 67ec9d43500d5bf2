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

"""Looking at the graph leaves nothing behind, however often a node does it."""

import pytest

from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.dds.exceptions import RCLError


def test_looking_at_the_graph_keeps_no_reader(node, monkeypatch):
    participant = node._dds_participant
    make, made = participant.builtin_reader, []

    def builtin_reader(topic):
        made.append(make(topic))
        return made[-1]

    monkeypatch.setattr(participant, 'builtin_reader', builtin_reader)
    node.get_publishers_info_by_topic('/rosout')
    node.get_node_names()
    assert len(made) >= 3
    for reader in made:
        with pytest.raises(RCLError):
            cyclone.guid(reader._ref)
