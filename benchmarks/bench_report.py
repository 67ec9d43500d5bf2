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

"""What every benchmark here has in common: its options, and the file with the figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys
from typing import Any


def options(description: str, rounds: int) -> argparse.ArgumentParser:
    """Return a parser that knows ``--rounds``, with this default, and ``--json``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--rounds', type=_positive, default=rounds, help='of each way')
    parser.add_argument('--json', type=Path, help='also write the figures to this file')
    return parser


def say(line: str = '') -> None:
    """Write one line at once, so that a table appears while the next is measured."""
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


def write_figures(arguments: argparse.Namespace, figures: dict[str, Any]) -> None:
    """Write the figures where ``--json`` says, if it was given."""
    if arguments.json is not None:
        report = {'rounds': arguments.rounds, **figures}
        arguments.json.write_text(json.dumps(report, indent=2) + '\n', encoding='utf-8')


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{number} is too small: give 1 or more')
    return number
