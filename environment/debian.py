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
Debian packages for somebody who is not root.

apt can fetch without root when it keeps its state in a folder of the user's, and dpkg can unpack
anywhere. Nothing on the system changes; nothing here installs.
"""

from __future__ import annotations

from pathlib import Path
import shutil
import subprocess


def available() -> bool:
    """Whether this machine is a Debian or one of its children."""
    return all(shutil.which(tool) for tool in ('apt-get', 'dpkg-deb'))


def download(packages: list[str], state: Path) -> list[Path]:
    """Fetch the packages and whatever they need that is not installed; return the files."""
    archives = state / 'cache' / 'archives'
    (state / 'lists' / 'partial').mkdir(parents=True, exist_ok=True)
    (archives / 'partial').mkdir(parents=True, exist_ok=True)
    private = [
        f'Dir::State={state}',
        'Dir::State::status=/var/lib/dpkg/status',
        f'Dir::Cache={state / "cache"}',
        f'Dir::Cache::archives={archives}',
        'Debug::NoLocking=1',
        'APT::Sandbox::User=',
    ]
    apt_get = ['apt-get', '-qq', *(part for option in private for part in ('-o', option))]
    subprocess.run([*apt_get, 'update'], check=True)
    subprocess.run(
        [*apt_get, 'install', '--yes', '--no-install-recommends', '--download-only', *packages],
        check=True,
    )
    return sorted(archives.glob('*.deb'))


def unpack(archives: list[Path], folder: Path) -> None:
    """Unpack the files of Debian packages below a folder."""
    for archive in archives:
        subprocess.run(['dpkg-deb', '--extract', str(archive), str(folder)], check=True)
