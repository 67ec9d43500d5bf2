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
``attention-mapper demo``: the simulated arm, its policy and the page, on this machine alone.

Each node is a process of its own, as on a robot; this one watches and records them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib.resources import files
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time

from attention_mapper_ros.cli.installed_files import config_file

DESCRIPTION = (
    'Runs the simulated arm, the policy that drives it and the page, on this machine alone, and '
    'records what the policy looks at.'
)
LOOPBACK, PORT = '127.0.0.1', 8080
STOP_TIMEOUT_S = 10.0
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
LAST_LINES = 15  # of the log of a node that ended, shown to the person who must mend it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until its time is up or it is interrupted; return the exit status."""
    options = _parser().parse_args(arguments)
    options.started = time.monotonic()
    if options.port is None:
        options.port = _free_port()
    os.environ.update(_loopback(os.environ))
    try:
        _clear(options.output)
    except OSError as error:
        _say(
            f'output folder {options.output} cannot be written: {error}; '
            'choose another one with --output'
        )
        return 1
    return _run(options, _noted_interrupts())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='attention-mapper demo', description=DESCRIPTION)
    parser.add_argument(
        '--seconds', type=float, default=None, help='stop after so many seconds (default: Ctrl-C)'
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('demo_output'),
        help='folder for the video, the bag and the logs; replaced (default: demo_output)',
    )
    parser.add_argument(
        '--record-minutes',
        type=float,
        default=10.0,
        help='length of video and bag at the most (default: 10)',
    )
    parser.add_argument('--policy', default=None, help='another checkpoint than the shipped one')
    parser.add_argument('--seed', type=int, default=0, help='of the places of the cubes')
    parser.add_argument(
        '--no-page', dest='page', action='store_false', help='do not serve the page'
    )
    parser.add_argument(
        '--port',
        type=int,
        default=None,
        help=f'of the page (default: {PORT}, or a free one where that is taken)',
    )

    return parser


def _free_port() -> int:
    with socket.socket() as usual, socket.socket() as other:
        usual.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            usual.bind((LOOPBACK, PORT))
        except OSError:
            other.bind((LOOPBACK, 0))
            port: int = other.getsockname()[1]
            return port
        return PORT


def _run(options: argparse.Namespace, interrupts: Sequence[int]) -> int:
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, module_arguments in _nodes(options).items():
            processes[name] = _start(name, module_arguments, options.output)
        return _watch(options, processes, interrupts)
    finally:
        _stop(processes)
        # Python gives up its handlers before it ends, and a late Ctrl-C is no failure.
        for number in _INTERRUPTS:
            signal.signal(number, signal.SIG_IGN)


def _nodes(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the ROS arguments of every node, by the name of its module."""
    policy = options.policy or str(files('attention_mapper_ros') / 'sim' / 'checkpoint')
    nodes = {
        'sim_robot': ['-p', f'seed:={options.seed}'],
        'act_policy': [
            '--params-file',
            str(config_file('act_live.yaml')),
            '--params-file',
            str(config_file('demo.yaml')),
            '-p',
            f'policy:={policy}',
        ],
    }
    if options.page:
        nodes['attention_page'] = ['-p', f'port:={options.port}']
    return nodes


def _start(name: str, ros_arguments: list[str], output: Path) -> subprocess.Popen[bytes]:
    with (output / f'{name}.log').open('wb') as log:
        return subprocess.Popen(
            [
                sys.executable,
                '-m',
                f'attention_mapper_ros.nodes.{name}',
                '--ros-args',
                *ros_arguments,
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            # Ctrl-C reaches this process only, which then ends the nodes in order.
            start_new_session=True,
        )


def _watch(
    options: argparse.Namespace,
    processes: Mapping[str, subprocess.Popen[bytes]],
    interrupts: Sequence[int],
) -> int:
    # Not before the nodes have begun to load: this process then imports beside them.
    from attention_mapper_ros.nodes.demo_monitor import DemoMonitor
    from attention_mapper_ros.ros.client import rclpy, SignalHandlerOptions

    output = options.output
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    monitor = DemoMonitor(output, options.record_minutes * 60.0)
    if options.page:
        _say(f'page: http://{LOOPBACK}:{options.port}')
    started = time.monotonic()
    next_line = started
    overlay_seen = False
    try:
        while not interrupts and (
            options.seconds is None or time.monotonic() - started < options.seconds
        ):
            rclpy.spin_once(monitor, timeout_sec=0.1)
            ended = [name for name, process in processes.items() if process.poll() is not None]
            if ended:
                _tell_end(ended[0], processes[ended[0]], output)
                return 1
            if monitor.overlay_seen and not overlay_seen:
                overlay_seen = True
                _say(f'first overlay after {time.monotonic() - options.started:.1f} s')
            if time.monotonic() >= next_line:
                _say(f'{time.monotonic() - started:5.0f} s  {monitor.status_line()}')
                next_line += 1.0
        return 0
    finally:
        monitor.close()
        recorded = f'video and bag: {output / "attention.mp4"}, {output / "bag"}'
        _say(monitor.failure or recorded)
        monitor.destroy_node()
        rclpy.try_shutdown()


def _tell_end(name: str, process: subprocess.Popen[bytes], output: Path) -> None:
    log = output / f'{name}.log'
    lines = log.read_text(errors='replace').splitlines()
    _say(f'{name} ended with status {process.returncode}; the end of {log}:')
    for line in lines[-LAST_LINES:]:
        _say(f'  {line}')


def _stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """End the nodes: asked first, and made to when they do not."""
    for process in processes.values():
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for process in processes.values():
        _wait_or_kill(process, deadline)


def _wait_or_kill(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that keep a ROS graph on this machine, for its distribution."""
    if environment.get('ROS_DISTRO') in ('humble', 'iron'):
        return {'ROS_LOCALHOST_ONLY': '1'}
    return {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}


def _clear(output: Path) -> None:
    """Make the output folder, and remove from it what an earlier demo left."""
    output.mkdir(parents=True, exist_ok=True)
    bag = output / 'bag'
    old = [output / 'attention.mp4', output / 'attention.mp4.part', *output.glob('*.log')]
    if bag.is_dir():
        old += bag.iterdir()
    for path in old:
        path.unlink(missing_ok=True)
    if bag.is_dir():
        bag.rmdir()


def _noted_interrupts() -> Sequence[int]:
    """
    Let SIGINT and SIGTERM be noted from now on, in what is returned, and do nothing else.

    An exception would come in the middle of anything: of starting a node, which must be known
    then, of a callback of the DDS library, of the end of video and bag.
    """
    noted: list[int] = []
    for number in _INTERRUPTS:
        signal.signal(number, lambda number, frame: noted.append(number))
    return noted


def _say(line: str) -> None:
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()
