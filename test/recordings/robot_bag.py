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
Bags of a small robot, written by rosbags from the messages that a robot's drivers would send.

They fit ``act_checkpoints.make_act_checkpoint(cameras=CAMERAS, state=2, actions=2, chunk=8)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
import yaml

from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.client import serialize_message
from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import Header, JointState, Time, type_name

HEIGHT, WIDTH = 64, 96
CAMERAS = {'front': (HEIGHT, WIDTH), 'wrist': (HEIGHT, WIDTH)}
JOINTS = ('pan', 'lift')
BEGIN_NS = 1_700_000_000_000_000_000
MS = 1_000_000
STORAGES = {
    'sqlite3': (StoragePlugin.SQLITE3, CompressionMode.NONE),
    'mcap': (StoragePlugin.MCAP, CompressionMode.NONE),
    'sqlite3, every message compressed': (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
    'sqlite3, the file compressed': (StoragePlugin.SQLITE3, CompressionMode.FILE),
    'mcap, its chunks compressed': (StoragePlugin.MCAP, CompressionMode.STORAGE),
}

Entry = tuple[str, int, Any]
"""Topic, milliseconds since ``BEGIN_NS``, message."""


def picture(number: int, camera: str) -> np.ndarray:
    random = np.random.default_rng([number, camera == 'front'])
    return random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def header(ms: float, frame_id: str = '') -> Any:
    nanoseconds = BEGIN_NS + round(ms * MS)
    stamp = Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
    return Header(stamp=stamp, frame_id=frame_id)


def image_entry(camera: str, ms: float, number: int, compressed: bool = False) -> Entry:
    """Return a camera's frame of this number, which came 2 ms after its exposure."""
    stamped = header(ms - 2, f'{camera}_camera')
    if compressed:
        message = encode_compressed(picture(number, camera), stamped, 95)
        return f'/{camera}/image_raw/compressed', ms, message
    return f'/{camera}/image_raw', ms, encode_image(picture(number, camera), stamped)


def joints_entry(ms: float, pan: float = 0.1, lift: float = -0.2) -> Entry:
    message = JointState(header=header(ms - 1), name=list(JOINTS)[::-1], position=[lift, pan])
    return '/joint_states', ms, message


def action_entry(tick_ms: float, ms: float, pan: float, lift: float) -> Entry:
    """Return the action of a tick, as the policy node sends it, recorded at ``ms``."""
    message = JointState(header=header(tick_ms), name=list(JOINTS), position=[pan, lift])
    return '/act_policy/action', ms, message


def run(count: int, period_ms: float = 100.0, compressed: bool = False) -> list[Entry]:
    """Return so many complete sets of messages, one a period, the first from 10 ms on."""
    entries = []
    for number in range(count):
        ms = 10 + number * period_ms
        entries += [
            image_entry('front', ms, number, compressed),
            image_entry('wrist', ms + 1, number, compressed),
            joints_entry(ms + 2, pan=0.01 * number),
        ]
    return entries


def write_bag(folder: Path, entries: list[Entry], storage: str = 'mcap') -> Path:
    """Write a bag folder; topics are announced in the order of their first message."""
    plugin, compression = STORAGES[storage]
    store = get_typestore(Stores.ROS2_JAZZY)
    writer = Writer(folder, version=9, storage_plugin=plugin)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        known: dict[str, Any] = {}
        for topic, ms, message in entries:
            if topic not in known:
                known[topic] = writer.add_connection(topic, type_name(message), typestore=store)
            stamp_ns = BEGIN_NS + round(ms * MS)
            writer.write(known[topic], stamp_ns, serialize_message(message))
    return folder


def write_parameters(file: Path, policy: Path, **changes: Any) -> Path:
    """Write a parameter file of the live node; names of ``changes`` have __ for dots."""
    values = {
        'policy': str(policy),
        'device': 'cpu',
        'cameras.names': list(CAMERAS),
        'joints.names': list(JOINTS),
        **{f'joints.{joint}.lower': -1000.0 for joint in JOINTS},
        **{f'joints.{joint}.upper': 1000.0 for joint in JOINTS},
        **{name.replace('__', '.'): value for name, value in changes.items()},
    }
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}), encoding='utf-8')
    return file


def joined(folder: Path, bags: list[Path]) -> Path:
    """Put bags after each other as the files of one, as a recorder that splits its files."""
    folder.mkdir()
    whole: Any = None
    for number, bag in enumerate(bags):
        metadata = yaml.safe_load((bag / 'metadata.yaml').read_text(encoding='utf-8'))
        information = metadata['rosbag2_bagfile_information']
        [name] = information['relative_file_paths']
        file = f'part_{number}{Path(name).suffix}'
        (bag / name).rename(folder / file)
        information['relative_file_paths'] = [file]
        information['files'] = []
        if whole is None:
            whole = metadata
            continue
        joined_information = whole['rosbag2_bagfile_information']
        joined_information['relative_file_paths'].append(file)
        joined_information['message_count'] += information['message_count']
    (folder / 'metadata.yaml').write_text(yaml.safe_dump(whole), encoding='utf-8')
    return folder


def rewritten(bag: Path, folder: Path) -> Path:
    """Write the messages of a bag, as they are, to another one of sqlite3."""
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        known: dict[str, Any] = {}
        for message in BagReader(bag).messages():
            if message.topic not in known:
                known[message.topic] = writer.add_connection(
                    message.topic, message.type_name, typestore=store
                )
            writer.write(known[message.topic], message.log_ns, message.serialised)
    return folder
