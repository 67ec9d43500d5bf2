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

"""Run a program in the network of another process: enter_network.py PROCESS PROGRAM ARGUMENTS."""

import ctypes
import os
from pathlib import Path
import sys

process, *program = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
# The user namespace that owns the network comes first, where there is one.
for kind in ('user', 'net'):
    namespace = Path(f'/proc/{process}/ns/{kind}')
    if namespace.readlink() == Path(f'/proc/self/ns/{kind}').readlink():
        continue
    with namespace.open('rb') as file:
        if libc.setns(file.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f'setns {kind}')
os.execv(program[0], program)
