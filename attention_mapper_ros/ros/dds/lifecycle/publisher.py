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

"""Managed publishers, as rclpy.lifecycle.publisher has them."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds.lifecycle.managed_entity import SimpleManagedEntity
from attention_mapper_ros.ros.dds.publisher import Publisher


class LifecyclePublisher(SimpleManagedEntity, Publisher):
    """Publishes while its node is active and is silent otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        SimpleManagedEntity.__init__(self)
        Publisher.__init__(self, *args, **kwargs)

    def publish(self, msg: Any) -> None:
        """Send a message as `Publisher.publish` does, or nothing while not active."""
        if self._enabled:
            Publisher.publish(self, msg)
