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

"""The demo as a newcomer starts it: real processes, the shipped policy, video, bag and page."""

from contextlib import suppress
import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import av
import pytest
from rosbags.highlevel import AnyReader

SECONDS = 40
START_TIMEOUT_S = 90
STATUS = re.compile(r'tick (\d+) +([\d.]+) Hz +forward ([\d.]+) ms +overlays ([\d.]+) Hz')
SUCCESS = re.compile(r'cube reached (\d+) of (\d+) times')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def start(output: Path, *options: str) -> subprocess.Popen:
    environment = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(path for path in sys.path if path),
        'ROS_DOMAIN_ID': str(1 + (os.getpid() + 45) % 90),
        'DEMO_UNDER_TEST': str(output),
    }
    return subprocess.Popen(
        [
            sys.executable,
            '-m',
            'attention_mapper_ros.cli.main',
            'demo',
            '--output',
            str(output),
            *options,
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    """Run the demo once; return its output folder, its lines, and what its page answered."""
    output = tmp_path_factory.mktemp('demo') / 'output'
    port = free_port()
    process = start(output, '--seconds', str(SECONDS), '--port', str(port))
    answer = page_answer(port)
    lines = process.communicate(timeout=START_TIMEOUT_S + SECONDS)[0].splitlines()
    return output, process.returncode, lines, answer


def page_answer(port: int) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not listens(port) and time.monotonic() < deadline:
        time.sleep(0.5)
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=5) as answer:
        return answer.read().decode()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def processes_of(output: Path) -> list[int]:
    """Return the processes that were started by the demo with this output folder."""
    mark = f'DEMO_UNDER_TEST={output}'.encode()
    found = []
    for environment in Path('/proc').glob('[0-9]*/environ'):
        with suppress(OSError):  # ended meanwhile
            if mark in environment.read_bytes().split(b'\0'):
                found.append(int(environment.parent.name))
    return found


def test_demo_ends_by_itself_and_well(demo):
    _, status, lines, _ = demo
    assert status == 0, '\n'.join(lines)


def test_demo_prints_the_pages_address_first_and_the_page_answers(demo):
    _, _, lines, answer = demo
    assert re.fullmatch(r'page: http://127\.0\.0\.1:\d+', lines[0])
    assert '<html' in answer


def test_demo_prints_rate_latency_and_shares_every_second(demo):
    lines = demo[2]
    assert sum(bool(re.match(r' *\d+ s  ', line)) for line in lines) >= SECONDS - 3
    found = [line for line in lines if STATUS.search(line)]
    assert found, '\n'.join(lines)
    assert re.search(r'attention: .*front \d+%.*wrist \d+%', found[-1])


def test_demo_says_when_the_first_overlay_came(demo):
    assert any(re.fullmatch(r'first overlay after [\d.]+ s', line) for line in demo[2])


def test_arm_reaches_the_red_cube(demo):
    reached = [SUCCESS.search(line) for line in demo[2]]
    successes, episodes = (int(number) for number in [m for m in reached if m][-1].groups())
    assert episodes >= 1
    assert successes >= 1


def test_video_shows_both_cameras(demo):
    with av.open(str(demo[0] / 'attention.mp4')) as video:
        stream = video.streams.video[0]
        frames = sum(1 for _ in video.decode(stream))
        assert stream.width > 1.5 * stream.height
    assert frames >= 10


def test_bag_holds_inputs_actions_and_attention(demo):
    with AnyReader([demo[0] / 'bag']) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        for topic in (
            '/joint_states',
            '/front/image_raw/compressed',
            '/wrist/camera_info',
            '/act_policy/action',
            '/act_policy/attention/share',
            '/act_policy/attention/front/map',
            '/act_policy/attention/wrist/image/compressed',
            '/diagnostics',
        ):
            assert counts[topic] > 5, topic
        by_stamp = {'frame': set(), 'overlay': set()}
        for connection, _, raw in reader.messages():
            kind = {
                '/front/image_raw/compressed': 'frame',
                '/act_policy/attention/front/image/compressed': 'overlay',
            }.get(connection.topic)
            if kind:
                stamp = reader.deserialize(raw, connection.msgtype).header.stamp
                by_stamp[kind].add((stamp.sec, stamp.nanosec))
    # Overlays stand on recorded frames. On a busy machine the recorder may miss some of either.
    assert len(by_stamp['overlay'] & by_stamp['frame']) > 0.8 * len(by_stamp['overlay'])


def test_a_node_that_dies_ends_the_demo_with_the_end_of_its_log(tmp_path):
    process = start(tmp_path, '--policy', '/nowhere/policy', '--no-page')
    lines = process.communicate(timeout=START_TIMEOUT_S)[0]
    assert process.returncode == 1
    assert 'act_policy ended with status 1' in lines
    assert '/nowhere/policy' in lines


def test_where_the_usual_port_is_taken_the_page_gets_another_one(tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else's already: as good
            taken.bind(('127.0.0.1', 8080))
            taken.listen()
        process = start(tmp_path, '--seconds', '4')
        lines = process.communicate(timeout=START_TIMEOUT_S)[0]
    assert process.returncode == 0, lines
    assert re.search(r'page: http://127\.0\.0\.1:(?!8080)\d+', lines)


def test_demo_interrupted_while_it_loads_leaves_no_process(tmp_path):
    process = start(tmp_path, '--no-page', '--seconds', str(START_TIMEOUT_S))
    while len(processes_of(tmp_path)) < 3:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=START_TIMEOUT_S)[0]
    assert process.returncode == 0, lines
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize('first', [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_leaves_no_process_and_a_bag_that_can_be_read(tmp_path, first):
    process = start(tmp_path, '--no-page', '--seconds', str(START_TIMEOUT_S))
    assert any('first overlay' in line for line in process.stdout)  # up to that line
    assert len(processes_of(tmp_path)) == 3
    process.send_signal(first)
    # Wherever another one meets it: still watching, closing video and bag, ending the nodes.
    impatient = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < impatient:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    lines = process.communicate(timeout=START_TIMEOUT_S)[0]
    assert process.returncode == 0, lines
    with AnyReader([tmp_path / 'bag']) as reader:
        assert '/joint_states' in reader.topics
    assert processes_of(tmp_path) == []
