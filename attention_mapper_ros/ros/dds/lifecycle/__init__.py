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

"""Managed nodes, as rclpy.lifecycle has them."""

from attention_mapper_ros.ros.dds.lifecycle.managed_entity import (
    LifecycleState,
    ManagedEntity,
    SimpleManagedEntity,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.dds.lifecycle.node import LifecycleNode, LifecycleNodeMixin
from attention_mapper_ros.ros.dds.lifecycle.publisher import LifecyclePublisher

Node = LifecycleNode
NodeMixin = LifecycleNodeMixin
State = LifecycleState
Publisher = LifecyclePublisher

__all__ = [
    'LifecycleNode',
    'LifecycleNodeMixin',
    'LifecyclePublisher',
    'LifecycleState',
    'ManagedEntity',
    'SimpleManagedEntity',
    'TransitionCallbackReturn',
]
