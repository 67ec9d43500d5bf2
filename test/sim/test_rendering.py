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

"""Which GL draws, and what is said when none does. Real GL, real child processes."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest

from attention_mapper_ros.sim.rendering import (
    BACKENDS,
    choose_backend,
    probe_failure,
    RenderingUnavailableError,
)

REPOSITORY = Path(__file__).parents[2]
DRAW = """
import sys
from attention_mapper_ros.sim.rendering import RenderingUnavailableError, choose_backend
from attention_mapper_ros.sim.scene import DeskArm
try:
    backend = choose_backend()
    arm = DeskArm(1)
    print(backend, arm.render('front').sum())
    arm.close()
except RenderingUnavailableError as error:
    print('unavailable:', error)
"""
NO_EGL = {'__EGL_VENDOR_LIBRARY_FILENAMES': '/nonexistent/no_vendor.json'}


def draw(**environment: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k not in ('MUJOCO_GL', 'PYOPENGL_PLATFORM')}
    path = os.pathsep.join(
        filter(None, [environment.pop('PYTHONPATH', ''), str(REPOSITORY), kept.get('PYTHONPATH')])
    )
    run = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', DRAW],
        env={**kept, **environment, 'PYTHONPATH': path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_a_backend_that_works_is_chosen_and_left_to_children():
    environment = {k: v for k, v in os.environ.items() if k != 'MUJOCO_GL'}
    backend = choose_backend(environment)
    assert backend in BACKENDS
    assert environment['MUJOCO_GL'] == backend


def test_osmesa_draws_where_egl_finds_no_driver():
    output = draw(**NO_EGL)
    if probe_failure('osmesa') is None:
        assert output.startswith('osmesa ')
    else:  # no OSMesa on this machine either: both are named
        assert output.startswith('unavailable:')
        assert 'osmesa:' in output


def test_both_backends_draw_the_same_picture():
    drawn = {
        backend: draw(MUJOCO_GL=backend).split()[-1]
        for backend in BACKENDS
        if probe_failure(backend) is None
    }
    assert drawn
    sums = [int(total) for total in drawn.values()]
    assert max(sums) - min(sums) <= 0.001 * max(sums)


def test_without_any_gl_the_error_says_what_was_tried_and_what_to_install(tmp_path):
    (tmp_path / 'OpenGL').mkdir()
    (tmp_path / 'OpenGL' / '__init__.py').write_text("raise ImportError('no OpenGL here')\n")
    output = draw(PYTHONPATH=str(tmp_path))
    assert output.startswith('unavailable:')
    assert 'egl: ImportError: no OpenGL here' in output
    assert 'osmesa: ImportError: no OpenGL here' in output
    assert 'apt-get install libegl1 libgl1-mesa-dri' in output
    assert 'libosmesa6' in output


def test_a_gl_that_the_user_set_is_kept():
    assert choose_backend({'MUJOCO_GL': 'OSMesa '}) == 'osmesa'


def test_an_unknown_gl_is_refused_with_the_known_ones():
    with pytest.raises(RenderingUnavailableError, match=r"MUJOCO_GL is 'vulkan'.*egl, osmesa"):
        choose_backend({'MUJOCO_GL': 'vulkan'})
