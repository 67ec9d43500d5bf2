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

"""The one-slot mailbox between two real threads."""

import threading

from attention_mapper_ros.control.mailbox import Mailbox


def test_newest_item_replaces_the_waiting_one_which_is_returned():
    mailbox = Mailbox()
    assert mailbox.put('old') is None
    assert mailbox.put('new') == 'old'
    assert mailbox.take() == 'new'


def test_take_waits_for_an_item_of_another_thread():
    mailbox = Mailbox()
    taken = []
    consumer = threading.Thread(target=lambda: taken.append(mailbox.take()))
    consumer.start()
    mailbox.put(42)
    consumer.join(5)
    assert taken == [42]


def test_close_wakes_the_consumer_with_none():
    mailbox = Mailbox()
    taken = []
    consumer = threading.Thread(target=lambda: taken.append(mailbox.take()))
    consumer.start()
    mailbox.close()
    consumer.join(5)
    assert taken == [None]


def test_closed_mailbox_forgets_its_item():
    mailbox = Mailbox()
    mailbox.put(1)
    mailbox.close()
    assert mailbox.take() is None
