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
Make .venv: everything that the demo and the tests need, on a machine that has only Python.

Works without root, compiler, pip or ensurepip. A second run with nothing changed returns at once.
Run by the Makefile; standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import debian

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
STAMP = VENV / 'installed'
PRIVATE_LIBRARIES = VENV / 'debian'

REQUIREMENTS = ROOT / 'environment' / 'requirements.txt'
CONSTRAINTS = ROOT / 'environment' / 'constraints.txt'
LEROBOT = ROOT / 'environment' / 'requirements-lerobot.txt'
DECIDES_WHAT_IS_INSTALLED = (
    REQUIREMENTS,
    CONSTRAINTS,
    LEROBOT,
    ROOT / 'setup.py',
    ROOT / 'setup.cfg',
    Path(__file__),
)

OLDEST, NEWEST = (3, 10), (3, 13)
# Measured on x86-64, where the index's torch brings its CUDA libraries.
# pip keeps what it has downloaded until everything is installed.
DOWNLOAD_GB, DISK_GB = 4.4, 13
STEPS = 5


def main() -> int:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return fail(
            f'this is Python {sys.version.split()[0]}, and LeRobot runs on 3.10 to 3.13',
            'name another one: make PYTHON=python3.11 …',
        )
    wanted = state_of_the_inputs()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    try:
        install(wanted)
    except subprocess.CalledProcessError as error:
        return fail(
            f'{shlex.join(map(str, error.cmd))} ended with {error.returncode}',
            'its own message stands above; after mending it, run make again: '
            'what has been installed is kept',
        )
    except RemedyNeededError as error:
        return fail(*error.args)
    except KeyboardInterrupt:
        return fail('stopped', 'run make again when it suits; what has been installed is kept')
    return 0


class RemedyNeededError(Exception):
    """What is wrong, and what to do about it."""


def state_of_the_inputs() -> str:
    """Name everything that makes another environment: Python, place and the files."""
    digest = hashlib.sha256(f'{sys.version} {os.path.realpath(sys.executable)} {ROOT}'.encode())
    for path in DECIDES_WHAT_IS_INSTALLED:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install(wanted: str) -> None:
    started = time.monotonic()
    check_disk()
    say(1, f'making {VENV.name} for Python {sys.version.split()[0]}')
    STAMP.unlink(missing_ok=True)
    make_venv()
    say(2, f'installing PyTorch and the rest: up to {DOWNLOAD_GB} GB to download')
    pip('--requirement', str(REQUIREMENTS), '--constraint', str(CONSTRAINTS))
    say(3, 'installing LeRobot itself and this package')
    pip('--no-deps', '--requirement', str(LEROBOT))
    pip('--no-deps', '--no-build-isolation', '--editable', str(ROOT))
    say(4, 'looking for OpenGL that renders without a screen')
    provide_opengl()
    say(5, 'loading everything once')
    subprocess.run(
        in_venv('-c', 'import cv2, cyclonedds, mujoco, lerobot.policies.factory'),
        check=True,
        env=environment(),
    )
    STAMP.write_text(wanted)
    print(f'==> {VENV.name} is ready after {time.monotonic() - started:.0f} s', flush=True)


def make_venv() -> None:
    """Make the environment with a pip in it, also where Debian has split ensurepip off."""
    made_by = VENV / 'made_by'
    identity = f'{sys.version} {os.path.realpath(sys.executable)} {ROOT}'
    if VENV.exists() and not (made_by.is_file() and made_by.read_text() == identity):
        shutil.rmtree(VENV)
    if not VENV.exists():
        subprocess.run([sys.executable, '-m', 'venv', '--without-pip', str(VENV)], check=True)
        made_by.write_text(identity)
    if subprocess.run(in_venv('-m', 'pip', '--version'), capture_output=True).returncode == 0:
        return
    if subprocess.run(in_venv('-m', 'ensurepip'), capture_output=True).returncode != 0:
        bootstrap_pip_from_debian()
    # An old pip reads newer packages' metadata wrongly.
    pip('--upgrade', 'pip')


def bootstrap_pip_from_debian() -> None:
    if not debian.available():
        raise RemedyNeededError(
            'this Python has neither pip nor ensurepip',
            "install them with the system's package manager (often called python3-pip)",
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        debian.unpack(debian.download(['python3-pip-whl'], place / 'apt'), place)
        wheel = next((place / 'usr' / 'share' / 'python-wheels').glob('pip-*.whl'))
        # A wheel is an archive that Python can run from.
        subprocess.run(
            in_venv(str(wheel / 'pip'), 'install', '--no-index', str(wheel)), check=True
        )


def check_disk() -> None:
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    torch_is_there = any(VENV.glob('lib/*/site-packages/torch'))
    if free_gb < DISK_GB and not torch_is_there:
        raise RemedyNeededError(
            f'{VENV} needs {DISK_GB} GB, and {free_gb:.1f} GB are free there',
            'make room, or clone the repository onto a larger disk',
        )


def provide_opengl() -> None:
    """Fetch Mesa's software renderer into .venv where no OpenGL renders without a screen."""
    write_activation()
    if opengl_renders():
        return
    if not debian.available():
        print("    none found: install OSMesa or EGL with the system's package manager")
        return
    print("    none found: fetching Mesa's software renderer from Debian into .venv")
    with tempfile.TemporaryDirectory() as folder:
        debian.unpack(debian.download(['libosmesa6'], Path(folder)), PRIVATE_LIBRARIES)
    write_activation()
    if not opengl_renders():
        print('    it does not render; see: .venv/bin/attention-mapper doctor')


def opengl_renders() -> bool:
    choose = (
        'from attention_mapper_ros.sim.rendering import choose_backend; print(choose_backend())'
    )
    probe = subprocess.run(
        in_venv('-c', choose), env=environment(), capture_output=True, text=True
    )
    if probe.returncode == 0:
        print(f'    {probe.stdout.strip()} renders', flush=True)
    return probe.returncode == 0


def private_library_folders() -> list[Path]:
    return sorted({path.parent for path in PRIVATE_LIBRARIES.glob('usr/lib/*/*.so*')})


def environment() -> dict[str, str]:
    """Add the libraries that were fetched into .venv to what the loader searches."""
    folders = [*map(str, private_library_folders()), os.environ.get('LD_LIBRARY_PATH', '')]
    return {**os.environ, 'LD_LIBRARY_PATH': ':'.join(filter(None, folders))}


def write_activation() -> None:
    """Write the line that the Makefile sources before it starts anything from .venv."""
    folders = ':'.join(map(str, private_library_folders()))
    line = (
        f'export LD_LIBRARY_PATH={shlex.quote(folders)}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n'
    )
    (VENV / 'environment.sh').write_text(line if folders else '')


def in_venv(*arguments: str) -> list[str]:
    return [str(PYTHON), *arguments]


def pip(*arguments: str) -> None:
    # /tmp is memory on many machines, and too small for the CUDA libraries.
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        subprocess.run(
            in_venv('-m', 'pip', 'install', '--disable-pip-version-check', *arguments),
            env={**os.environ, 'TMPDIR': folder},
            check=True,
        )


def say(step: int, what: str) -> None:
    print(f'==> [{step}/{STEPS}] {what}', flush=True)


def fail(what: str, remedy: str) -> int:
    print(f'\nmake: {what}.\nRemedy: {remedy}.', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
