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

"""How long ticks have passed without the policy."""

from attention_mapper_ros.control.outage import Outage, OUTAGE_S

LONG = round(OUTAGE_S * 10**9) + 1


def test_short_outage_is_none_to_plan_anew_after():
    outage = Outage()
    outage.begin(0)
    assert not outage.end(LONG - 1)


def test_long_outage_is_told_once():
    outage = Outage()
    outage.begin(7)
    assert outage.end(7 + LONG)
    assert not outage.end(8 + LONG)


def test_outage_that_goes_on_counts_from_its_beginning():
    outage = Outage()
    outage.begin(0)
    outage.begin(LONG)
    assert outage.end(LONG + 1)


def test_outage_that_turns_out_to_be_older_counts_from_then():
    outage = Outage()
    outage.begin(LONG)
    outage.begin(0)
    assert outage.end(LONG + 1)


def test_without_an_outage_there_is_none_to_end():
    assert not Outage().end(10 * LONG)
