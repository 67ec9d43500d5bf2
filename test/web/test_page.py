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

"""The page in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
import re
import time

import pytest

from attention_mapper_ros.rendering import strip
from attention_mapper_ros.web import server as server_module
from attention_mapper_ros.web.server import Answer, PageServer

pytestmark = pytest.mark.needs_chromium

ARTIFACTS = Path(__file__).parents[2] / 'test_artifacts'


@pytest.fixture
def page(browser, server):
    browser.get_log('browser')
    browser.set_window_size(1440, 1000)
    browser.get(server.address)
    return browser


def until(condition, what: str, timeout_s: float = 10.0):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return pytest.fail(f'{what} did not happen in {timeout_s} s')


def text(page, css: str) -> str:
    return page.execute_script(
        'return document.querySelector(arguments[0])?.textContent ?? ""', css
    )


def banner(page) -> str:
    return page.execute_script('return document.getElementById("banner").dataset.state')


def rates(page) -> dict[str, float]:
    return page.execute_script(
        'return Object.fromEntries([...document.querySelectorAll("[data-camera]")]'
        '.map(f => [f.dataset.camera, Number(f.dataset.fps ?? 0)]))'
    )


def click(page, css: str) -> None:
    page.find_element('css selector', css).click()


def test_both_overlays_are_drawn_and_move_at_five_hertz_or_more(page, source):
    until(lambda: banner(page) == 'live', 'the page going live')
    measured = until(
        lambda: (now := rates(page)) and min(now.values()) >= 5.0 and now,
        'five pictures a second',
        timeout_s=20.0,
    )
    assert set(measured) == {'front', 'wrist'}
    sums = (
        'return [...document.querySelectorAll("[data-camera] canvas")].map(c => '
        'c.getContext("2d").getImageData(0, 0, c.width, c.height)'
        '.data.reduce((a, b) => a + b, 0))'
    )
    before = page.execute_script(sums)
    assert all(value > 0 for value in before)
    until(
        lambda: all(a != b for a, b in zip(before, page.execute_script(sums), strict=True)),
        'both pictures changing',
    )
    time.sleep(2.5)  # for the chart to have something to show
    ARTIFACTS.mkdir(exist_ok=True)
    page.save_screenshot(str(ARTIFACTS / 'page.png'))
    assert [entry for entry in page.get_log('browser') if entry['level'] == 'SEVERE'] == []


def test_shares_are_shown_as_bars_and_numbers(page, source):
    until(lambda: text(page, '#shares [data-group]'), 'shares')
    shown = page.execute_script(
        'return [...document.querySelectorAll("#shares [data-group]")]'
        '.map(li => [li.dataset.group, [li.querySelector("output").textContent, '
        'li.querySelector("i").getBoundingClientRect().width '
        '/ li.querySelector(".bar").getBoundingClientRect().width, '
        'getComputedStyle(li.querySelector("i")).backgroundColor]])'
    )
    shown = dict(shown)
    assert list(shown) == list(source.shares)
    colours = strip.group_colours(tuple(source.shares))
    for group, share in source.shares.items():
        number, width, colour = shown[group]
        assert number == strip.percent(share)
        assert width == pytest.approx(share, abs=0.01)
        assert tuple(map(int, re.findall(r'\d+', colour))) == colours[group]
    painted = (
        'const c = document.getElementById("history"); return c.getContext("2d")'
        '.getImageData(0, 0, c.width, c.height).data.some(v => v > 0)'
    )
    until(lambda: page.execute_script(painted), 'the chart being painted')


def test_figures_and_input_ages_come_from_the_diagnostics(page, source):
    until(lambda: 'joint_states' in text(page, '#inputs'), 'input ages')
    assert '24 ms' in text(page, '#inputs')
    figures = text(page, '#figures')
    assert '10.0 Hz of 10' in figures
    assert '61.3 ms p95 74.9' in figures
    assert 'Late ticks3' in figures
    assert '8f3a1c' in text(page, '#checkpoint')


def concerns(page) -> list[tuple[str, str, str]]:
    """Return what the page says of each concern, from top to bottom: name, level, words."""
    return [
        tuple(row)
        for row in page.execute_script(
            'return [...document.querySelectorAll("[data-concern]")].map(d => '
            '[d.dataset.concern, d.querySelector("em").textContent, '
            'd.querySelector("p").textContent])'
        )
    ]


def test_diagnostics_show_each_concern_with_its_words_and_figures(page, source):
    until(lambda: len(concerns(page)) == 6, 'the concerns')
    assert concerns(page)[0] == ('policy', 'OK', 'active, actions go out')
    assert text(page, '#diagnostics .overall') == 'All well'
    click(page, '[data-concern="attention"] summary')
    table = '[data-concern="attention"] table'
    until(lambda: page.find_element('css selector', table).is_displayed(), 'the figures')
    assert 'overlay_rate_hz9.80' in text(page, table)
    before = text(page, '[data-concern="ticks"] table')
    until(lambda: text(page, '[data-concern="ticks"] table') != before, 'newer figures')
    assert page.find_element('css selector', table).is_displayed()


def test_worst_concern_is_on_top_and_in_the_banner_with_what_to_do(page, source):
    until(lambda: banner(page) == 'live', 'the page going live')
    well = source.figures
    reason = 'wrist is stamped 0.8 s before front: synchronise the clocks'
    source.figures = replace(
        source.figures,
        ticks=replace(source.figures.ticks, rate_hz=0.4, skip_reason=reason, skipped={'skew': 12}),
        actions=replace(source.figures.actions, other_publishers=('/teleop',)),
    )
    until(lambda: banner(page) == 'error', 'the banner')
    assert text(page, '#banner-title') == 'Error: ticks, inputs'
    assert text(page, '#banner-text') == f'no tick runs: {reason}'
    assert [row[:2] for row in concerns(page)] == [
        ('ticks', 'Error'),
        ('inputs', 'Error'),
        ('actions', 'Warning'),
        ('policy', 'OK'),
        ('forward', 'OK'),
        ('attention', 'OK'),
    ]
    assert text(page, '#diagnostics .overall') == '2 errors, 1 warning'
    ARTIFACTS.mkdir(exist_ok=True)
    page.save_screenshot(str(ARTIFACTS / 'page_error.png'))
    source.figures = well
    until(lambda: banner(page) == 'live', 'the page going live again')
    assert concerns(page)[0][0] == 'policy'


def test_warning_leaves_the_page_live(page, source):
    until(lambda: banner(page) == 'live', 'the page going live')
    source.figures = replace(
        source.figures, actions=replace(source.figures.actions, other_publishers=('/teleop',))
    )
    until(lambda: banner(page) == 'warning', 'the banner')
    assert text(page, '#banner-title') == 'Live, with a warning: actions'
    assert text(page, '#banner-text').startswith('/teleop publishes on the action topic')


@pytest.mark.parametrize(
    ('changes', 'title'),
    [
        ({'state': 'inactive'}, 'The policy does not run'),
        ({'state': 'unconfigured', 'inputs': {}}, 'The policy does not run'),
        ({'dry_run': True}, 'Live, dry run'),
        ({'enabled': False}, 'Live, actions off'),
    ],
)
def test_policy_that_does_not_act_is_no_fault(page, source, changes, title):
    source.figures = replace(source.figures, **changes)
    until(lambda: text(page, '#banner-title') == title, 'the banner')
    assert banner(page) == 'off'
    assert text(page, '#diagnostics .overall') == 'All well'


def test_concern_that_falls_silent_is_no_news(page, source, feed):
    until(lambda: len(concerns(page)) == 6, 'the concerns')
    feed.put_status('act_policy: old', 0, 'fine', {})
    until(lambda: ('old', 'OK', 'fine') in concerns(page), 'one more concern')
    until(lambda: concerns(page)[0][:2] == ('old', 'No news'), 'its silence', timeout_s=15.0)
    assert concerns(page)[0][2].endswith('before: fine')
    assert text(page, '#diagnostics .overall') == '1 without news'


def test_switch_enables_and_disables_the_robot(page, source, robot):
    until(lambda: page.find_element('id', 'enable').is_enabled(), 'the switch')
    until(lambda: text(page, '#enable-text') == 'Actions on', 'the state')
    click(page, '#enable')
    until(lambda: banner(page) == 'off', 'the banner')
    assert robot.calls == [False]
    assert page.find_element('id', 'enable').get_attribute('aria-checked') == 'false'
    click(page, '#enable')
    until(lambda: banner(page) == 'live', 'the banner')
    assert robot.calls == [False, True]


def test_reset_reaches_the_robot(page, source, robot):
    until(lambda: page.find_element('id', 'reset').is_enabled(), 'the button')
    click(page, '#reset')
    until(lambda: 'New episode' in text(page, '#notice'), 'the confirmation')
    assert robot.calls == ['reset']


def test_refusal_of_the_robot_is_shown(page, source, robot):
    robot.answer = Answer(False, 'joint_states is 3.0 s old')
    until(lambda: page.find_element('id', 'enable').is_enabled(), 'the switch')
    click(page, '#enable')
    until(lambda: 'joint_states is 3.0 s old' in text(page, '#notice'), 'the reason')
    until(lambda: text(page, '#enable-text') == 'Actions on', 'the switch going back')


def test_robot_that_does_not_answer_is_reported(page, source, robot, monkeypatch):
    monkeypatch.setattr(server_module, '_SWITCH_TIMEOUT_S', 0.3)
    robot.answer = None
    until(lambda: page.find_element('id', 'reset').is_enabled(), 'the button')
    click(page, '#reset')
    until(lambda: 'has not answered' in text(page, '#notice'), 'the message')


def setting(page, name: str) -> str:
    return page.execute_script(
        'return document.querySelector(`[data-setting="${arguments[0]}"] select`)?.value', name
    )


def can_be_set(page, name: str) -> bool:
    return page.find_element('css selector', f'[data-setting="{name}"] select').is_enabled()


def choose(page, name: str, value: str) -> None:
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import Select

    def chosen() -> bool:
        element = page.find_element('css selector', f'[data-setting="{name}"] select')
        try:
            Select(element).select_by_visible_text(value)
        except StaleElementReferenceException:
            return False  # the page has just made the list anew
        return True

    until(lambda: can_be_set(page, name), f'{name} being free to be set')
    until(chosen, f'{value} being chosen')


def test_settings_are_those_of_the_node_also_when_they_are_set_elsewhere(page, source):
    until(lambda: setting(page, 'attention.method') == 'rollout', 'the settings')
    assert setting(page, 'attention.head') == 'mean'
    until(lambda: can_be_set(page, 'attention.method'), 'the node being there')
    assert not can_be_set(page, 'attention.target')
    source.settings = {'attention.method': 'gradient', 'attention.head': '0,2'}
    until(lambda: setting(page, 'attention.head') == '0,2', 'the value set elsewhere')
    assert setting(page, 'attention.method') == 'gradient'
    assert can_be_set(page, 'attention.target')


def test_setting_is_chosen_among_the_valid_values_or_typed(page, source, robot):
    until(lambda: setting(page, 'attention.head') == 'mean', 'the settings')
    options = page.execute_script(
        'return [...document.querySelectorAll(`[data-setting="attention.layer"] option`)]'
        '.map(o => o.value)'
    )
    assert options == ['last', 'mean', 'max', '0', 'several…']
    choose(page, 'attention.head', '3')
    until(lambda: robot.calls == [('attention.head', '3')], 'the request')
    source.settings = {'attention.head': '3'}
    choose(page, 'attention.head', 'several…')
    typed = page.find_element('css selector', '[data-setting="attention.head"] input')
    typed.send_keys('0,2\n')
    until(lambda: robot.calls[1:] == [('attention.head', '0,2')], 'the typed value')
    source.settings = {'attention.head': '0,2'}
    until(lambda: setting(page, 'attention.head') == '0,2', 'the value of the node')
    assert not typed.is_displayed()


def test_setting_that_the_node_refuses_goes_back_with_its_words(page, source, robot):
    robot.answer = Answer(False, 'attention head 9 is outside this policy: choose -4 to 3')
    until(lambda: setting(page, 'attention.layer') == 'last', 'the settings')
    choose(page, 'attention.layer', '0')
    until(lambda: 'choose -4 to 3' in text(page, '.setting-error'), 'the reason')
    until(lambda: setting(page, 'attention.layer') == 'last', "the node's value")
    assert page.find_element('css selector', '.setting-error').is_displayed()
    ARTIFACTS.mkdir(exist_ok=True)
    page.save_screenshot(str(ARTIFACTS / 'page_refused.png'))
    robot.answer = Answer(True, '')
    choose(page, 'attention.layer', 'max')
    until(
        lambda: not page.find_element('css selector', '.setting-error').is_displayed(),
        'the end of the error',
    )


def test_without_a_node_the_page_says_how_to_start_one(page):
    until(lambda: banner(page) == 'waiting', 'the banner')
    assert 'act_live.launch.py' in text(page, '#banner-text')
    assert not page.find_element('id', 'enable').is_enabled()


def test_node_without_pictures_is_told_apart_from_no_node(page, feed):
    feed.put_status('act_policy: ticks', 1, '', {'skip_reason': 'no image on front/image_raw'})
    until(lambda: banner(page) == 'nothing', 'the banner')
    assert 'no image on front/image_raw' in text(page, '#banner-text')


def test_overlay_that_stops_is_marked_and_not_taken_for_live(page, source, feed):
    until(lambda: banner(page) == 'live', 'the page going live')
    source.silent = True

    def stale():
        feed.put_status('act_policy: ticks', 0, '', {})
        return banner(page) == 'stale'

    until(stale, 'the banner')
    assert page.execute_script('return document.querySelectorAll("[data-stale]").length') == 2
    source.silent = False
    until(lambda: banner(page) == 'live', 'the page going live again')


def test_page_comes_back_by_itself_after_a_restart_of_the_server(
    page, source, server, feed, robot
):
    until(lambda: banner(page) == 'live', 'the page going live')
    port = int(server.address.rpartition(':')[2])
    server.stop()
    until(lambda: banner(page) == 'lost', 'the banner')
    assert page.execute_script('return document.querySelectorAll("[data-stale]").length') == 2
    again = PageServer(feed, robot.switches, port=port)
    again.start()
    try:
        until(lambda: banner(page) == 'live', 'the page going live again')
        click(page, '#reset')  # with the new server's token
        until(lambda: robot.calls == ['reset'], 'the reset')
    finally:
        page.get('about:blank')
        again.stop()


def test_nobody_looks_at_a_page_that_is_hidden_or_closed(page, source, feed):
    until(lambda: feed.watched, 'watching')
    hide = (
        'Object.defineProperty(document, "visibilityState", '
        '{{value: "{}", configurable: true}}); '
        'document.dispatchEvent(new Event("visibilitychange"))'
    )
    page.execute_script(hide.format('hidden'))
    until(lambda: not feed.watched, 'the hidden page being left alone')
    page.execute_script(hide.format('visible'))
    until(lambda: feed.watched, 'watching again')
    page.get('about:blank')
    until(lambda: not feed.watched, 'the closed page being left alone')


def test_page_fits_a_telephone(page, source):
    page.execute_cdp_cmd(
        'Emulation.setDeviceMetricsOverride',
        {'width': 390, 'height': 844, 'deviceScaleFactor': 2, 'mobile': True},
    )
    try:
        until(lambda: banner(page) == 'live', 'the page going live')
        until(lambda: len(rates(page)) == 2, 'both cameras')
        wide = page.execute_script('return document.documentElement.scrollWidth')
        assert wide <= 390
        ARTIFACTS.mkdir(exist_ok=True)
        page.save_screenshot(str(ARTIFACTS / 'page_phone.png'))
    finally:
        page.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


def test_every_control_has_a_name_for_screen_readers(page, source):
    until(lambda: len(rates(page)) == 2, 'both cameras')
    unnamed = page.execute_script(
        'return [...document.querySelectorAll("button, canvas, section, aside, select, input")]'
        '.filter(e => '
        '!(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || '
        '(e.tagName === "BUTTON" && e.textContent.trim()) || '
        'e.labels?.[0]?.querySelector("span").textContent)).map(e => e.outerHTML)'
    )
    assert unnamed == []
