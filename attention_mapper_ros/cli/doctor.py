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
`attention-mapper doctor`: what is installed, what is missing, and the command that installs it.

Everything is tried, not looked up: a library counts as there when it imports and does its job in
a process of its own. The exit status is 1 when something that the policy node needs is missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
import json
import os
from pathlib import Path
import platform
import sys

from attention_mapper_ros.cli import probes
from attention_mapper_ros.cli.probes import Answer

# As many as import torch at the same time without swapping on a small machine.
PROBES_AT_ONCE = 3

INSTALL_LIVE = "pip install 'attention_mapper_ros[live]'"
INSTALL_ANALYSIS = "pip install 'attention_mapper_ros[analysis]'"
INSTALL_SIM = "pip install 'attention_mapper_ros[sim]'"


class State(Enum):
    """How a finding stands; only `MISSING` makes the doctor fail."""

    OK = 'ok'
    NOTE = 'note'
    MISSING = 'missing'


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    state: State
    says: str
    remedy: str = ''


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    findings = examine()
    healthy = all(finding.state is not State.MISSING for finding in findings)
    if options.json:
        lines = [{**asdict(finding), 'state': finding.state.value} for finding in findings]
        print(json.dumps({'healthy': healthy, 'findings': lines}, indent=2))
    else:
        print(report(findings))
    return 0 if healthy else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper doctor',
        description='Say what is installed, what is missing, and the command that installs it.',
    )
    parser.add_argument('--json', action='store_true', help='print the findings as JSON')
    return parser


def examine() -> list[Finding]:
    """Ask every probe and judge the answers."""
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        answers = dict(zip(probes.QUESTIONS, pool.map(probes.ask, probes.QUESTIONS), strict=True))
    judged = [judge(answers) for judge in JUDGES]
    return [python(), *(finding for finding in judged if finding is not None)]


def report(findings: Sequence[Finding]) -> str:
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f'{finding.state.value:<8}{finding.subject:<{width}}  {finding.says}')
        if finding.remedy:
            lines.append(f'{"":<8}{"":<{width}}  -> {finding.remedy}')
    return '\n'.join(lines)


def python() -> Finding:
    try:
        own = version('attention_mapper_ros')
    except PackageNotFoundError:
        own = 'not installed, run from its sources'
    says = f'{platform.python_version()} at {sys.executable}; attention_mapper_ros {own}'
    return Finding('Python', State.OK, says)


def ros_client(answers: Mapping[str, Answer]) -> Finding:
    distribution = os.environ.get('ROS_DISTRO')
    answer = answers['ros_client']
    if answer.complaint:
        remedy = f'source /opt/ros/{distribution or "jazzy"}/setup.bash, or: {INSTALL_LIVE}'
        return Finding('ROS client', State.MISSING, answer.complaint, remedy)
    if answer.facts['client'] == 'rclpy':
        return Finding('ROS client', State.OK, f'rclpy of ROS 2 {distribution or "unknown"}')
    says = f'Cyclone DDS; {answer.facts["reason"]}'
    if distribution:
        remedy = f'to use ROS 2 {distribution}, run the Python that it was built for'
        return Finding('ROS client', State.NOTE, says, remedy)
    return Finding('ROS client', State.OK, says)


def torch(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['torch']
    if answer.complaint:
        return Finding('PyTorch', State.MISSING, answer.complaint, INSTALL_LIVE)
    facts = answer.facts
    says = f'{facts["version"]} on {facts["device"]}: {facts["name"]}'
    return Finding('PyTorch', State.OK, f'{says}; torchvision {facts["torchvision"]}')


def lerobot(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['lerobot']
    if answer.complaint:
        # The message already says which LeRobot this Python wants.
        return Finding('LeRobot', State.MISSING, answer.complaint, INSTALL_LIVE)
    return Finding('LeRobot', State.OK, f'{answer.facts["version"]}, loads ACT policies')


def pictures(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['pictures']
    if answer.complaint:
        return Finding('OpenCV', State.MISSING, answer.complaint, INSTALL_LIVE)
    says = f'{answer.facts["opencv"]} with numpy {answer.facts["numpy"]}'
    if int(answer.facts['opencv'].split('.')[0]) >= 5:
        remedy = "pip install 'opencv-python-headless<5'"
        says += ': cv_bridge, which other nodes may use, fails with it'
        return Finding('OpenCV', State.NOTE, says, remedy)
    return Finding('OpenCV', State.OK, says)


def video(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['video']
    if answer.complaint:
        return Finding('Video', State.NOTE, f'no videos: {answer.complaint}', INSTALL_LIVE)
    says = f'PyAV {answer.facts["version"]} encodes {", ".join(answer.facts["encoders"])}'
    return Finding('Video', State.OK, says)


def page(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['page']
    if answer.complaint:
        return Finding('Page', State.NOTE, f'cannot be served: {answer.complaint}', INSTALL_LIVE)
    return Finding('Page', State.OK, f'aiohttp {answer.facts["version"]}')


def recordings(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['recordings']
    if answer.complaint:
        says = f'not analysed: {answer.complaint}; a live robot does not need it'
        return Finding('Recordings', State.NOTE, says, INSTALL_ANALYSIS)
    says = f'tables with pyarrow {answer.facts["pyarrow"]}, maps with zarr {answer.facts["zarr"]}'
    return Finding('Recordings', State.OK, says)


def opengl(answers: Mapping[str, Answer]) -> Finding:
    answer = answers['opengl']
    if not answer.complaint:
        return Finding('Simulation', State.OK, f'MuJoCo draws with {answer.facts["backend"]}')
    if "No module named 'mujoco'" in answer.complaint:
        says = 'not installed; only the demo, recording and training need it'
        return Finding('Simulation', State.NOTE, says, INSTALL_SIM)
    return Finding('Simulation', State.MISSING, answer.complaint)


def checkpoint(answers: Mapping[str, Answer]) -> Finding:
    folder = Path(__file__).resolve().parent.parent / 'sim' / 'checkpoint'
    weights = folder / 'model.safetensors'
    if not weights.is_file():
        says = f'{weights} is not there, and the demo runs it'
        return Finding('Checkpoint', State.NOTE, says, 'attention-mapper train --help')
    return Finding('Checkpoint', State.OK, f'{weights.stat().st_size / 1e6:.0f} MB at {folder}')


JUDGES: tuple[Callable[[Mapping[str, Answer]], Finding | None], ...] = (
    ros_client,
    torch,
    lerobot,
    pictures,
    video,
    page,
    recordings,
    opengl,
    checkpoint,
)
