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
The policy node's settings for the page, by the parameter services that every node has.

What is shown is what the node says; what it refuses comes back in its own words.
"""

from __future__ import annotations

from concurrent.futures import Future
import time
from typing import Any

from attention_mapper_ros.nodes.valid_values import LAST, MAX, MEAN, PICKED, sizes_of, words_of
from attention_mapper_ros.ros.client import Node, Parameter
from attention_mapper_ros.ros.interfaces import (
    DescribeParameters,
    GetParameters,
    SetParameters,
)
from attention_mapper_ros.ros.interfaces import Parameter as ParameterMessage
from attention_mapper_ros.web.feed import Feed, Setting
from attention_mapper_ros.web.server import Answer

_MODULE = 'attention.module'
NAMES = (
    'attention.method',
    _MODULE,
    *PICKED,
    'attention.target',
    'attention.baseline',
    'attention.baseline_operation',
)

_ANSWER_TIMEOUT_S = 3.0  # a node that has gone meanwhile answers never
_LARGEST = 2**63 - 1
_MOST_CHOICES = 128  # longer lists are typed into, not searched through


class PolicySettings:
    """
    Puts the settings of the node named ``policy`` into a feed, and sets them.

    ``set`` may be called from any thread, the rest belongs to the executor's.
    """

    def __init__(self, node: Node, policy: str, feed: Feed) -> None:
        self._feed = feed
        self._about = policy
        self._describe = node.create_client(DescribeParameters, f'{policy}/describe_parameters')
        self._get = node.create_client(GetParameters, f'{policy}/get_parameters')
        self._set = node.create_client(SetParameters, f'{policy}/set_parameters')
        self._reading = 0  # number of the newest reading: what comes of older ones is ignored
        self._asked_s: float | None = None  # since when its answers are awaited

    def refresh(self) -> None:
        """Ask the node for its settings, unless it still owes an answer."""
        now = time.monotonic()
        if self._asked_s is None or now - self._asked_s > _ANSWER_TIMEOUT_S:
            self._read()

    def set(self, name: str, text: str) -> Future[Answer]:
        """Have the node set a setting to what ``text`` says."""
        answer: Future[Answer] = Future()
        if name not in NAMES:
            answer.set_result(Answer(False, f'{name!r} cannot be set here: use ros2 param set'))
        elif not self._set.service_is_ready():
            answer.set_result(Answer(False, f'{self._about} is not there; is it running?'))
        else:
            parameter = Parameter(name, value=_value_of(name, text)).to_parameter_msg()
            request = SetParameters.Request(parameters=[parameter])
            self._set.call_async(request).add_done_callback(
                lambda response: self._on_set(answer, response.result())
            )
        return answer

    def _on_set(self, answer: Future[Answer], response: Any) -> None:
        # An undeclared parameter gets no result from some versions of rclpy.
        result = response.results[0] if response.results else None
        self._read()
        # The page may have stopped waiting.
        if answer.set_running_or_notify_cancel():
            reason = 'the node does not know this parameter' if result is None else result.reason
            answer.set_result(Answer(result is not None and result.successful, reason))

    def _read(self) -> None:
        if not (self._describe.service_is_ready() and self._get.service_is_ready()):
            self._asked_s = None
            self._feed.put_settings(())
            return
        self._reading += 1
        reading = self._reading
        self._asked_s = time.monotonic()
        request = DescribeParameters.Request(names=list(NAMES))
        self._describe.call_async(request).add_done_callback(
            lambda answer: self._on_described(reading, answer.result().descriptors)
        )

    def _on_described(self, reading: int, descriptors: Any) -> None:
        if reading != self._reading:
            return
        request = GetParameters.Request(names=list(NAMES))
        self._get.call_async(request).add_done_callback(
            lambda answer: self._on_got(reading, descriptors, answer.result().values)
        )

    def _on_got(self, reading: int, descriptors: Any, values: Any) -> None:
        if reading != self._reading:
            return
        self._asked_s = None
        if len(descriptors) != len(NAMES) or len(values) != len(NAMES):
            # Another kind of node has this name: it answers with nothing.
            self._feed.put_settings(())
            return
        texts = [
            _text_of(Parameter.from_parameter_msg(ParameterMessage(name=name, value=value)).value)
            for name, value in zip(NAMES, values, strict=True)
        ]
        module = texts[NAMES.index(_MODULE)]
        self._feed.put_settings(
            [
                _setting(name, text, descriptor, module)
                for name, text, descriptor in zip(NAMES, texts, descriptors, strict=True)
            ]
        )


def _setting(name: str, text: str, descriptor: Any, module: str) -> Setting:
    constraints = descriptor.additional_constraints
    choices = words_of(constraints)
    if name in PICKED:
        size = sizes_of(constraints).get(module, 0)
        indices = range(size if size <= _MOST_CHOICES else 0)
        choices = (LAST, MEAN, MAX, *map(str, indices))
    return Setting(
        name=name,
        value=text,
        choices=choices,
        free=name in PICKED,
        description=descriptor.description,
        constraints=constraints,
    )


def _value_of(name: str, text: str) -> Any:
    """Return the parameter value that a text stands for; the node judges it."""
    if name not in PICKED:
        return text
    try:
        indices = [int(part) for part in text.split(',')]
    except ValueError:
        return text.strip()
    if max(map(abs, indices)) > _LARGEST:
        return text  # no parameter holds such a number: the node says what it wants instead
    return indices[0] if len(indices) == 1 else indices


def _text_of(value: Any) -> str:
    if value == -1:
        return LAST
    if isinstance(value, str) or not hasattr(value, '__iter__'):
        return str(value)
    return ','.join(map(str, value))
