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

"""Who gets in, what comes out, and what happens to a browser that is too slow."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import threading
import time

import aiohttp
import pytest

from attention_mapper_ros.web.access import is_loopback, TOKEN_HEADER
from attention_mapper_ros.web.feed import Feed
from attention_mapper_ros.web.server import PageServer
from attention_mapper_ros.web.viewer import IN_FLIGHT


def with_session(server, use):
    """Run ``use(session)`` with a client session whose paths are the server's."""

    async def run():
        async with aiohttp.ClientSession(server.address) as session:
            return await use(session)

    return asyncio.run(run())


async def token_of(session) -> str:
    async with session.get('/api/session') as response:
        return (await response.json())['token']


async def status_of(session, method: str, path: str, **options) -> int:
    async with session.request(method, path, **options) as response:
        return response.status


async def receive_state(connection) -> dict:
    while True:
        message = await connection.receive(5)
        if message.type is aiohttp.WSMsgType.TEXT:
            return json.loads(message.data)


def picture_of(data: bytes) -> tuple[str, bytes]:
    (length,) = struct.unpack('>H', data[:2])
    return json.loads(data[2 : 2 + length])['camera'], data[2 + length :]


def test_every_file_that_the_page_refers_to_is_served_and_nothing_else(server):
    async def use(session):
        async with session.get('/') as response:
            assert "default-src 'self'" in response.headers['Content-Security-Policy']
            html = await response.text()
        for path in (
            '/page.css',
            '/page.js',
            '/live.js',
            '/chart.js',
            '/settings.js',
            '/concerns.js',
        ):
            assert await status_of(session, 'GET', path) == 200
        assert '"page.css"' in html
        assert '"page.js"' in html
        for path in ('/server.py', '/static/page.js', '/../server.py', '/%2e%2e/server.py'):
            assert await status_of(session, 'GET', path) == 404

    with_session(server, use)


def test_switch_needs_the_token_and_the_pages_own_origin(server, robot):
    async def use(session):
        token = await token_of(session)
        good = {TOKEN_HEADER: token}
        body = {'enabled': True}
        for headers in (
            {},
            {TOKEN_HEADER: 'guess'},
            {**good, 'Origin': 'http://example.com'},
            {**good, 'Origin': 'null'},
            {**good, 'Host': 'example.com'},
        ):
            for path in ('/api/enable', '/api/reset', '/api/setting'):
                assert await status_of(session, 'POST', path, headers=headers, json=body) == 403
        assert robot.calls == []
        own = {**good, 'Origin': server.address}
        assert await status_of(session, 'POST', '/api/enable', headers=own, json=body) == 200
        assert await status_of(session, 'POST', '/api/reset', headers=good) == 200
        assert robot.calls == [True, 'reset']

    with_session(server, use)


def test_setting_reaches_the_robot_as_text(server, robot):
    async def use(session):
        headers = {TOKEN_HEADER: await token_of(session)}
        body = {'name': 'attention.head', 'value': '0,2'}
        async with session.post('/api/setting', headers=headers, json=body) as response:
            assert await response.json() == {'success': True, 'message': 'done'}
        assert robot.calls == [('attention.head', '0,2')]
        for nonsense in ('', '[]', '{"name": "attention.head"}', '{"name": "a", "value": 3}'):
            status = await status_of(
                session, 'POST', '/api/setting', headers=headers, data=nonsense
            )
            assert status == 400
        assert len(robot.calls) == 1

    with_session(server, use)


@pytest.mark.parametrize('body', ['', '[]', '{"enabled": "yes"}', '{"enabled": 1}', 'x' * 5000])
def test_switch_refuses_a_body_that_says_something_else(server, robot, body):
    async def use(session):
        headers = {TOKEN_HEADER: await token_of(session)}
        status = await status_of(session, 'POST', '/api/enable', headers=headers, data=body)
        assert status in (400, 413)
        assert robot.calls == []

    with_session(server, use)


def test_live_connection_refuses_other_sites_foreign_names_and_missing_tokens(server):
    async def use(session):
        token = await token_of(session)
        for query, headers in (
            ('', {}),
            ('?token=guess', {}),
            (f'?token={token}', {'Origin': 'http://example.com'}),
            (f'?token={token}', {'Host': 'example.com'}),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect('/api/live' + query, headers=headers)
            assert refused.value.status == 403

    with_session(server, use)


def test_newest_pictures_and_state_arrive(server, feed):
    feed.put_picture('front', b'first')
    feed.put_picture('front', b'second')
    feed.put_shares({'joints': 0.25, 'front': 0.75})
    feed.put_status('act_policy: policy', 0, 'fine', {'tick': '7'})

    async def use(session):
        token = await token_of(session)
        async with session.ws_connect(f'/api/live?token={token}') as connection:
            state = await receive_state(connection)
            assert state['shares']['groups'] == [['joints', 0.25], ['front', 0.75]]
            assert state['statuses'][0]['values'] == {'tick': '7'}
            message = await connection.receive(5)
            assert picture_of(message.data) == ('front', b'second')

    with_session(server, use)


def test_slow_browser_gets_the_newest_picture_not_the_waiting_ones(server, feed):
    async def use(session):
        token = await token_of(session)
        async with session.ws_connect(f'/api/live?token={token}') as connection:
            got = []

            async def take(seconds: float) -> None:
                end = time.monotonic() + seconds
                while (left := end - time.monotonic()) > 0:
                    try:
                        message = await connection.receive(left)
                    except asyncio.TimeoutError:
                        return
                    if message.type is aiohttp.WSMsgType.BINARY:
                        got.append(picture_of(message.data)[1])

            for number in range(50):
                feed.put_picture('front', b'%d' % number)
                await take(0.01)
            assert len(got) == IN_FLIGHT
            await connection.send_str(json.dumps({'drawn': 'front'}))
            await take(0.3)
            assert len(got) == IN_FLIGHT + 1
            assert got[-1] == b'49'

    with_session(server, use)


def test_nonsense_from_a_browser_is_ignored(server, feed):
    async def use(session):
        token = await token_of(session)
        async with session.ws_connect(f'/api/live?token={token}') as connection:
            for nonsense in ('', '{', '[]', '{"drawn": 3}', '{"watching": "no"}', '"drawn"'):
                await connection.send_str(nonsense)
            feed.put_shares({'front': 1.0})
            while (await receive_state(connection))['shares'] is None:
                pass
            assert feed.watched

    with_session(server, use)


def test_feed_is_watched_only_while_a_visible_browser_is_connected(server, feed):
    async def use(session):
        token = await token_of(session)
        assert not feed.watched
        connection = await session.ws_connect(f'/api/live?token={token}')
        await receive_state(connection)
        assert feed.watched
        await connection.send_str('{"watching": false}')
        await until(lambda: not feed.watched)
        await connection.send_str('{"watching": true}')
        await until(lambda: feed.watched)
        await connection.close()
        await until(lambda: not feed.watched)

    async def until(condition):
        end = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < end
            await asyncio.sleep(0.01)

    with_session(server, use)


def test_port_in_use_is_one_clear_error_with_the_remedy(server, robot):
    port = int(server.address.rpartition(':')[2])
    other = PageServer(Feed(), robot.switches, port=port)
    with pytest.raises(OSError, match=f'port {port} is in use.*parameter port') as refused:
        other.start()
    assert '\n' not in str(refused.value)
    other.stop()


def test_address_of_another_machine_is_refused_with_the_remedy(robot):
    server = PageServer(Feed(), robot.switches, host='192.0.2.1', port=0)
    with pytest.raises(OSError, match='parameters host, port'):
        server.start()


def test_server_listens_on_loopback_unless_told_otherwise(server, robot, caplog):
    port = int(server.address.rpartition(':')[2])
    assert server.address == f'http://127.0.0.1:{port}'
    # Another loopback address stands for any other interface of this machine.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(('127.0.0.2', port)):
        pass
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        elsewhere = PageServer(Feed(), robot.switches, host='0.0.0.0', port=0)
        elsewhere.start()
        elsewhere.stop()
    assert 'can switch the robot' in caplog.text


@pytest.mark.parametrize(
    ('host', 'expected'),
    [
        ('127.0.0.1', True),
        ('127.8.0.1', True),
        ('::1', True),
        ('localhost', True),
        ('0.0.0.0', False),
        ('10.0.0.5', False),
        ('robot.lan', False),
    ],
)
def test_loopback_is_recognised(host, expected):
    assert is_loopback(host) == expected


def test_stop_ends_connections_and_thread_at_once(feed, robot):
    server = PageServer(feed, robot.switches, port=0)
    server.start()

    async def use(session):
        token = await token_of(session)
        async with session.ws_connect(f'/api/live?token={token}') as connection:
            await receive_state(connection)
            stopping = threading.Thread(target=server.stop)
            started = time.monotonic()
            stopping.start()
            while not connection.closed:
                await connection.receive(5)
            await asyncio.to_thread(stopping.join)
            assert time.monotonic() - started < 2.0

    with_session(server, use)
    server.stop()
    assert not feed.watched
    feed.put_picture('front', b'after the end')
