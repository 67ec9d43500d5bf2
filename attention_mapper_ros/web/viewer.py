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
One browser's live connection: newest pictures as bytes, everything else as JSON.

A picture message is two bytes, big-endian, with the length of a JSON head, the head, the
JPEG. The browser says when it has drawn a picture; until then at most ``IN_FLIGHT`` of a
camera are on their way, so a slow browser sees fewer pictures, never old ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter
import contextlib
from dataclasses import asdict
import json
import struct
from typing import Any

from aiohttp import web, WSMsgType

from attention_mapper_ros.web.feed import Feed, Picture, Snapshot

IN_FLIGHT = 2  # one being drawn, one on the wire
_STATE_PERIOD_S = 0.1  # the page's numbers need not change faster than one can read
_REST_PERIOD_S = 0.5  # ages grow even when nothing arrives


class Viewer:
    """Serves one websocket; everything runs on the server's event loop."""

    def __init__(self, feed: Feed, socket: web.WebSocketResponse) -> None:
        self._feed = feed
        self._socket = socket
        self._wake = asyncio.Event()
        self._on_the_way: Counter[str] = Counter()
        self._sent: dict[str, int] = {}
        self._watching = False

    def wake(self) -> None:
        """Look at the feed again: something in it has changed."""
        self._wake.set()

    async def serve(self) -> None:
        """Send until the browser goes."""
        self._watch(True)
        sending = asyncio.create_task(self._send())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(message.data)
        finally:
            self._watch(False)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sending

    def _receive(self, text: str) -> None:
        """Take ``{"drawn": camera}`` and ``{"watching": bool}``; ignore anything else."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        camera = message.get('drawn')
        if isinstance(camera, str) and self._on_the_way[camera] > 0:
            self._on_the_way[camera] -= 1
        if isinstance(message.get('watching'), bool):
            self._watch(message['watching'])
        self.wake()

    def _watch(self, watching: bool) -> None:
        if watching != self._watching:
            self._watching = watching
            self._feed.count_viewer(1 if watching else -1)

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        state_due = 0.0
        while not self._socket.closed:
            snapshot = self._feed.snapshot()
            if loop.time() >= state_due:
                await self._socket.send_str(json.dumps(state_of(snapshot)))
                state_due = loop.time() + _STATE_PERIOD_S
            if self._watching:
                for picture in snapshot.pictures.values():
                    await self._send_picture(picture)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _REST_PERIOD_S)
            self._wake.clear()

    async def _send_picture(self, picture: Picture) -> None:
        camera = picture.camera
        if self._sent.get(camera) == picture.number or self._on_the_way[camera] >= IN_FLIGHT:
            return
        self._sent[camera] = picture.number
        self._on_the_way[camera] += 1
        head = json.dumps({'camera': camera, 'number': picture.number}).encode()
        await self._socket.send_bytes(struct.pack('>H', len(head)) + head + picture.jpeg)


def state_of(snapshot: Snapshot) -> dict[str, Any]:
    """Put everything but the pictures in the words of the page; ages are in seconds."""
    now = snapshot.time_s
    shares = snapshot.shares
    return {
        'cameras': {
            camera: {'age_s': now - picture.received_s}
            for camera, picture in sorted(snapshot.pictures.items())
        },
        'shares': None
        if shares is None
        else {
            'groups': [[group, share] for group, share in shares.shares.items()],
            'number': shares.number,
            'age_s': now - shares.received_s,
        },
        'statuses': [
            {
                'name': status.name,
                'level': status.level,
                'message': status.message,
                'values': dict(status.values),
                'age_s': now - status.received_s,
            }
            for status in snapshot.statuses.values()
        ],
        'settings': [asdict(setting) for setting in snapshot.settings],
    }
