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
Run the policy node for minutes or hours: no action may be lost, no tick drift, no memory grow.

A robot with two cameras at 30 Hz and joints at 50 Hz, the policy node, and a listener run as
processes of their own on loopback, and end by themselves. Figures begin after a warm-up. Exit
status 1: an action was lost, came twice or out of order, or the node ended. What a listener can
know of a lost action stands in soak_listener.py.

    python benchmarks/soak.py --minutes 30 [--rate-hz 10] [--policy FOLDER] [--overlays]
        [--size WIDTHxHEIGHT] [--schedule queue] [--json FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from bench_report import say
import numpy as np
from soak_listener import Heard, Listener
from soak_process import Watched
from soak_source import CAMERAS

import attention_mapper_ros
from attention_mapper_ros.ros.client import rclpy

HERE = Path(__file__).resolve().parent
CHECKPOINT = Path(attention_mapper_ros.__file__).parent / 'sim' / 'checkpoint'
JOINTS = ('shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper')
SAMPLE_S = 2.0
FIRST_ACTION_WITHIN_S = 180.0
STOPS_WITHIN_S = 15.0
WARM_UP_SHARE, LONGEST_WARM_UP_S = 0.25, 120.0
# What the node is to reach.
INTERVAL_GOAL, GROWTH_GOAL = 1.10, 0.02


def main() -> int:
    """Soak, say how it was, and return the exit status."""
    arguments = _arguments()
    os.environ.update(_loopback(arguments.domain))
    rclpy.init(args=[])
    listener = Listener(CAMERAS if arguments.overlays else ())
    try:
        with _source(arguments) as source, _node(arguments) as node:
            watched = Watched(node.pid)
            wanted = 60.0 * arguments.minutes
            _warm_up(listener, node, min(WARM_UP_SHARE * wanted, LONGEST_WARM_UP_S))
            listener.begin()
            watched.begin()
            _listen(listener, node, wanted, watched)
            sent = _end(source)
        figures = _figures(arguments, listener.heard, watched, sent)
    finally:
        listener.destroy_node()
        rclpy.try_shutdown()
    _show(figures)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + '\n', encoding='utf-8')
    actions = figures['actions']
    return int(actions['lost'] + actions['doubled'] + actions['reordered'] > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='The policy node over a long time.')
    parser.add_argument('--minutes', type=float, default=30.0, help='after the warm-up')
    parser.add_argument('--rate-hz', type=float, default=10.0, help='ticks per second')
    parser.add_argument('--policy', type=Path, default=CHECKPOINT, help='checkpoint of six joints')
    parser.add_argument('--schedule', default='queue', choices=('queue', 'ensemble', 'latest'))
    parser.add_argument('--size', default='640x480', metavar='WxH', help='of the cameras')
    parser.add_argument('--threads', type=int, default=0, help='torch_threads of the node')
    parser.add_argument('--overlays', action='store_true', help='listen to the overlays as well')
    parser.add_argument('--domain', type=int, default=10 + os.getpid() % 90)
    parser.add_argument('--json', type=Path, help='also write the figures to this file')
    return parser.parse_args()


def _loopback(domain: int) -> dict[str, str]:
    """Return what keeps the graph on this machine."""
    return {
        'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        **({'ROS_LOCALHOST_ONLY': '1'} if os.environ.get('ROS_DISTRO') == 'humble' else {}),
    }


@contextmanager
def _process(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join([str(HERE.parent), *filter(None, sys.path)])
    process = subprocess.Popen(
        command, env={**os.environ, 'PYTHONPATH': path}, text=True, **options
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _source(arguments: argparse.Namespace) -> Any:
    size = arguments.size.split('x')
    command = [sys.executable, str(HERE / 'soak_source.py'), *size, *JOINTS]
    return _process(command, stdout=subprocess.PIPE)


def _node(arguments: argparse.Namespace) -> Any:
    parameters = {
        'policy': arguments.policy,
        'device': 'cpu',
        'rate_hz': float(arguments.rate_hz),
        'schedule': arguments.schedule,
        'torch_threads': arguments.threads,
        'cameras.names': f'[{", ".join(CAMERAS)}]',
        **{f'cameras.{camera}.resize': 'stretch' for camera in CAMERAS},
        'joints.names': f'[{", ".join(JOINTS)}]',
        **{f'joints.{joint}.index': index for index, joint in enumerate(JOINTS)},
    }
    given = [part for name, value in parameters.items() for part in ('-p', f'{name}:={value}')]
    module = 'attention_mapper_ros.nodes.act_policy'
    return _process([sys.executable, '-m', module, '--ros-args', *given])


def _warm_up(listener: Listener, node: subprocess.Popen[str], seconds: float) -> None:
    end = time.monotonic() + FIRST_ACTION_WITHIN_S
    while not listener.heard.stamps_ns:
        if time.monotonic() > end:
            raise SystemExit('no action came: see what the node says above')
        _listen(listener, node, 0.5)
    say(f'first action; warming up for {seconds:.0f} s')
    _listen(listener, node, seconds)


def _listen(
    listener: Listener,
    node: subprocess.Popen[str],
    seconds: float,
    watched: Watched | None = None,
) -> None:
    end = time.monotonic() + seconds
    due = 0.0
    while (now := time.monotonic()) < end:
        if node.poll() is not None:
            raise SystemExit(f'the policy node ended with status {node.returncode}')
        if watched is not None and now >= due:
            watched.sample()
            due = now + SAMPLE_S
        rclpy.spin_once(listener, timeout_sec=min(0.2, end - now))


def _end(source: subprocess.Popen[str]) -> dict[str, int]:
    """Stop the robot and return how many messages it sent on each stream."""
    source.send_signal(signal.SIGINT)
    output, _ = source.communicate(timeout=STOPS_WITHIN_S)
    sent: dict[str, int] = json.loads(output.splitlines()[-1])
    return sent


def _figures(
    arguments: argparse.Namespace, heard: Heard, watched: Watched, sent: Mapping[str, int]
) -> dict[str, Any]:
    period_s = 1.0 / arguments.rate_hz
    first_mib, last_mib = watched.ends_mib
    counters = ('tick', 'late_ticks', 'missed_ticks', 'skipped_ticks', 'overlays_dropped')
    # Whole runs: the robot's numbers and the node's count from the start of each.
    received = {
        stream: int(heard.last.get(f'received {name}', 0))
        for stream, name in (*((c, c) for c in CAMERAS), ('joints', 'joint_states'))
    }
    return {
        'minutes': arguments.minutes,
        'period_ms': period_s * 1e3,
        'actions': {
            'received': heard.actions.received,
            'lost': heard.lost(period_s),
            'doubled': heard.actions.doubled,
            'reordered': heard.actions.reordered,
            'ticks_without_action': heard.without_action(period_s),
        },
        'interval_ms': _percentiles(heard.arrivals_ns),
        'stamp_interval_ms': _percentiles(heard.stamps_ns),
        'node': {name: heard.counted(name) for name in counters},
        'forward_ms': heard.last.get('forward_ms', ''),
        'memory_mib': {'start': first_mib, 'end': last_mib, 'per_hour': watched.mib_per_hour},
        'memory_growth': watched.growth,
        'cores': watched.cores,
        'inputs': {name: [received[name], sent.get(name, 0)] for name in received},
        'overlays': {
            camera: [order.received, order.doubled, order.reordered]
            for camera, order in heard.overlays.items()
        },
    }


def _percentiles(times_ns: list[int]) -> dict[str, float]:
    intervals = np.diff(times_ns) / 1e6 if len(times_ns) > 1 else np.array([np.nan])
    return {
        'p50': float(np.percentile(intervals, 50)),
        'p99': float(np.percentile(intervals, 99)),
        'max': float(intervals.max()),
    }


def _show(figures: Mapping[str, Any]) -> None:
    period, actions, memory = figures['period_ms'], figures['actions'], figures['memory_mib']
    say(f'{figures["minutes"]:g} minutes, period {period:g} ms')
    say(f'{"":22}{"p50":>9}{"p99":>9}{"max":>9}')
    for name, words in (
        ('interval_ms', 'between actions, ms'),
        ('stamp_interval_ms', 'between stamps, ms'),
    ):
        say(f'{words:22}' + ''.join(f'{figures[name][key]:9.1f}' for key in ('p50', 'p99', 'max')))
    say('actions               ' + _listed(actions))
    say('node                  ' + _listed(figures['node']) + f', {figures["cores"]:.2f} cores')
    say(f'forward, ms           {figures["forward_ms"]}')
    say(
        f'memory, MiB           {memory["start"]:.1f} to {memory["end"]:.1f}, '
        f'{figures["memory_growth"]:+.2%}, {memory["per_hour"]:+.1f} an hour'
    )
    for name, (received, sent) in figures['inputs'].items():
        say(f'{name:22}{received} of {sent} messages received')
    for camera, (received, doubled, reordered) in figures['overlays'].items():
        say(f'overlay {camera:14}{received} received, {doubled} doubled, {reordered} reordered')
    p99 = figures['interval_ms']['p99']
    lost = actions['lost'] + actions['doubled'] + actions['reordered']
    for words, reached in (
        ('no action lost, doubled or reordered', lost == 0),
        ('p99 of the interval within 10 % of the period', p99 <= INTERVAL_GOAL * period),
        ('memory grows by less than 2 %', figures['memory_growth'] < GROWTH_GOAL),
    ):
        say(f'{"reached" if reached else "MISSED":9}{words}')


def _listed(values: Mapping[str, Any]) -> str:
    return ', '.join(f'{value} {name.replace("_", " ")}' for name, value in values.items())


if __name__ == '__main__':
    sys.exit(main())
