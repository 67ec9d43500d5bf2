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
What the doctor asks of libraries that may crash, hang or be built for another numpy.

Each question runs in a child process (``python -m attention_mapper_ros.cli.probes QUESTION``),
prints its answer as JSON on the last line, and may die as it likes: `ask` reports how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import json
import os
import re
import subprocess
import sys
from typing import Any

# Our own exceptions speak for themselves; those of libraries need their name.
WHOSE_ERROR = re.compile(r'^attention_mapper_ros\.[\w.]+: ')

TIMEOUT_S = 180.0  # torch and LeRobot, imported for the first time from a slow disk


@dataclass(frozen=True)
class Answer:
    """What a probe found out, or how it failed."""

    facts: dict[str, Any] = field(default_factory=dict)
    complaint: str = ''


def ask(question: str) -> Answer:
    """Run one probe in a child process."""
    try:
        run = subprocess.run(
            [sys.executable, '-m', __name__, question],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(complaint=f'no answer within {TIMEOUT_S:.0f} s')
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    if run.returncode == 0 and lines:
        return Answer(json.loads(lines[-1]))
    complaints = [line.strip() for line in run.stderr.splitlines() if line.strip()]
    if not complaints:
        return Answer(complaint=f'exit status {run.returncode}')
    return Answer(complaint=WHOSE_ERROR.sub('', complaints[-1]))


def torch() -> dict[str, Any]:
    import torch
    import torchvision

    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    name = (
        torch.cuda.get_device_name() if device == 'cuda' else f'{torch.get_num_threads()} threads'
    )
    return {
        'version': torch.__version__,
        'torchvision': torchvision.__version__,
        'device': device,
        'name': name,
    }


def lerobot() -> dict[str, Any]:
    from attention_mapper_ros.policies.lerobot_install import require_lerobot

    return {'version': require_lerobot()}


def ros_client() -> dict[str, Any]:
    from attention_mapper_ros.ros.client import CLIENT, CLIENT_REASON

    return {'client': CLIENT, 'reason': CLIENT_REASON}


def pictures() -> dict[str, Any]:
    import cv2
    import numpy

    return {'opencv': cv2.__version__, 'numpy': numpy.__version__}


def video() -> dict[str, Any]:
    import av

    wanted = ('libx264', 'h264', 'libsvtav1', 'mpeg4', 'gif')
    encoders = []
    for name in wanted:
        try:
            av.Codec(name, 'w')
        except ValueError:
            continue
        encoders.append(name)
    return {'version': av.__version__, 'encoders': encoders}


def opengl() -> dict[str, Any]:
    from attention_mapper_ros.sim.rendering import choose_backend, probe_failure

    asked_for = os.environ.get('MUJOCO_GL')
    # choose_backend takes it as it is; here it must draw.
    if asked_for and (failure := probe_failure(asked_for)):
        raise RuntimeError(f'MUJOCO_GL={asked_for} does not draw ({failure}): unset it')
    return {'backend': choose_backend()}


def page() -> dict[str, Any]:
    import aiohttp

    return {'version': aiohttp.__version__}


def recordings() -> dict[str, Any]:
    import jinja2
    import matplotlib
    import pandas
    import PIL
    import pyarrow
    import rosbags.rosbag2  # noqa: F401, it has no version in itself
    import zarr

    libraries = (jinja2, matplotlib, pandas, PIL, pyarrow, zarr)
    return {library.__name__: library.__version__ for library in libraries}


QUESTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    probe.__name__: probe
    for probe in (torch, lerobot, ros_client, pictures, video, opengl, page, recordings)
}


if __name__ == '__main__':
    print(json.dumps(QUESTIONS[sys.argv[1]]()))
