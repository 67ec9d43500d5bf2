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

"""What a page is made of: answers, sections, pictures, tables; plain data for the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from attention_mapper_ros.reports.answers import Answer
from attention_mapper_ros.reports.figures.style import png


@dataclass(frozen=True)
class Picture:
    """
    A figure of the page.

    ``name``: of its file, without suffix, unlike that of any other on the page. ``finding``: what
    it shows, in a sentence, ``reading``: how to read it. ``alt``: for who cannot see it.
    """

    name: str
    content: bytes
    finding: str
    reading: str
    alt: str

    @property
    def file(self) -> str:
        return f'{self.name}.png'


@dataclass(frozen=True)
class Cell:
    """A cell of a table; ``strong`` for what is sure, links as (text, relative address)."""

    text: str = ''
    strong: bool = False
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows under their heads; the first column names the row, ``words`` columns are no numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    words: int = 1


@dataclass(frozen=True)
class Section:
    """One heading with sentences, pictures and tables; ``folded``: tables are shown on request."""

    title: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Chapter:
    """One run, or two against each other; ``facts``: what it is of, in a few words each."""

    title: str
    facts: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...]
    notes: tuple[str, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Page:
    """All of it; ``method``: how it was computed, in sentences, ``versions``: of what."""

    title: str
    chapters: tuple[Chapter, ...]
    method: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture, in order."""
        return tuple(
            picture
            for chapter in self.chapters
            for section in chapter.sections
            for picture in section.pictures
        )


def picture(name: str, figure: Figure, finding: str, reading: str, alt: str = '') -> Picture:
    """Draw a figure; without ``alt`` what it shows and how to read it stand for it."""
    return Picture(name, png(figure), finding, reading, alt or f'{finding} {reading}')


def row(*texts: str, strong: bool = False) -> tuple[Cell, ...]:
    """Return a row of plain cells."""
    return tuple(Cell(text, strong) for text in texts)


def check_names(pictures: Sequence[Picture]) -> None:
    """Raise ValueError for two pictures of one name, of which one file would be lost."""
    names = [each.name for each in pictures]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'two pictures are called {", ".join(twice)}')
