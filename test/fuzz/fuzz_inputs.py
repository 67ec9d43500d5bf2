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

"""What the fuzzed node listens to, and the seed of all that is drawn."""

import os

from attention_mapper_ros.ros.dds.messages import message_class

SEED = int(os.environ.get('FUZZ_SEED', '0'))
JOINTS = ('pan', 'lift')
JOINTS_AGE_S = 1.0  # older joint states give no action

Image = message_class('sensor_msgs/msg/Image')
CompressedImage = message_class('sensor_msgs/msg/CompressedImage')
JointState = message_class('sensor_msgs/msg/JointState')
