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

"""Services are called within a process and between processes."""

import threading

import pytest

from attention_mapper_ros.ros.client import SingleThreadedExecutor
from attention_mapper_ros.ros.interfaces import SetBool, Trigger


def test_a_service_of_another_process_answers_each_call(node, peer, spin_until):
    client = node.create_client(SetBool, '/peer/enable')
    assert not client.wait_for_service(timeout_sec=0.1)
    peer('serve')
    assert client.wait_for_service(timeout_sec=10.0)
    futures = [client.call_async(SetBool.Request(data=n % 2 == 0)) for n in range(6)]
    spin_until(node, lambda: all(future.done() for future in futures))
    assert [future.result().success for future in futures] == [True, False] * 3
    assert futures[0].result().message == 'data was True'


def test_two_clients_of_one_service_get_their_own_answers(node, peer, spin_until):
    peer('serve')
    clients = [node.create_client(SetBool, '/peer/enable') for _ in range(2)]
    assert all(client.wait_for_service(timeout_sec=10.0) for client in clients)
    yes = clients[0].call_async(SetBool.Request(data=True))
    no = clients[1].call_async(SetBool.Request(data=False))
    spin_until(node, lambda: yes.done() and no.done())
    assert (yes.result().success, no.result().success) == (True, False)


def test_an_empty_request_and_a_blocking_call_work(ros, node):
    def answer(request, response):
        response.success = True
        response.message = 'done'
        return response

    node.create_service(Trigger, '~/reset', answer)
    client = node.create_client(Trigger, '~/reset')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    try:
        assert client.wait_for_service(timeout_sec=10.0)
        assert client.call(Trigger.Request()).message == 'done'
    finally:
        executor.shutdown()
        thread.join()


def test_a_request_of_another_type_is_a_type_error(node):
    client = node.create_client(SetBool, 'enable')
    with pytest.raises(TypeError):
        client.call_async(Trigger.Request())


def test_a_destroyed_service_is_gone(node, spin_until):
    service = node.create_service(Trigger, '~/reset', lambda request, response: response)
    client = node.create_client(Trigger, '~/reset')
    assert client.wait_for_service(timeout_sec=10.0)
    assert node.destroy_service(service)
    spin_until(node, lambda: not client.service_is_ready())
