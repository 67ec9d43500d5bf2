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

"""The processes of a fault test, seen from the test: what is told to them, what they say."""

import json
import os
from pathlib import Path
import subprocess
import sys
import threading
import time

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_TIMEOUT_S = 180.0  # for a policy, which imports and loads
TIMEOUT_S = 60.0  # for what takes a second or a few: CI machines are slow, and must not be judged
RATE_HZ = 10.0  # ticks per second of the policy node: a slow machine keeps it up
OUTAGE_S = 1.0  # longer than what the node goes on from as if nothing had been
MEASURED = (0.1, -0.2)  # rad, where the robot's joints are
ERROR, WARN, OK = 2, 1, 0


def wait_for(condition, what, timeout_s=TIMEOUT_S):
    """Return the condition's first true value; fail, saying what was waited for, without one."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f'{what} did not happen within {timeout_s:g} s')


def parameters(checkpoint, **changes):
    """Return parameters of a policy node that fits the robot; names have __ for dots there."""
    values = {
        'policy': str(checkpoint),
        'device': 'cpu',
        'torch_threads': 1,
        'rate_hz': RATE_HZ,
        'cameras.names': ['front', 'wrist'],
        'joints.names': ['pan', 'lift'],
        'overlay.scale': 6,  # 0.7 MB: a dozen fill what a writer keeps for a slow reader
        'ramp_s': 0.5,
        'inference_timeout_s': 1.0,
        'max_failures': 80,  # eight seconds of failures
        # Three to five times what a robot that is scheduled badly may take.
        'cameras.front.max_age_s': 1.0,
        'cameras.wrist.max_age_s': 1.0,
        'joints.max_age_s': 1.0,
        'max_skew_s': 5.0,
        'cameras.front.max_frozen_s': 0.5,
        'cameras.wrist.resize': 'stretch',
        'joints.pan.unit': 'deg',
        'joints.lift.unit': 'deg',
        # Statuses become better after three good reports in a row.
        'diagnostic_updater.period': 0.2,
    }
    values.update({name.replace('__', '.'): value for name, value in changes.items()})
    return values


class Process:
    """A process with pipes to and from it, and its log in a file."""

    def __init__(self, folder, arguments, environment):
        self._log = folder / f'{time.monotonic_ns()}.log'
        self._arguments = [sys.executable, *arguments]
        self._environment = {
            **environment,
            'PYTHONPATH': os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        }
        self._start()

    def _start(self):
        # Whoever ends the tests with Ctrl-C ends these by closing their input.
        with self._log.open('ab') as log:
            self.process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                text=True,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def runs(self):
        return self.process.poll() is None

    def log(self):
        """Return what it has logged so far."""
        return self._log.read_text(encoding='utf-8', errors='replace')

    def wait_for_log(self, words, start=0):
        """Wait until these words stand in the log, from this place on; return the line."""

        def find():
            lines = self.log()[start:].splitlines()
            return next((line for line in lines if words in line), None)

        try:
            return wait_for(find, f'{words!r} in the log')
        except AssertionError as error:
            raise AssertionError(f'{error}:\n{self.log()}') from None

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(TIMEOUT_S)

    def close(self):
        """Kill it, as ``kill -9`` does."""
        if self.runs:
            self.process.kill()
        self.process.wait()
        self._reader.join(TIMEOUT_S)
        self.process.stdin.close()
        self.process.stdout.close()

    def _say(self, line):
        assert self.runs, self.log()
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def _read(self):
        for line in self.process.stdout:
            self._take(line)

    def _take(self, line):
        raise NotImplementedError


class NetworkProcess(Process):
    """Two networks and the cable between them; ``refused`` says why there are none."""

    def __init__(self, folder, environment):
        self._said = []
        super().__init__(folder, [str(HERE / 'breakable_network.py')], environment)
        wait_for(lambda: self._said, 'an answer about networks')
        self.refused = self._said[0].get('refused', '')
        self._processes = self._said[0].get('namespaces', ())

    def program(self, side):
        """Return the beginning of a command that runs at one end of the cable, 0 or 1."""
        enter = str(HERE / 'enter_network.py')
        return [enter, str(self._processes[side]), sys.executable]

    def tell(self, order):
        """Cut or mend the cable."""
        answers = len(self._said)
        self._say(order)
        wait_for(lambda: len(self._said) > answers, f'the cable to be {order}')

    def _take(self, line):
        self._said.append(json.loads(line))


class RecorderProcess(Process):
    """The demo's recorder on a small disk: its ``lines``, and in the end its ``files``."""

    def __init__(self, folder, disk, environment):
        self.lines = []
        super().__init__(folder, [str(HERE / 'recorder.py'), str(disk)], environment)

    def _take(self, line):
        self.lines.append(line.rstrip())


class PolicyProcess(Process):
    """The policy node; its statuses are heard by robots."""

    def __init__(self, folder, values, environment, program=()):
        file = folder / f'{time.monotonic_ns()}.yaml'
        document = {'/**': {'ros__parameters': values}}
        file.write_text(json.dumps(document), encoding='utf-8')
        script = HERE / 'breakable_policy.py'
        arguments = [*program, str(script), '--ros-args', '--params-file', str(file)]
        super().__init__(folder, arguments, environment)

    def restart(self):
        """Start it anew after its end; its log goes on."""
        self.close()
        self._start()

    def forwards(self, orders):
        """Let the next forwards be: well, long, raise or out of memory."""
        self._say(orders)

    def mark(self):
        """Return where the log ends now."""
        return len(self.log())

    def _take(self, line):
        pass
