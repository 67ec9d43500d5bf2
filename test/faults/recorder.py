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
What `attention-mapper demo` records and says, on a disk of one megabyte.

Ends when its input does, and says in JSON which disk it was and which files there are then. The
disk is a small one in memory where the kernel lets a process mount one, and a limit on the size
of every file elsewhere.
"""

import argparse
import ctypes
import json
import os
from pathlib import Path
import resource
import signal
import sys
import threading
import time

from attention_mapper_ros.cli import demo

SIZE = 1_000_000  # bytes
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC_PRIVATE = 1 << 14 | 1 << 18


def small_disk(folder):
    """Let nothing in this folder become larger than ``SIZE``; return how."""
    libc = ctypes.CDLL(None, use_errno=True)
    options = f'size={SIZE}'.encode()
    apart = libc.unshare(CLONE_NEWNS) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0
    if (
        apart
        and libc.mount(None, b'/', None, ctypes.c_ulong(MS_REC_PRIVATE), None) == 0
        and libc.mount(b'disk', os.fsencode(folder), b'tmpfs', ctypes.c_ulong(0), options) == 0
    ):
        return 'a mounted disk'
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, SIZE))
    return 'a limit on files'


def interrupt_at_the_end_of_input():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


def main():
    folder = Path(sys.argv[1])
    disk = small_disk(folder)
    interrupts = demo._noted_interrupts()
    threading.Thread(target=interrupt_at_the_end_of_input, daemon=True).start()
    options = argparse.Namespace(
        output=folder, record_minutes=10.0, page=False, seconds=None, started=time.monotonic()
    )
    demo._watch(options, {}, interrupts)
    files = [str(path.relative_to(folder)) for path in sorted(folder.rglob('*'))]
    sys.stdout.write(json.dumps({'disk': disk, 'files': files}) + '\n')


if __name__ == '__main__':
    main()
