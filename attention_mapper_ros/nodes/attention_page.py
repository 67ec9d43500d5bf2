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
The live page as a node: overlays, shares, diagnostics and settings of one policy node.

It subscribes to pictures and shares only while somebody looks, so that an unwatched page
costs the policy node nothing.
"""

from __future__ import annotations

from concurrent.futures import Future
import re
import sys
from typing import Any

from attention_mapper_ros.nodes.policy_settings import PolicySettings
from attention_mapper_ros.nodes.run import run_node
from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.diagnostics import DIAGNOSTICS_TOPIC, level_of, task_of
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    DiagnosticArray,
    Float32MultiArray,
    SetBool,
    Trigger,
)
from attention_mapper_ros.ros.messages import shares_by_group
from attention_mapper_ros.ros.parameters import ParameterDeclarer, ParameterDoc
from attention_mapper_ros.ros.qos import ATTENTION_QOS
from attention_mapper_ros.web.feed import Feed
from attention_mapper_ros.web.server import Answer, PageServer, Switches

WATCH_PERIOD_S = 0.2  # how soon pictures come after a browser opens the page
DISCOVERY_PERIOD_S = 1.0
SETTINGS_PERIOD_S = 1.0  # how soon the page knows what was set elsewhere

PARAMETERS = (
    ParameterDoc('policy_node', 'act_policy', 'node whose attention is shown, relative name'),
    ParameterDoc('cameras', [''], "cameras to show; [''] shows every one that the node publishes"),
    ParameterDoc('host', '127.0.0.1', 'address to serve the page at; others can see it elsewhere'),
    ParameterDoc('port', 8080, 'port to serve the page at; 0 takes a free one', low=0, high=65535),
)


class AttentionPageNode(Node):
    """
    Feeds a ``PageServer`` from topics and answers its switches and settings with services.

    Subscriptions, clients and timers belong to the executor's thread. The server's thread
    reads the feed and calls the switches and settings, which only send a request.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__(
            'attention_page', automatically_declare_parameters_from_overrides=True, **node_options
        )
        declarer = ParameterDeclarer(self)
        values = {doc.name: declarer.declare(doc) for doc in PARAMETERS}
        declarer.refuse_unknown()
        self._policy = values['policy_node']
        self._chosen = [camera for camera in values['cameras'] if camera]
        self._full_name = self.resolve_topic_name(self._policy)
        self._pattern = re.compile(
            re.escape(self._full_name) + r'/attention/(.+)/image/compressed$'
        )
        self._cameras: dict[str, Any] = {}  # name to subscription, while watched
        self._share: Any = None
        self.feed = Feed()
        self._diagnostics = self.create_subscription(
            DiagnosticArray, DIAGNOSTICS_TOPIC, self._on_diagnostics, 10
        )
        self._enable = self.create_client(SetBool, f'{self._policy}/enable')
        self._reset = self.create_client(Trigger, f'{self._policy}/reset')
        self._settings = PolicySettings(self, self._policy, self.feed)
        self._watch_timer = self.create_timer(WATCH_PERIOD_S, self._on_watch)
        self._discovery_timer = self.create_timer(DISCOVERY_PERIOD_S, self._discover)
        self._settings_timer = self.create_timer(SETTINGS_PERIOD_S, self._read_settings)
        self._server = PageServer(
            self.feed,
            Switches(self._set_enabled, self._reset_policy, self._settings.set),
            values['host'],
            values['port'],
            self._full_name.lstrip('/'),
        )
        self._server.start()
        self.get_logger().info(f'page of {self._full_name}: {self._server.address}')

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return self._server.address

    def close(self) -> None:
        """Close the page and its connections."""
        self._server.stop()

    # Pictures and shares, while somebody looks

    def _on_watch(self) -> None:
        if self.feed.watched == (self._share is not None):
            return
        if self._share is None:
            self._share = self.create_subscription(
                Float32MultiArray,
                f'{self._policy}/attention/share',
                self._on_share,
                ATTENTION_QOS,
            )
            self._discover()
        else:
            self.destroy_subscription(self._share)
            self._share = None
            for camera in list(self._cameras):
                self._drop(camera)

    def _read_settings(self) -> None:
        if self.feed.watched:
            self._settings.refresh()

    def _discover(self) -> None:
        if self._share is None:
            return
        there = self._chosen or self._published_cameras()
        for camera in there:
            if camera not in self._cameras:
                self._cameras[camera] = self.create_subscription(
                    CompressedImage,
                    f'{self._policy}/attention/{camera}/image/compressed',
                    lambda message, camera=camera: self._on_picture(camera, message),
                    ATTENTION_QOS,
                )
        if there:  # else the node is away: what it showed last stays, marked as old
            for camera in set(self._cameras) - set(there):
                self._drop(camera)
                self.feed.forget_camera(camera)

    def _published_cameras(self) -> list[str]:
        """Cameras of the policy node, without those that only this page still subscribes to."""
        found = []
        for topic, _ in self.get_topic_names_and_types():
            match = self._pattern.match(topic)
            if match and self.count_publishers(topic) > 0:
                found.append(match.group(1))
        return sorted(found)

    def _drop(self, camera: str) -> None:
        self.destroy_subscription(self._cameras.pop(camera))

    def _on_picture(self, camera: str, message: Any) -> None:
        self.feed.put_picture(camera, bytes(message.data))

    def _on_share(self, message: Any) -> None:
        try:
            groups = shares_by_group(message)
        except ValueError as error:
            self.get_logger().warning(f'share ignored: {error}', throttle_duration_sec=5.0)
            return
        self.feed.put_shares(groups)

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            if task_of(status.name, self._full_name) is not None:
                values = {pair.key: pair.value for pair in status.values}
                self.feed.put_status(status.name, level_of(status), status.message, values)

    # Switches, called on the server's thread

    def _set_enabled(self, enabled: bool) -> Future[Answer]:
        return self._call(self._enable, SetBool.Request(data=enabled))

    def _reset_policy(self) -> Future[Answer]:
        return self._call(self._reset, Trigger.Request())

    def _call(self, client: Any, request: Any) -> Future[Answer]:
        answer: Future[Answer] = Future()
        if not client.service_is_ready():
            answer.set_result(Answer(False, f'{self._full_name} is not there; is it running?'))
            return answer

        def on_done(response: Any) -> None:
            # The page may have stopped waiting.
            if answer.set_running_or_notify_cancel():
                result = response.result()
                answer.set_result(Answer(result.success, result.message))

        client.call_async(request).add_done_callback(on_done)
        return answer


def main(args: list[str] | None = None) -> int:
    """Serve the page until told to stop; return the process's exit status."""
    return run_node(AttentionPageNode, 'attention_page', args, (OSError, ValueError))


if __name__ == '__main__':
    sys.exit(main())
