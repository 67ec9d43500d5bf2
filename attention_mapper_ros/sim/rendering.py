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
Which GL draws the simulated cameras, and a small offscreen renderer on top of it.

MuJoCo decides on its GL when it is first imported, from MUJOCO_GL alone, and cannot be moved
afterwards. So the choice is tried out in a child process, and the context is made here, whatever
was imported before. EGL comes first, then OSMesa; both draw in software where no GPU is.
"""

from __future__ import annotations

from collections.abc import MutableMapping
import importlib
import os
import subprocess
import sys
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

BACKENDS = ('egl', 'osmesa')  # in this order
WITH_A_SCREEN = 'glfw'  # only where the user asks for it
PROBE_TIMEOUT_S = 60.0  # a cold start from a slow disk; a warm one takes under a second
MAX_GEOMS = 500  # the scene has about 60, shadows and sky need a few more

# Run as `python -c`: makes a context, draws one frame, exits 0 where that works.
_PROBE = """
import importlib, sys
context = importlib.import_module('mujoco.' + sys.argv[1]).GLContext(32, 32)
context.make_current()
import mujoco
model = mujoco.MjModel.from_xml_string('<mujoco/>')
mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
print('drawn', flush=True)
import os
os._exit(0)
"""


class RenderingUnavailableError(RuntimeError):
    """No GL that can draw without a screen; the message says what to install."""


def choose_backend(environment: MutableMapping[str, str] = os.environ) -> str:
    """
    Return the GL to draw with and leave it in MUJOCO_GL, for this process and its children.

    A MUJOCO_GL that the user set is used as it is. Raise RenderingUnavailableError where none
    works.
    """
    wanted = environment.get('MUJOCO_GL', '').strip().lower()
    if wanted in (*BACKENDS, WITH_A_SCREEN):
        return wanted
    if wanted:
        raise RenderingUnavailableError(
            f'MUJOCO_GL is {wanted!r}, which cannot draw the cameras; '
            f'unset it or set it to one of {", ".join((*BACKENDS, WITH_A_SCREEN))}'
        )
    failures = {}
    for backend in BACKENDS:
        reason = probe_failure(backend, environment)
        if reason is None:
            environment['MUJOCO_GL'] = backend
            return backend
        failures[backend] = reason
    raise RenderingUnavailableError(_unavailable_message(failures))


def probe_failure(backend: str, environment: MutableMapping[str, str] = os.environ) -> str | None:
    """Return why `backend` cannot draw here, None where it can. Tried in a child process."""
    environment = {k: v for k, v in environment.items() if k != 'PYOPENGL_PLATFORM'}
    environment['MUJOCO_GL'] = backend
    try:
        run = subprocess.run(
            [sys.executable, '-c', _PROBE, backend],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f'no answer within {PROBE_TIMEOUT_S:.0f} s'
    if run.returncode == 0 and 'drawn' in run.stdout:
        return None
    lines = [line.strip() for line in run.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f'exit status {run.returncode}'


def _unavailable_message(failures: dict[str, str]) -> str:
    tried = '; '.join(f'{backend}: {reason}' for backend, reason in failures.items())
    return (
        f'the simulated cameras cannot draw, no GL works without a screen ({tried}); '
        'install one: apt-get install libegl1 libgl1-mesa-dri (EGL) '
        'or apt-get install libosmesa6 (OSMesa)'
    )


class OffscreenRenderer:
    """
    Draws the fixed cameras of one model into arrays.

    A GL context belongs to the thread that made it: make, use and close it on one thread.
    """

    def __init__(self, model: mujoco.MjModel, height: int, width: int) -> None:
        backend = choose_backend()
        self._model = model
        self._height, self._width = height, width
        self._gl, self._context = _open_context(backend, model, height, width)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=MAX_GEOMS)
        self._option = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._rectangle = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.empty((height, width, 3), np.uint8)

    def close(self) -> None:
        """Give the GL resources back; the renderer cannot be used afterwards."""
        if self._gl is not None:
            self._context.free()
            self._gl.free()
            self._gl = None

    def color(self, data: mujoco.MjData, camera_id: int) -> npt.NDArray[np.uint8]:
        """Return what the camera sees, (row, col, 3) RGB."""
        self._draw(data, camera_id)
        return self._pixels[::-1].copy()  # GL starts at the bottom row

    def geoms(self, data: mujoco.MjData, camera_id: int) -> npt.NDArray[np.int32]:
        """Return the geom id drawn in every pixel, (row, col), -1 where there is none."""
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = True
        flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = True
        try:
            self._draw(data, camera_id)
        finally:
            flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = False
            flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = False
        colors = self._pixels[::-1].astype(np.int32)
        drawn = colors[..., 0] + (colors[..., 1] << 8) + (colors[..., 2] << 16)  # 0: nothing
        geom_of = np.full(MAX_GEOMS + 1, -1, np.int32)
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM:
                geom_of[geom.segid + 1] = geom.objid
        geoms: npt.NDArray[np.int32] = geom_of[np.minimum(drawn, MAX_GEOMS)]
        return geoms

    def _draw(self, data: mujoco.MjData, camera_id: int) -> None:
        self._gl.make_current()
        self._camera.fixedcamid = camera_id
        mujoco.mjv_updateScene(
            self._model,
            data,
            self._option,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        mujoco.mjr_render(self._rectangle, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._rectangle, self._context)


def _open_context(
    backend: str, model: mujoco.MjModel, height: int, width: int
) -> tuple[Any, mujoco.MjrContext]:
    """Make a GL context and MuJoCo's part of it, current on this thread."""
    try:
        gl = importlib.import_module(f'mujoco.{backend}').GLContext(width, height)
        gl.make_current()
        return gl, mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
    except (ImportError, AttributeError, OSError, RuntimeError, mujoco.FatalError) as error:
        raise RenderingUnavailableError(_unavailable_message({backend: str(error)})) from error
