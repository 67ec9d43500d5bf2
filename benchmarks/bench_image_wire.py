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
What one image costs on its way to and from the wire without ROS, next to the usual way.

Every round serialises and deserialises the same sensor_msgs/Image once with this package's
client (rosbags' serialisers) and once with cyclonedds' own IdlStruct, in random order. The
figures are medians; the ratio is what counts.

    python benchmarks/bench_image_wire.py [--rounds N] [--json FILE]
"""

from array import array
from dataclasses import dataclass
import random
from statistics import median
import time

from bench_report import options, say, write_figures
from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import int32, sequence, uint8, uint32

from attention_mapper_ros.ros.dds import cdr
from attention_mapper_ros.ros.dds.messages import message_class

SIZES = ((320, 240), (640, 480), (1280, 720))  # width, height
IMAGE = 'sensor_msgs/msg/Image'
OURS, IDL = 'this client', 'cyclonedds IdlStruct'


@dataclass
class Time(IdlStruct):
    sec: int32
    nanosec: uint32


@dataclass
class Header(IdlStruct):
    stamp: Time
    frame_id: str


@dataclass
class Image(IdlStruct):
    header: Header
    height: uint32
    width: uint32
    encoding: str
    is_bigendian: uint8
    step: uint32
    data: sequence[uint8]


def measure(width: int, height: int, rounds: int) -> dict[str, float]:
    """Return the median milliseconds there and back, by way."""
    pixels = random.Random(0).randbytes(width * height * 3)
    ours = message_class(IMAGE)(
        height=height, width=width, encoding='rgb8', step=3 * width, data=array('B', pixels)
    )
    # The list that IdlStruct wants is made beforehand: only its serialising is counted.
    theirs = Image(Header(Time(0, 0), ''), height, width, 'rgb8', 0, 3 * width, list(pixels))
    ways = {
        OURS: lambda: cdr.deserialize(bytes(cdr.serialize(ours)), IMAGE),
        IDL: lambda: Image.deserialize(theirs.serialize()),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    order = random.Random(1)
    for _ in range(rounds):
        for name in order.sample(list(ways), len(ways)):
            start = time.perf_counter()
            ways[name]()
            times[name].append(time.perf_counter() - start)
    return {name: median(taken) * 1e3 for name, taken in times.items()}


def main() -> None:
    """Measure every size and say it."""
    arguments = options('Cost of an image into CDR bytes and back.', rounds=20).parse_args()
    result = {}
    for width, height in SIZES:
        medians = measure(width, height, arguments.rounds)
        result[f'{width}x{height}'] = medians
        say(f'{width}x{height}')
        for name, milliseconds in medians.items():
            ratio = milliseconds / medians[OURS]
            say(f'  {name:24}{milliseconds:9.2f} ms{ratio:8.1f}')
    write_figures(arguments, {'unit': 'ms, median', 'sizes': result})


if __name__ == '__main__':
    main()
