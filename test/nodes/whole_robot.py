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
One simulated arm with its policy node, both on one executor of this process, in a namespace.

    python whole_robot.py NAMESPACE SEED CONFIG_FOLDER
"""

from pathlib import Path
import signal
import sys
import threading

import attention_mapper_ros
from attention_mapper_ros.nodes.act_policy import ActPolicyNode
from attention_mapper_ros.nodes.sim_robot import SimRobotNode
from attention_mapper_ros.ros.client import Parameter, rclpy, SignalHandlerOptions

CHECKPOINT = Path(attention_mapper_ros.__file__).parent / 'sim' / 'checkpoint'
SLOWLY = 5.0  # hertz: four of these nodes run on two processors


def main(namespace: str, seed: int, config: Path) -> None:
    """Run both nodes until the process is told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    robot = SimRobotNode(
        namespace=namespace,
        parameter_overrides=[
            Parameter('seed', value=seed),
            Parameter('camera_rate_hz', value=SLOWLY),
            Parameter('new_episodes', value=False),
        ],
    )
    files = [option for name in ('act_live', 'demo') for option in of_file(config, name)]
    policy = ActPolicyNode(
        namespace=namespace,
        cli_args=['--ros-args', *files],
        parameter_overrides=[
            Parameter('policy', value=str(CHECKPOINT)),
            Parameter('torch_threads', value=1),
            Parameter('rate_hz', value=SLOWLY),
            Parameter('start_enabled', value=False),
        ],
    )
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(robot)
    executor.add_node(policy)
    assert policy.autostart(), policy.refusal
    while not stop.is_set():
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    for node in (policy, robot):
        node.close()
        node.destroy_node()
    rclpy.shutdown()


def of_file(config: Path, name: str) -> tuple[str, str]:
    return '--params-file', str(config / f'{name}.yaml')


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
