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
What every test may rely on, and what no test may do: be skipped where CI runs it.

A test that needs something which a machine may lack says so with a marker. Elsewhere it is skipped
with the reason. In CI, where `.ci/run` installs everything that can be installed, only a missing
GPU and a missing rclpy are reasons; any other skip is a failure, whoever asked for it.
"""

from fnmatch import fnmatch
import importlib.util
import os
from pathlib import Path
import shutil

import pytest

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get('CI') == 'true'
# Nodes in one domain find each other, and most of these tests measure time.
ON_DDS = (
    'demo',
    'faults',
    'fuzz',
    'launch_files',
    'nodes',
    'ros_contract',
    'ros_dds',
    'ros_interop',
    'security',
    'web',
)
MAY_BE_SKIPPED_IN_CI = ('needs_gpu', 'needs_rclpy')


def has_gpu():
    import torch

    return torch.cuda.is_available()


def has_rclpy():
    return importlib.util.find_spec('rclpy') is not None


def has_cv_bridge():
    return importlib.util.find_spec('cv_bridge') is not None


def has_chromium():
    browsers = ('chromium', 'chromium-browser', 'google-chrome')
    return any(map(shutil.which, browsers)) and shutil.which('chromedriver') is not None


NEEDS = {
    'needs_gpu': (has_gpu, 'no CUDA device on this machine'),
    'needs_rclpy': (has_rclpy, 'rclpy cannot be imported; source a ROS 2 installation'),
    'needs_cv_bridge': (has_cv_bridge, 'cv_bridge cannot be imported; install it with rosdep'),
    'needs_chromium': (
        has_chromium,
        'no Chromium; install it with: apt-get install chromium chromium-driver',
    ),
}


@pytest.fixture(scope='session')
def project():
    """Return the folder that holds package.xml."""
    return ROOT


@pytest.fixture(scope='session')
def project_files():
    """List the project's files as .gitignore does; a source archive has no git to ask."""
    lines = (ROOT / '.gitignore').read_text(encoding='utf-8').split()
    ignored = ['.git', *(line.rstrip('/') for line in lines)]

    def is_kept(name):
        return not any(fnmatch(name, pattern) for pattern in ignored)

    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(filter(is_kept, folders))
        found += [Path(folder) / name for name in sorted(filter(is_kept, names))]
    return found


@pytest.fixture(scope='session')
def browser(tmp_path_factory):
    """Headless Chromium; one for all tests, because its start takes seconds."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    driver = shutil.which('chromedriver')
    if driver is None:
        pytest.skip('no chromedriver; install it with: apt-get install chromium-driver')
    options = webdriver.ChromeOptions()
    options.binary_location = next(
        filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome')))
    )
    for argument in (
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--window-size=1440,1000',
        f'--user-data-dir={tmp_path_factory.mktemp("chromium")}',
    ):
        options.add_argument(argument)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    browser = webdriver.Chrome(options=options, service=Service(executable_path=driver))
    yield browser
    browser.quit()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let one of two processes run all that sends on DDS, and the other one the rest."""
    from xdist.scheduler import LoadScopeScheduling

    class Halves(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return 'DDS' if Path(nodeid.partition('::')[0]).parent.name in ON_DDS else 'the rest'

    return Halves(config, log)


def pytest_runtest_setup(item):
    for marker, (is_there, otherwise) in NEEDS.items():
        if item.get_closest_marker(marker) and not is_there():
            pytest.skip(otherwise)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if any(item.get_closest_marker(marker) for marker in MAY_BE_SKIPPED_IN_CI):
        return
    fail_if_skipped_in_ci(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    fail_if_skipped_in_ci(outcome.get_result())


def fail_if_skipped_in_ci(report):
    if not (IN_CI and report.skipped) or hasattr(report, 'wasxfail'):
        return
    report.outcome = 'failed'
    report.longrepr = f'skipped, and nothing may be skipped in CI: {report.longrepr}'
