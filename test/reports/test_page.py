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

"""The page: one file that needs nothing else, whole in a browser, true to what it was made of."""

from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
import re
from urllib.parse import unquote

import cv2
import matplotlib
from matplotlib import pyplot as plt
import numpy as np
import pytest

from attention_mapper_ros.reports.page import HTML, PICTURES, rendered, write_page
from attention_mapper_ros.reports.report import report

VOID = {'meta', 'link', 'img', 'br'}


class Parsed(HTMLParser):
    """The tags of a page, its words, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ''
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f'</{tag}> closes another tag'

    def handle_data(self, data):
        if 'style' not in self.open:
            self.words += data

    def all(self, tag, attribute):
        return [found[attribute] for name, found in self.tags if name == tag]

    @property
    def text(self):
        return re.sub(r'\s+', ' ', self.words)  # no-break spaces too


def picture_of(uri):
    assert uri.startswith('data:image/png;base64,')
    content = np.frombuffer(b64decode(uri.partition(',')[2]), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def step(usual):
    after = {**usual, 'front': 0.3, 'wrist': 0.5}
    return lambda phase: usual if phase < 0.5 else after


@pytest.fixture(scope='module')
def everything(analysed_once, plan, usual):
    """Return a folder that has something for every section."""
    return analysed_once(
        'arm',
        [
            plan(
                number,
                steps=16 + number % 3,
                success=number % 3 != 0,
                task='lift' if number % 2 else 'push <the> cube & box',
                shares=step(usual),
                drift=0.05,
                video=number < 2,
            )
            for number in range(12)
        ],
    )


@pytest.fixture(scope='module')
def page(everything):
    return report([everything], everything / 'report')


def test_the_page_has_every_section_and_closes_every_tag(page):
    parsed = Parsed(rendered(page))
    assert not parsed.open
    for heading in (
        'What it looks at in the course of an episode',
        'Where in the pictures',
        'How spread out it is',
        'Failed against successful episodes',
        'Task against task',
        'Early against late in the chunk',
        'Every episode',
        'How it was computed',
    ):
        assert heading in parsed.text


def test_the_first_paragraph_answers_the_three_questions(page):
    first = Parsed('<p' + rendered(page).partition('<p')[2].partition('</p>')[0]).text
    for answer in page.chapters[0].answers:
        assert answer.question in first
    assert 'lies on camera front' in first
    assert 'Most around 50 % of an episode' in first
    assert 'the 4 failures and the 8 successes' in first


def test_the_page_asks_no_network(page):
    html = re.sub(r'base64,[A-Za-z0-9+/=]+', '', rendered(page))
    parsed = Parsed(html)
    assert not re.search(r'https?:|//[a-z]|@import|url\(', html)
    assert 'script' not in {tag for tag, _ in parsed.tags}
    assert [found.get('href') for tag, found in parsed.tags if tag == 'link'] == ['data:,']


def test_its_pictures_are_inside_it_and_beside_it(page, tmp_path):
    folder = tmp_path / 'out'
    folder.mkdir()
    write_page(page, folder)
    parsed = Parsed((folder / HTML).read_text(encoding='utf-8'))
    inside = [picture_of(uri) for uri in parsed.all('img', 'src')]
    beside = [cv2.imread(str(folder / PICTURES / each.file)) for each in page.pictures]
    assert len(inside) == len(beside) == len(list((folder / PICTURES).iterdir())) > 8
    for one, other in zip(inside, beside, strict=True):
        assert one is not None
        assert (one == other).all()
        assert one.std() > 5  # something is drawn


def test_every_picture_says_in_words_what_it_shows(page):
    texts = Parsed(rendered(page)).all('img', 'alt')
    assert len(set(texts)) == len(texts)
    assert all(len(text) > 40 for text in texts)


def test_sections_are_reached_by_links_within_the_page(page):
    parsed = Parsed(rendered(page))
    places = {found.get('id') for _, found in parsed.tags}
    links = [address for address in parsed.all('a', 'href') if address.startswith('#')]
    assert links
    assert {link[1:] for link in links} <= places


def test_videos_are_linked_from_where_the_page_lies(everything, tmp_path):
    for folder in (everything / 'report', tmp_path / 'elsewhere' / 'deep'):
        parsed = Parsed(rendered(report([everything], folder)))
        addresses = [each for each in parsed.all('a', 'href') if not each.startswith('#')]
        assert len(addresses) == 4  # two episodes have a video and a GIF
        for address in addresses:
            assert not Path(address).is_absolute()
            assert (folder / unquote(address)).resolve().is_file()


def test_names_from_files_are_shown_and_do_nothing(page):
    html = rendered(page)
    assert 'push &lt;the&gt; cube &amp; box' in html
    assert '<the>' not in html


def test_the_table_of_episodes_says_how_each_ended_and_what_it_looked_at(page):
    table = page.chapters[0].sections[-1].tables[-1]
    assert len(table.rows) == 12
    assert [cell.text for cell in table.rows[0]][:4] == [
        '0',
        'push <the> cube & box',
        'failed',
        '16',
    ]
    assert float(table.rows[0][table.heads.index('front')].text) == pytest.approx(40, abs=5)


def test_settings_numbers_and_versions_are_told(page):
    text = Parsed(rendered(page)).text
    for said in ('recorded/desk_arm', 'rollout, last layer', '8f3a1c', '12, 204 steps in all'):
        assert said in text
    for name in ('python', 'numpy', 'matplotlib', 'lerobot 0.4.4'):
        assert name in text


def test_there_is_no_bare_p_value(page):
    assert not re.search(r'\bp\s*[<=>]', Parsed(rendered(page)).text)


def test_one_episode_without_maps_makes_a_page_that_says_what_it_cannot(analysed, plan, robot):
    bare = robot(groups=('latent', 'front'), maps=False)
    folder = analysed('bare', [plan(0, steps=1, chunk=1)], bare)
    text = Parsed(rendered(report([folder], folder))).text
    assert 'There is one episode' in text
    assert 'No maps were kept in this analysis' in text
    assert 'The recording does not say which episodes failed.' in text


@pytest.mark.parametrize('episodes', [2, 3, 30])
def test_few_and_many_episodes_make_a_page(analysed, plan, episodes):
    folder = analysed('run', [plan(n, steps=5 + n % 4) for n in range(episodes)])
    page = report([folder], folder)
    assert f'The shares of {episodes} episodes over time.' in rendered(page)


def test_what_was_not_analysed_is_told(analysed, plan):
    folder = analysed('run', [plan(0), plan(1)])
    (folder / '.unfinished-episode_000002').mkdir()
    (folder / 'episode_000003.skipped.json').write_text('{"number": 3, "reason": "no video"}')
    text = Parsed(rendered(report([folder], folder))).text
    assert '1 episode had not been finished' in text
    assert '1 episode could not be analysed' in text
    assert 'episode 3: no video' in text


def test_two_policies_on_the_same_frames_are_set_against_each_other_first(
    analysed, plan, robot, usual, tmp_path
):
    other = robot(settings={'policy': {'path': 'b', 'family': 'act', 'identity': '77aa01'}})
    at_wrist = {**usual, 'front': 0.4, 'wrist': 0.4}
    folders = [
        analysed('first', [plan(n) for n in range(4)]),
        analysed('second', [plan(n, shares=lambda phase: at_wrist) for n in range(4)], other),
    ]
    page = report(folders, tmp_path)
    assert [each.title for each in page.chapters] == ['second against first', 'first', 'second']
    answer = page.chapters[0].answers[0].text
    assert 'With second, camera' in answer
    assert 'On the same step their maps differ by' in answer
    assert 'They predict the same actions.' in answer
    names = [picture.name for picture in page.pictures]
    assert {'2_against_1_maps', '1_places', '2_places'} <= set(names)


def test_runs_of_other_frames_stand_side_by_side(analysed, plan, robot, tmp_path):
    kitchen = robot(settings={'source': 'recorded/kitchen'})
    folders = [
        analysed('desk', [plan(n) for n in range(4)]),
        analysed('kitchen', [plan(n) for n in range(10, 14)], kitchen),
    ]
    page = report(folders, tmp_path)
    assert page.chapters[0].title == 'kitchen beside desk'
    assert 'not of the same frames' in page.chapters[0].notes[0]
    assert 'No share differs by as much' in page.chapters[0].answers[0].text


def test_runs_of_other_groups_stand_side_by_side_and_are_not_subtracted(
    analysed, plan, robot, tmp_path
):
    blind = robot(groups=('latent', 'front'), settings={'source': 'recorded/kitchen'})
    folders = [
        analysed('desk', [plan(n) for n in range(4)]),
        analysed('kitchen', [plan(n) for n in range(4)], blind),
    ]
    chapter = report(folders, tmp_path).chapters[0]
    assert any('shares are not subtracted' in note for note in chapter.notes)
    table = chapter.sections[0].tables[0]
    wrist = next(row for row in table.rows if row[0].text == 'camera wrist')
    assert wrist[2].text == '–'


def test_drawing_leaves_matplotlib_s_global_state_alone(analysed, plan):
    before = dict(matplotlib.rcParams)
    folder = analysed('run', [plan(0), plan(1)])
    report([folder], folder)
    assert dict(matplotlib.rcParams) == before
    assert not plt.get_fignums()


@pytest.mark.needs_chromium
@pytest.mark.parametrize('width', [1280, 390])
def test_a_browser_shows_every_picture_and_nothing_runs_over_the_side(
    page, tmp_path, browser, width
):
    write_page(page, tmp_path)
    browser.set_window_size(width, 900)
    browser.get((tmp_path / HTML).as_uri())
    loaded = browser.execute_script(
        'return [...document.images].map(i => i.complete && i.naturalWidth > 300)'
    )
    assert len(loaded) == len(page.pictures)
    assert all(loaded)
    assert browser.execute_script(
        'return document.documentElement.scrollWidth <= document.documentElement.clientWidth'
    )
    assert not [entry for entry in browser.get_log('browser') if entry['level'] == 'SEVERE']
