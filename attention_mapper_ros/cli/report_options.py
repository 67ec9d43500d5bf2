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

"""The options of `attention-mapper report`; what is wrong with them is said at once."""

from __future__ import annotations

import argparse
from pathlib import Path

_OF_ONE, _OF_SEVERAL = 'report', Path('report')


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper report',
        description='Say what a policy looks at, when that changes, and what is different in the '
        'failures: one HTML page about analysed episodes, with pictures and confidence intervals. '
        'Of several folders, each is also compared with the first: on the same episodes step by '
        'step.',
    )
    parser.add_argument(
        'folders',
        nargs='+',
        type=Path,
        metavar='FOLDER',
        help='what "attention-mapper analyze" wrote',
    )
    parser.add_argument(
        '--output',
        type=Path,
        metavar='DIR',
        help='folder for report.html and its pictures (FOLDER/report of one folder, ./report of '
        'several)',
    )
    parser.add_argument('--title', help='of the page')
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with the output filled in. Raises ValueError with a remedy."""
    for folder in options.folders:
        if not folder.is_dir():
            raise ValueError(
                f'{folder} is no folder: name one that "attention-mapper analyze" wrote'
            )
    if options.output is None:
        single = len(options.folders) == 1
        options.output = options.folders[0] / _OF_ONE if single else _OF_SEVERAL
    if options.output.exists() and not options.output.is_dir():
        raise ValueError(f'--output {options.output} is a file; name a folder')
    if options.title is not None and not options.title.strip():
        raise ValueError('--title is empty: leave it out, or give the page a name')
    return options
