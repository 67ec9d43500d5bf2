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

"""One process of the test of lifecycle nodes: a managed node, or who manages it from outside."""

import sys
import time

from attention_mapper_ros.ros.client import (
    ExternalShutdownException,
    LifecycleNode,
    Node,
    rclpy,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.interfaces import (
    ChangeState,
    GetAvailableTransitions,
    GetState,
    String,
    Transition,
    TransitionEvent,
)

GIVE_UP_S = 15.0


def say(text):
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


class Managed(LifecycleNode):
    """Says what it does, and does not let itself be cleaned up."""

    def __init__(self):
        super().__init__('managed')
        said = self.create_lifecycle_publisher(String, 'said', 10)
        self.create_timer(0.05, lambda: said.publish(String(data='active')))

    def on_activate(self, state):
        say(f'on_activate from {state.label}')
        return super().on_activate(state)

    def on_cleanup(self, state):
        return TransitionCallbackReturn.FAILURE


def managed():
    node = Managed()
    say('ready')
    rclpy.spin(node)


def manager():
    """Lead the managed node through its life and say what it answers and tells."""
    node = Node('manager')
    told, heard = [], []
    node.create_subscription(TransitionEvent, '/managed/transition_event', told.append, 10)
    node.create_subscription(String, 'said', heard.append, 10)
    wait(node, lambda: node.count_publishers('said'))

    def call(kind, name, request=None):
        client = node.create_client(kind, f'/managed/{name}')
        assert client.wait_for_service(timeout_sec=GIVE_UP_S)
        future = client.call_async(request or kind.Request())
        wait(node, future.done)
        return future.result()

    def change(label):
        request = ChangeState.Request(transition=Transition(label=label))
        state = (
            call(ChangeState, 'change_state', request).success,
            call(GetState, 'get_state').current_state.label,
        )
        say(f'{label} {state}')

    for label in ('activate', 'configure', 'cleanup', 'activate'):
        change(label)
    wait(node, lambda: heard)
    change('deactivate')
    graph = call(GetAvailableTransitions, 'get_transition_graph').available_transitions
    say(f'graph {len(graph)}')
    change('shutdown')
    wait(node, lambda: told and told[-1].goal_state.label == 'finalized')
    say(f'told {told[-2].start_state.label} {told[-1].start_state.label}')
    say('done')


def wait(node, condition):
    end = time.monotonic() + GIVE_UP_S
    while not condition():
        assert time.monotonic() < end, 'what was waited for did not happen'
        rclpy.spin_once(node, timeout_sec=0.05)


def main():
    rclpy.init(args=[])
    try:
        {'managed': managed, 'manager': manager}[sys.argv[1]]()
    except (KeyboardInterrupt, ExternalShutdownException):
        return
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
