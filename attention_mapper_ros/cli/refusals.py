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

"""What a command says when it cannot do what it is asked for: one line, and an exit status."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
import sys

from attention_mapper_ros.cli.interrupts import terminated_as_interrupted

REFUSED = 2
STOPPED = 130  # as shells say after Ctrl-C


def status_of(
    run: Callable[[], None], extras: str, stopped: Callable[[], str] | None = None
) -> int:
    """
    Run a command and return its exit status: 0, or REFUSED with the reason on stderr.

    ``extras``: what of this package to install when another one is missing (``live,sim``).
    ``stopped``: returns what to say when the command is interrupted, by Ctrl-C or SIGTERM, whose
    status is then STOPPED; without it the interrupt goes on.
    """
    try:
        with nullcontext() if stopped is None else terminated_as_interrupted():
            run()
    except ModuleNotFoundError as error:
        if (error.name or '').startswith('attention_mapper_ros'):
            raise
        remedy = f"pip install 'attention_mapper_ros[{extras}]'"
        print(f'error: {error.name} is not installed; {remedy}', file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        if stopped is None:
            raise
        print(f'stopped; {stopped()}', file=sys.stderr)
        return STOPPED
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return REFUSED
    return 0
