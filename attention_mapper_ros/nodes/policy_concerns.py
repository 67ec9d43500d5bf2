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

"""How well the policy node does, concern by concern, in levels and words."""

from __future__ import annotations

import math
from typing import Final

from attention_mapper_ros.control.levels import LevelHysteresis
from attention_mapper_ros.control.observation_buffer import REFUSALS
from attention_mapper_ros.nodes.policy_figures import PolicyFigures
from attention_mapper_ros.nodes.policy_values import CONCERN_VALUES
from attention_mapper_ros.ros.diagnostics import Finding, Level, StatusReport

CONCERNS: Final = tuple(CONCERN_VALUES)
REMEDIES: Final = {  # for the reasons of skipped ticks that have none of their own
    'missing': ': check that it is published, and the name of its topic',
    'stale': ': check that it is still published, and what comes between',
}
LOW_RATE: Final = 0.8  # of the target; a timer that is only disturbed stays above
LASTING_REPORTS: Final = 3  # what may happen in a single report is a fault from here on

Findings = list[Finding]


class PolicyConcerns:
    """
    Turns each snapshot of the figures into the reports of all concerns.

    A status becomes worse at once and better only after three good reports, so that nobody
    overlooks what came and went. Rates and dropped overlays are judged when they stay bad. Counts
    are judged by how much they have grown since the report before. A change of the node's state
    begins anew: a node that is not active is not at fault. Belongs to one thread.
    """

    def __init__(self) -> None:
        self._state = ''
        self._counts: dict[str, int] = {}
        self._grown: dict[str, int] = {}
        self._begin()

    def judge(self, figures: PolicyFigures) -> dict[str, StatusReport]:
        """Return the report of every concern in ``CONCERNS``, in that order."""
        if figures.state != self._state:
            self._state = figures.state
            self._begin()
        self._compare(figures)
        findings = {
            'policy': self._policy(figures),
            'ticks': self._ticks(figures),
            'inputs': self._inputs(figures),
            'forward': self._forward(figures),
            'actions': self._actions(figures),
            'attention': self._attention(figures),
        }
        return {
            concern: StatusReport(self._settled(concern, findings[concern]), values(figures))
            for concern, values in CONCERN_VALUES.items()
        }

    def _begin(self) -> None:
        self._levels = {concern: LevelHysteresis() for concern in CONCERNS}
        self._said: dict[tuple[str, Level], str] = {}
        self._lasting: dict[str, LevelHysteresis] = {}
        self._skip_kind = ''

    # What changed since the report before

    def _compare(self, figures: PolicyFigures) -> None:
        counts = _counts(figures)
        self._grown = {
            # A count that is lower than before has begun anew, from zero.
            name: count - before if (before := self._counts.get(name, 0)) <= count else count
            for name, count in counts.items()
        }
        self._counts = counts
        kinds = [kind for kind in figures.ticks.skipped if self._grown[f'skipped {kind}']]
        if kinds:
            self._skip_kind = kinds[-1]

    def _lasts(self, what: str, bad: bool) -> bool:
        if what not in self._lasting:
            self._lasting[what] = LevelHysteresis(worse_after=LASTING_REPORTS, better_after=1)
            self._lasting[what].update(Level.OK)  # it follows what comes first at once
        hysteresis = self._lasting[what]
        return hysteresis.update(Level.WARN if bad else Level.OK) > Level.OK

    def _settled(self, concern: str, findings: Findings) -> Findings:
        """Put the worst first, and hold a level that has only just become better."""
        findings = sorted(findings, key=lambda finding: finding.level, reverse=True)
        level = findings[0].level
        self._said[concern, level] = '; '.join(
            finding.message for finding in findings if finding.level > Level.OK
        )
        shown = Level(self._levels[concern].update(level))
        if shown == level:
            return findings
        return [Finding(shown, f'until a moment ago: {self._said[concern, shown]}'), *findings]

    def _skipping(self, figures: PolicyFigures) -> Finding | None:
        """Return why ticks are skipped now, None when they run; an error when none does."""
        reason = figures.ticks.skip_reason
        if not reason:
            return None
        level = Level.WARN if self._grown['ticks'] else Level.ERROR
        return Finding(level, f'{reason}{REMEDIES.get(self._skip_kind, "")}')

    # The concerns

    def _policy(self, figures: PolicyFigures) -> Findings:
        if figures.state == 'unconfigured':
            return _well('unconfigured: no policy is loaded. Configure the node to load it')
        if figures.state == 'inactive':
            return _well('inactive: the policy does not run. Activate the node to start it')
        if figures.state != 'active':
            return _well(f'{figures.state}: the node runs no more')
        if not figures.enabled:
            return _well('active, actions are disabled. Call ~/enable to let them go out')
        if figures.dry_run:
            return _well('active, dry run: everything but the action is published')
        return _well('active, actions go out')

    def _ticks(self, figures: PolicyFigures) -> Findings:
        ticks = figures.ticks
        if figures.state != 'active':
            return _not_judged(figures)
        findings = _well(f'{ticks.rate_hz:.1f} ticks per second, {ticks.target_rate_hz:g} wanted')
        skipping = self._skipping(figures)
        if skipping is not None:
            how = 'no tick runs' if skipping.level == Level.ERROR else 'some ticks are skipped'
            findings.append(Finding(skipping.level, f'{how}: {skipping.message}'))
        elif grown := self._grown['skipped']:
            findings.append(
                Finding(Level.WARN, f'{_times(grown, "tick")} skipped, now they run again')
            )
        slow = ticks.rate_hz < LOW_RATE * ticks.target_rate_hz
        # Skipped ticks say already why there are fewer.
        if self._lasts('tick rate', slow and not ticks.skip_reason):
            findings.append(
                Finding(
                    Level.WARN,
                    f'{ticks.rate_hz:.1f} ticks per second instead of {ticks.target_rate_hz:g}: '
                    'relieve the processor, or lower rate_hz',
                )
            )
        return findings

    def _inputs(self, figures: PolicyFigures) -> Findings:
        if figures.state != 'active':
            return _not_judged(figures)
        findings: Findings = []
        for stream, of_stream in figures.inputs.items():
            unusable = self._grown[f'unusable {stream}']
            if of_stream.reason:
                findings.append(Finding(Level.ERROR, of_stream.reason))
            elif unusable:
                findings.append(
                    Finding(
                        Level.WARN,
                        f'{unusable} messages of {stream} were unusable, now it is good',
                    )
                )
            elif not of_stream.received:
                findings.append(
                    Finding(Level.ERROR, f'nothing has come on {stream}{REMEDIES["missing"]}')
                )
        skipping = self._skipping(figures)
        if skipping is not None and self._skip_kind in REFUSALS and not findings:
            findings.append(skipping)
        ages = ', '.join(
            f'{stream} {of_stream.age_s * 1e3:.0f} ms'
            for stream, of_stream in figures.inputs.items()
            if of_stream.age_s is not None
        )
        return [*findings, *_well(f'ages: {ages}' if ages else 'nothing yet')]

    def _forward(self, figures: PolicyFigures) -> Findings:
        forward = figures.forward
        if figures.state == 'unconfigured':
            return _not_judged(figures)
        median_ms, p95_ms = forward.median_s * 1e3, forward.p95_s * 1e3
        findings = _well(
            'no forward yet'
            if math.isnan(forward.median_s)
            else f'{median_ms:.0f} ms, 95 % of them within {p95_ms:.0f} ms'
        )
        if forward.overdue_s is not None:
            findings.append(
                Finding(
                    Level.ERROR,
                    f'a forward has been running for {forward.overdue_s:.1f} s; the node goes on '
                    'when it returns. Look at what else the device computes, or raise '
                    'inference_timeout_s',
                )
            )
        if forward.failed_in_a_row:
            remedy = '' if figures.state == 'active' else '. Activate the node again when cured'
            findings.append(
                Finding(
                    Level.ERROR,
                    f'{_times(forward.failed_in_a_row, "forward")} in a row failed: '
                    f'{forward.error}{remedy}',
                )
            )
        elif grown := self._grown['failed forwards']:
            findings.append(
                Finding(Level.WARN, f'{_times(grown, "forward")} failed, now they succeed again')
            )
        return findings

    def _actions(self, figures: PolicyFigures) -> Findings:
        actions, ticks = figures.actions, figures.ticks
        if figures.state != 'active':
            return _not_judged(figures)
        findings = self._gate_findings(figures)
        if actions.other_publishers:
            findings.append(
                Finding(
                    Level.WARN,
                    f'{", ".join(actions.other_publishers)} publishes on the action topic, too: '
                    'stop it, or remap one of them, before both move the robot',
                )
            )
        acting = figures.enabled and not figures.dry_run
        few = actions.rate_hz < LOW_RATE * ticks.target_rate_hz and not ticks.skip_reason
        if self._lasts('action rate', acting and few):
            findings.append(
                Finding(
                    Level.WARN,
                    f'{actions.rate_hz:.1f} actions per second instead of '
                    f'{ticks.target_rate_hz:g}: forwards take longer than their chunk of actions '
                    'lasts, or actions are dropped',
                )
            )
        if not figures.enabled:
            return [*findings, *_well('disabled: no action goes out')]
        if figures.dry_run:
            return [*findings, *_well('dry run: no action goes out')]
        ramp = ', still moving to where the policy begins' if actions.ramping else ''
        return [*findings, *_well(f'{actions.rate_hz:.1f} actions per second{ramp}')]

    def _gate_findings(self, figures: PolicyFigures) -> Findings:
        """Return what the gate did to actions since the report before."""
        why = f': {figures.actions.reason}' if figures.actions.reason else ''
        worded = {
            'not finite': (Level.ERROR, f'not finite and dropped{why}. Check the checkpoint'),
            'rejected': (Level.WARN, f'outside the limits and dropped{why}'),
            'clamped': (Level.WARN, 'clamped to the limits of the joints'),
            'limited': (Level.WARN, 'slowed down to max_step'),
            'held': (Level.WARN, 'replaced by the last position'),
        }
        return [
            Finding(level, f'{_times(grown, "action")} {words}')
            for name, (level, words) in worded.items()
            if (grown := self._grown[name])
        ]

    def _attention(self, figures: PolicyFigures) -> Findings:
        attention = figures.attention
        if figures.state != 'active':
            return _not_judged(figures)
        findings = _well(
            'nothing is drawn: nobody looks, or no forward has come'
            if math.isnan(attention.draw_s) or attention.rate_hz < 0.1
            else f'{attention.rate_hz:.1f} overlays per second, {attention.draw_s * 1e3:.0f} ms '
            'to draw one'
        )
        if grown := self._grown['failed drawings']:
            findings.append(
                Finding(
                    Level.WARN,
                    f'{_times(grown, "overlay")} could not be drawn: the log of the node says why',
                )
            )
        dropped = self._grown['overlays dropped']
        if self._lasts('drops', dropped > 0):
            findings.append(
                Finding(
                    Level.WARN,
                    f'{_times(dropped, "overlay")} dropped since the last report: drawing is '
                    'slower than the ticks. Choose a smaller overlay.scale, or let fewer look',
                )
            )
        return findings


def _counts(figures: PolicyFigures) -> dict[str, int]:
    ticks, actions = figures.ticks, figures.actions
    return {
        'ticks': ticks.number,
        'skipped': sum(ticks.skipped.values()),
        **{f'skipped {kind}': count for kind, count in ticks.skipped.items()},
        **{f'unusable {name}': of.unusable for name, of in figures.inputs.items()},
        'failed forwards': figures.forward.failed,
        'not finite': actions.not_finite,
        'rejected': actions.rejected,
        'clamped': actions.clamped,
        'limited': actions.limited,
        'held': actions.held,
        'failed drawings': figures.attention.failed,
        'overlays dropped': figures.attention.dropped,
    }


def _well(message: str) -> Findings:
    return [Finding(Level.OK, message)]


def _not_judged(figures: PolicyFigures) -> Findings:
    return _well(f'not judged while the node is {figures.state}')


def _times(count: int, what: str) -> str:
    return f'{count} {what}' if count == 1 else f'{count} {what}s'
