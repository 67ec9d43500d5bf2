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

"""The page's node on the wire: real processes, real topics and services, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import aiohttp
import pytest

from attention_mapper_ros.nodes.policy_settings import NAMES
from attention_mapper_ros.web.access import TOKEN_HEADER

ROOT = Path(__file__).parents[2]
ROBOT = Path(__file__).with_name('page_robot.py')
START_S = 20.0


def start(arguments: list[str], domain: int, **options) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(filter(None, [str(ROOT), os.environ.get('PYTHONPATH')])),
        'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    }
    environment.pop('ROS_LOCALHOST_ONLY', None)
    return subprocess.Popen(
        [sys.executable, *arguments], env=environment, text=True, cwd=ROOT, **options
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


PAGE = ['-m', 'attention_mapper_ros.nodes.attention_page', '--ros-args']


@pytest.fixture
def domain() -> int:
    return 60 + os.getpid() % 40


@pytest.fixture
def robot_process(domain: int) -> Iterator[subprocess.Popen[str]]:
    arguments = [str(ROBOT), '--ros-args', '-r', '__ns:=/left']
    process = start(arguments, domain, stdout=subprocess.PIPE)
    yield process
    end(process)


@pytest.fixture
def page_address(domain: int) -> Iterator[str]:
    port = free_port()
    process = start([*PAGE, '-r', '__ns:=/left', '-p', f'port:={port}'], domain)
    address = f'http://127.0.0.1:{port}'
    deadline = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(address + '/api/state', timeout=1).close()
            break
        except OSError:
            assert process.poll() is None, 'the page ended'
            assert time.monotonic() < deadline, 'the page does not answer'
            time.sleep(0.1)
    yield address
    assert end(process) == 0


def said(process: subprocess.Popen[str]) -> dict:
    return json.loads(process.stdout.readline())


def said_all(state: dict) -> bool:
    return len(state['statuses']) == 2 and all(status['values'] for status in state['statuses'])


def test_page_shows_the_node_of_its_namespace_and_asks_for_pictures_only_while_watched(
    robot_process, page_address
):
    assert said(robot_process) == {'watched': False}

    async def look():
        async with aiohttp.ClientSession(page_address) as session:
            async with session.get('/api/session') as response:
                about = await response.json()
            assert about['node'] == 'left/act_policy'
            token = about['token']
            state, pictures = {}, {}
            deadline = time.monotonic() + START_S
            async with session.ws_connect(f'/api/live?token={token}') as connection:
                while not (state.get('shares') and said_all(state) and len(pictures) == 2):
                    assert time.monotonic() < deadline, (state, pictures)
                    message = await connection.receive(START_S)
                    if message.type is aiohttp.WSMsgType.TEXT:
                        state = json.loads(message.data)
                        continue
                    (length,) = struct.unpack('>H', message.data[:2])
                    camera = json.loads(message.data[2 : 2 + length])['camera']
                    pictures[camera] = message.data[2 + length :]
                    await connection.send_str(json.dumps({'drawn': camera}))
                assert await asyncio.to_thread(said, robot_process) == {'watched': True}
                headers = {TOKEN_HEADER: token}
                async with session.post(
                    '/api/enable', json={'enabled': False}, headers=headers
                ) as response:
                    assert await response.json() == {'success': True, 'message': 'as you wish'}
                async with session.post('/api/reset', headers=headers) as response:
                    assert await response.json() == {'success': False, 'message': 'not now'}
            return state, pictures

    state, pictures = asyncio.run(look())
    assert {camera: data.split()[0] for camera, data in pictures.items()} == {
        'front': b'front',
        'wrist': b'wrist',
    }
    assert state['shares']['groups'] == [['joints', 0.25], ['front', 0.5], ['wrist', 0.25]]
    policy, ticks = state['statuses']
    assert policy['name'] == '/left/act_policy: policy'
    assert (policy['level'], policy['message']) == (0, 'active')
    assert policy['values'] == {'state': 'enabled'}
    assert (ticks['level'], ticks['message']) == (1, 'slow')
    assert list(ticks['values']) == ['tick']
    assert said(robot_process) == {'enable': False}
    assert said(robot_process) == {'reset': True}
    assert said(robot_process) == {'set': 'attention.module', 'to': 'encoder_self'}
    assert said(robot_process) == {'watched': False}  # the browser has gone


def test_page_shows_the_settings_of_the_node_and_sets_them(robot_process, page_address):
    assert said(robot_process) == {'watched': False}

    async def use():
        async with aiohttp.ClientSession(page_address) as session:
            async with session.get('/api/session') as response:
                headers = {TOKEN_HEADER: (await response.json())['token']}

            async def put(name, value):
                body = {'name': name, 'value': value}
                async with session.post('/api/setting', json=body, headers=headers) as response:
                    return await response.json()

            async def settings(true, connection):
                deadline = time.monotonic() + START_S
                while time.monotonic() < deadline:
                    message = await connection.receive(START_S)
                    if message.type is aiohttp.WSMsgType.TEXT:
                        found = {s['name']: s for s in json.loads(message.data)['settings']}
                        if found and true(found):
                            return found
                raise AssertionError('the settings did not come')

            async with session.ws_connect(
                f'/api/live?token={headers[TOKEN_HEADER]}'
            ) as connection:
                first = await settings(lambda found: True, connection)
                answers = [
                    await put('attention.head', '1'),
                    await put('attention.query', '0, 2'),
                    await put('attention.layer', '7'),
                    await put('use_sim_time', 'true'),
                    await put('attention.layer', '9' * 30),
                ]
                second = await settings(
                    lambda found: found['attention.query']['value'] == '0,2', connection
                )
                async with session.post('/api/reset', headers=headers):
                    pass
                third = await settings(
                    lambda found: found['attention.module']['value'] == 'encoder_self',
                    connection,
                )
        return first, answers, second, third

    first, answers, second, third = asyncio.run(use())
    assert list(first) == list(NAMES)
    assert first['attention.method']['choices'] == ['raw', 'rollout']
    assert first['attention.layer']['value'] == 'last'
    assert first['attention.layer']['choices'] == ['last', 'mean', 'max', '0', '1']
    assert [answer['success'] for answer in answers] == [True, True, False, False, False]
    assert answers[2]['message'] == 'there is no 7'
    assert 'use ros2 param set' in answers[3]['message']
    assert second['attention.head']['value'] == '1'
    # How many layers there are depends on the module, which was set elsewhere.
    assert third['attention.layer']['choices'][3:] == ['0', '1', '2', '3']
    assert said(robot_process) == {'watched': True}
    assert said(robot_process) == {'set': 'attention.head', 'to': 1}
    assert said(robot_process) == {'set': 'attention.query', 'to': [0, 2]}


def test_switch_without_a_policy_node_is_answered_at_once(page_address):
    async def use():
        async with aiohttp.ClientSession(page_address) as session:
            async with session.get('/api/session') as response:
                token = (await response.json())['token']
            async with session.post('/api/reset', headers={TOKEN_HEADER: token}) as response:
                return await response.json()

    answer = asyncio.run(use())
    assert not answer['success']
    assert '/left/act_policy is not there' in answer['message']


@pytest.mark.parametrize(
    ('parameter', 'remedy'),
    [
        ('port:=99999', 'from 0 to 65535'),
        ('prot:=8080', 'did you mean port'),
        ('port:={taken}', 'in use'),
    ],
)
def test_impossible_parameter_ends_the_node_with_the_remedy(domain, parameter, remedy):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        given = parameter.format(taken=taken.getsockname()[1])
        process = start([*PAGE, '-p', given], domain, stdout=-1, stderr=subprocess.STDOUT)
        output, _ = process.communicate(timeout=START_S)
    assert process.returncode == 1
    assert remedy in output
    assert 'Traceback' not in output
