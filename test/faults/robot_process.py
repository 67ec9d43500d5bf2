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

"""A robot in a process of its own, seen from the test: what is told to it, what it hears."""

import json
import time

from fault_processes import ERROR, HERE, MEASURED, OUTAGE_S, Process, RATE_HZ, TIMEOUT_S, wait_for


class RobotProcess(Process):
    """
    A robot and what it hears: ``actions``, oldest first, and the policy's newest statuses.

    An action is a dict with ``positions``, ``names``, ``stamp_ns`` and ``at_s``.
    """

    def __init__(self, folder, environment, name='robot', silent=False, program=()):
        self.actions = []
        self.images = []
        self.answers = []
        self.reports = 0
        self._statuses = {}
        self._pongs = 0
        self._pings = 0
        self.ready = False
        script = [str(HERE / 'breakable_robot.py'), name, *(['--silent'] if silent else [])]
        super().__init__(folder, [*program, *script], environment)
        self.wait_until_ready()

    def restart(self):
        """Start it anew after ``close``; what it has heard so far stays."""
        self.ready = False
        self._pings = self._pongs = 0
        self._start()
        self.wait_until_ready()

    def wait_until_ready(self):
        wait_for(lambda: self.ready or not self.runs, 'the start of a robot')
        assert self.ready, self.log()

    def tell(self, command, **arguments):
        """Give it a command of breakable_robot.py and wait until that is done."""
        self._say(json.dumps([command, arguments]))
        self.settle()

    def settle(self):
        """Wait until it has done and said everything up to now."""
        self._pings += 1
        self._say(json.dumps(['ping', {'number': self._pings}]))
        wait_for(lambda: self._pongs >= self._pings, 'an answer of the robot')

    def forget(self):
        """Forget what it has heard of a policy node that has ended."""
        self.actions.clear()
        self._statuses.clear()

    def call(self, service):
        """Call a service of the policy node; return whether it said that it did so."""
        before = len(self.answers)
        self._say(json.dumps(['call', {'service': service}]))
        wait_for(lambda: len(self.answers) > before, f'answer of {service}')
        return self.answers[-1]['success']

    def restore(self):
        """Repair everything that is broken."""
        for camera in ('front', 'wrist'):
            self.tell('camera', camera=camera, size=(64, 96), frozen=False, rate_hz=20)
        self.tell('joints', names=('pan', 'lift'), positions=MEASURED, rate_hz=20)

    # What it hears

    def figures(self):
        """Return all figures of the policy node by their keys, as its newest statuses say."""
        statuses = list(self._statuses.values())
        return {key: value for status in statuses for key, value in status['values'].items()}

    def figure(self, key):
        """Return one figure that is a number; 0 before it is known."""
        value = self.figures().get(key, '0')
        return 0.0 if value == 'none yet' else float(value)

    def status(self, concern):
        """Return level and message of a concern of the policy node."""
        status = self._statuses.get(f'act_policy: {concern}')
        return (status['level'], status['message']) if status else (None, '')

    def wait_for_status(self, concern, level, words=''):
        """Wait until a concern is at this level and says these words; return its message."""
        what = f'{concern} at level {level} with {words!r}'

        def there():
            found, message = self.status(concern)
            return message if found == level and words in message else None

        try:
            return wait_for(there, what)
        except AssertionError as error:
            raise AssertionError(f'{error}: {self.status(concern)}') from None

    def wait_until_well(self, timeout_s=TIMEOUT_S):
        """Wait until actions go out and the policy node reports no error."""

        def is_well():
            levels = [self.status(concern)[0] for concern in ('ticks', 'inputs', 'forward')]
            return (
                # A machine that does not keep up with the ticks is worth a warning of the node.
                all(level is not None and level < ERROR for level in levels)
                and self.figures().get('state') == 'enabled'
                and len(self.actions) > 2
                and not is_held(self.actions)
            )

        try:
            wait_for(is_well, 'a policy that is well', timeout_s)
        except AssertionError as error:
            raise AssertionError(f'{error}: {self._statuses}') from None

    def wait_for_reports(self, number):
        """Wait until the policy node has reported so many times."""
        wait_for(lambda: self.reports >= number, f'report {number}')

    def tick_rate_hz(self):
        """Return how many ticks there are per second when nothing disturbs them."""
        ticks, reports = self.figure('tick'), self.reports
        wait_for(lambda: self.figure('tick') >= ticks + 2 * RATE_HZ, 'ticks of two seconds')
        self.wait_for_reports(reports + 5)
        return self.figure('rate_hz')

    def wait_for_tick_rate(self, rate_hz):
        """Wait until there are as many ticks per second, but for a tenth of them."""
        what = f'{rate_hz:.1f} ticks per second'
        wait_for(lambda: self.figure('rate_hz') > 0.9 * rate_hz, what)

    def wait_for_action(self, positions, first):
        """Wait for an action with these positions, from the one with this index on."""

        def near(action):
            return all(
                abs(position - wanted) < 1e-6
                for position, wanted in zip(action['positions'], positions, strict=True)
            )

        wait_for(lambda: any(map(near, self.actions[first:])), f'an action of {positions}')

    def wait_for_hold(self, seconds=OUTAGE_S):
        """Wait until the same action has gone out for so long; return its positions."""

        def held():
            last = self.actions[-1]
            if time.monotonic() - last['at_s'] > 0.5 * seconds:
                return None  # silence is no hold
            same = len(self.actions)
            while same and self.actions[same - 1]['positions'] == last['positions']:
                same -= 1
            first = self.actions[same]
            return last['positions'] if last['at_s'] - first['at_s'] > seconds else None

        return wait_for(held, 'a hold')

    def wait_for_more_actions(self, count=10):
        """Wait until so many more actions have come; return those that came since."""
        before = len(self.actions)
        wait_for(lambda: len(self.actions) >= before + count, f'{count} more actions')
        return self.actions[before:]

    def wait_for_restart(self, held):
        """Wait until another action than the held one goes out; return its positions."""

        def other():
            newest = [action['positions'] for action in self.actions]
            while newest and newest[-1] != held:
                found = newest.pop()
                if newest and newest[-1] == held:
                    return found
            return None

        return wait_for(other, 'the end of the hold')

    def _take(self, line):
        said = json.loads(line)
        kind = said.pop('kind')
        if kind == 'ready':
            self.ready = True
        elif kind == 'pong':
            self._pongs = said['number']
        elif kind == 'action':
            self.actions.append(said)
        elif kind == 'image':
            self.images.append(said)
        elif kind == 'answer':
            self.answers.append(said)
        elif kind == 'status' and said['name'].startswith('act_policy: '):
            self._statuses[said['name']] = said
            self.reports += said['name'] == 'act_policy: policy'


def is_held(actions):
    """Return whether the newest action is the one before it, once more."""
    return actions[-1]['positions'] == actions[-2]['positions']
