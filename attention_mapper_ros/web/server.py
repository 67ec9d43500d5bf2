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
The web server behind the live page, on a thread of its own.

Serves the static files, one websocket per browser, two switches and the settings. Keeps no
state but the feed's; knows nothing of ROS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
import contextlib
from dataclasses import dataclass
import errno
import logging
from pathlib import Path
import threading
from typing import Any

from aiohttp import web, WSCloseCode

from attention_mapper_ros.web.access import Access, is_loopback, TOKEN_HEADER
from attention_mapper_ros.web.feed import Feed
from attention_mapper_ros.web.viewer import state_of, Viewer

_log = logging.getLogger(__name__)

_STATIC = Path(__file__).parent / 'static'
_FILES = {
    '/': 'index.html',
    '/page.css': 'page.css',
    '/page.js': 'page.js',
    '/live.js': 'live.js',
    '/chart.js': 'chart.js',
    '/concerns.js': 'concerns.js',
    '/settings.js': 'settings.js',
}
_TYPES = {'.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript'}
_HEADERS = {
    # Everything comes from this server, nothing may frame it.
    'Content-Security-Policy': "default-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    # After an upgrade the browser must not mix old files with new.
    'Cache-Control': 'no-store',
}
_SWITCH_TIMEOUT_S = 5.0  # a robot that has not answered by then is reported as silent
_START_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Answer:
    """What a switch did, in the words of its service."""

    success: bool
    message: str


@dataclass(frozen=True)
class Switches:
    """
    What the page may do.

    All are called on the server's thread and return at once; the future may be completed on
    any thread. ``set_setting`` takes the name of a setting and what its value shall be.
    """

    set_enabled: Callable[[bool], Future[Answer]]
    reset: Callable[[], Future[Answer]]
    set_setting: Callable[[str, str], Future[Answer]]


class PageServer:
    """
    Serves one feed at ``http://host:port`` between ``start`` and ``stop``.

    ``port`` 0 takes any free one; ``address`` tells which. ``title``: name of the policy node
    that the page speaks of. The server's thread owns its event loop, connections and viewers;
    ``start`` and ``stop`` belong to the caller's.
    """

    def __init__(
        self,
        feed: Feed,
        switches: Switches,
        host: str = '127.0.0.1',
        port: int = 8080,
        title: str = 'act_policy',
    ) -> None:
        self._feed = feed
        self._switches = switches
        self._host = host
        self._port = port
        self._title = title
        self._access = Access(host)
        self._viewers: set[Viewer] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        name = f'[{self._host}]' if ':' in self._host else self._host
        return f'http://{name}:{self._port}'

    def start(self) -> None:
        """
        Serve from now on, in the background.

        Raises OSError with the remedy in its message when the address cannot be bound.
        """
        if not is_loopback(self._host):
            _log.warning(
                'the page is bound to %s: everybody who can reach this machine sees the cameras '
                'and can switch the robot; bind to 127.0.0.1 and use an SSH tunnel instead',
                self._host,
            )
        started: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name='page', daemon=True
        )
        self._thread.start()
        self._port = started.result(_START_TIMEOUT_S)

    def stop(self) -> None:
        """Close every connection and end the thread; does nothing when not started."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    async def _serve(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port)
            try:
                await site.start()
            except OSError as error:
                started.set_exception(self._bind_error(error))
                return
            self._feed.add_listener(self._tell_viewers)
            try:
                started.set_result(runner.addresses[0][1])
                await self._stop.wait()
            finally:
                self._feed.remove_listener(self._tell_viewers)
        finally:
            await runner.cleanup()

    def _bind_error(self, error: OSError) -> OSError:
        if error.errno == errno.EADDRINUSE:
            remedy = (
                f'port {self._port} is in use: stop what uses it (ss -ltnp sport = :{self._port}) '
                'or choose another port for the page (parameter port)'
            )
        else:
            remedy = 'choose another host or port for the page (parameters host, port)'
        return OSError(
            error.errno, f'the page cannot be served at {self.address}; {remedy}. {error.strerror}'
        )

    def _tell_viewers(self) -> None:
        """Wake the viewers, from whatever thread the feed was changed on."""
        # The loop may close while the feed is calling its listeners.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake_viewers)

    def _wake_viewers(self) -> None:
        for viewer in self._viewers:
            viewer.wake()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard], client_max_size=4096)
        for path in _FILES:
            application.router.add_get(path, self._file)
        application.router.add_get('/api/session', self._session)
        application.router.add_get('/api/state', self._state)
        application.router.add_get('/api/live', self._live)
        application.router.add_post('/api/enable', self._enable)
        application.router.add_post('/api/reset', self._reset)
        application.router.add_post('/api/setting', self._setting)
        application.on_shutdown.append(self._close_sockets)
        return application

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], object]
    ) -> web.StreamResponse:
        self._access.check_site(request)
        response = await handler(request)  # type: ignore[misc]
        assert isinstance(response, web.StreamResponse)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        path = _STATIC / _FILES[request.path]
        return web.Response(
            text=path.read_text(encoding='utf-8'), content_type=_TYPES[path.suffix]
        )

    async def _session(self, _: web.Request) -> web.Response:
        """Hand out the token; other sites may send this request but not read its answer."""
        return web.json_response({'token': self._access.token, 'node': self._title})

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(state_of(self._feed.snapshot()))

    async def _live(self, request: web.Request) -> web.StreamResponse:
        self._access.check_token(request.query.get('token'))
        # Pictures are compressed already; what a browser has to say is short.
        socket = web.WebSocketResponse(heartbeat=10.0, compress=False, max_msg_size=4096)
        await socket.prepare(request)
        viewer = Viewer(self._feed, socket)
        self._viewers.add(viewer)
        self._sockets.add(socket)
        try:
            await viewer.serve()
        finally:
            self._viewers.discard(viewer)
            self._sockets.discard(socket)
        return socket

    async def _enable(self, request: web.Request) -> web.Response:
        self._access.check_token(request.headers.get(TOKEN_HEADER))
        enabled = (await _body(request)).get('enabled')
        if not isinstance(enabled, bool):
            raise web.HTTPBadRequest(text='expected JSON such as {"enabled": true}')
        return await self._switch(self._switches.set_enabled(enabled))

    async def _reset(self, request: web.Request) -> web.Response:
        self._access.check_token(request.headers.get(TOKEN_HEADER))
        return await self._switch(self._switches.reset())

    async def _setting(self, request: web.Request) -> web.Response:
        self._access.check_token(request.headers.get(TOKEN_HEADER))
        body = await _body(request)
        name, value = body.get('name'), body.get('value')
        if not isinstance(name, str) or not isinstance(value, str):
            raise web.HTTPBadRequest(
                text='expected JSON such as {"name": "attention.head", "value": "mean"}'
            )
        return await self._switch(self._switches.set_setting(name, value))

    async def _switch(self, future: Future[Answer]) -> web.Response:
        try:
            answer = await asyncio.wait_for(asyncio.wrap_future(future), _SWITCH_TIMEOUT_S)
        except asyncio.TimeoutError:
            answer = Answer(
                False, f'{self._title} has not answered within {_SWITCH_TIMEOUT_S:.0f} s'
            )
        return web.json_response({'success': answer.success, 'message': answer.message})

    async def _close_sockets(self, _: web.Application) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b'server stops')


async def _body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; an empty one for anything else."""
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
