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

"""The topics that carry what a forward looked at, and whether anybody listens to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from attention_mapper_ros.nodes.policy_config import StreamQos
from attention_mapper_ros.nodes.qos_advice import overriding_options, publisher_events
from attention_mapper_ros.ros.client import LifecycleNode
from attention_mapper_ros.ros.interfaces import CompressedImage, Float32MultiArray, Image
from attention_mapper_ros.ros.qos import stream_qos


@dataclass(frozen=True)
class CameraOutputs:
    """The publishers of one camera's overlay, compressed overlay and map."""

    image: Any
    compressed: Any
    map: Any

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes to one of them."""
        return subscribed(self.image, self.compressed, self.map)


@dataclass(frozen=True)
class HeadOutputs:
    """The publishers of all heads: their weights, and a picture with a tile for each."""

    weights: Any
    grid: Any
    grid_compressed: Any

    @property
    def grid_wanted(self) -> bool:
        """Whether anybody subscribes to the picture, in either form."""
        return subscribed(self.grid, self.grid_compressed)


@dataclass(frozen=True)
class AttentionOutputs:
    """Every publisher of attention. Publishers may be used from any thread."""

    share: Any
    cameras: Mapping[str, CameraOutputs]
    heads: HeadOutputs

    def heads_wanted(self, publish_weights: bool) -> bool:
        """Whether the weights of all heads are worth bringing out of the model."""
        weights = publish_weights and subscribed(self.heads.weights)
        return weights or self.heads.grid_wanted

    def wanted(self, publish_weights: bool) -> bool:
        """Whether anybody subscribes to anything that is published."""
        return (
            subscribed(self.share)
            or any(camera.wanted for camera in self.cameras.values())
            or self.heads_wanted(publish_weights)
        )


def make_attention_outputs(
    node: LifecycleNode, cameras: Iterable[str], qos: StreamQos, undo: ExitStack
) -> AttentionOutputs:
    """Create managed publishers on a node, below its own name; ``undo`` destroys them."""

    def publisher(message: Any, name: str) -> Any:
        topic = f'~/attention/{name}'
        made = node.create_lifecycle_publisher(
            message,
            topic,
            stream_qos(qos.reliability, qos.depth),
            event_callbacks=publisher_events(node, topic, 'attention.reliability'),
            qos_overriding_options=overriding_options(node, topic, 'publisher'),
        )
        undo.callback(node.destroy_lifecycle_publisher, made)
        return made

    return AttentionOutputs(
        share=publisher(Float32MultiArray, 'share'),
        cameras={
            camera: CameraOutputs(
                image=publisher(Image, f'{camera}/image'),
                compressed=publisher(CompressedImage, f'{camera}/image/compressed'),
                map=publisher(Image, f'{camera}/map'),
            )
            for camera in cameras
        },
        heads=HeadOutputs(
            weights=publisher(Float32MultiArray, 'weights'),
            grid=publisher(Image, 'grid'),
            grid_compressed=publisher(CompressedImage, 'grid/compressed'),
        ),
    )


def subscribed(*publishers: Any) -> bool:
    """Whether anybody subscribes to one of these."""
    return any(publisher.get_subscription_count() > 0 for publisher in publishers)
