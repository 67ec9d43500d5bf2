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

"""The page as one HTML file: style and pictures are inside it, nothing is fetched."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from attention_mapper_ros.reports.content import check_names, Page, Picture

HTML, PICTURES = 'report.html', 'report_pictures'
_HERE = Path(__file__).parent
_UNIT = re.compile(r'(?<=\d) (?=%|points|steps)')
_TEMPLATE, _STYLE = 'page.html.j2', 'page.css'


def rendered(page: Page) -> str:
    """Return the HTML; what comes from files and names is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['data_uri'] = _data_uri
    environment.filters['unbroken'] = _unbroken
    style = (_HERE / _STYLE).read_text(encoding='utf-8')
    return environment.get_template(_TEMPLATE).render(page=page, style=style)


def write_page(page: Page, folder: Path) -> None:
    """Write ``report.html`` and its pictures into a folder. Raises OSError where it cannot."""
    check_names(page.pictures)
    (folder / HTML).write_text(rendered(page), encoding='utf-8')
    pictures = folder / PICTURES
    pictures.mkdir()
    for picture in page.pictures:
        (pictures / picture.file).write_bytes(picture.content)


def _unbroken(text: str) -> str:
    """Keep numbers and their units on one line."""
    return _UNIT.sub('\u00a0', text)


def _data_uri(picture: Picture) -> str:
    return f'data:image/png;base64,{b64encode(picture.content).decode("ascii")}'
