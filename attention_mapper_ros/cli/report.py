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
`attention-mapper report`: what a policy looks at, when that changes, what failures differ in.

Reads folders that `attention-mapper analyze` wrote; writes report.html, one page that needs no
network, and its pictures beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from attention_mapper_ros.cli.progress import track
from attention_mapper_ros.cli.refusals import status_of
from attention_mapper_ros.cli.report_options import checked, parser
from attention_mapper_ros.cli.written_files import written_together
from attention_mapper_ros.reports.page import HTML, PICTURES, write_page
from attention_mapper_ros.reports.report import report

EXTRAS = 'analysis'


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    return status_of(
        lambda: run(checked(options)), EXTRAS, lambda: f'nothing was written to {options.output}'
    )


def run(options: argparse.Namespace) -> None:
    """Do it all; raises ValueError for what cannot be."""
    page = report(options.folders, options.output, options.title, track)
    with written_together(options.output) as folder:
        write_page(page, folder)
    for chapter in page.chapters:
        if len(page.chapters) > 1:
            print(f'{chapter.title}\n')
        for note in chapter.notes:
            print(f'{note}\n')
        for answer in chapter.answers:
            print(f'{answer.question} {answer.text}\n')
    print(f'{options.output / HTML} and {options.output / PICTURES} written.')
