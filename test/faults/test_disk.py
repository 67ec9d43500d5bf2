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

"""A disk that is full while the demo records."""

import json
import warnings

from fault_processes import RecorderProcess, wait_for

MOUNTED = 'a mounted disk'


def test_full_disk_ends_the_recording_and_nothing_else(robot, folder, graph_environment, tmp_path):
    # More than the small messages of this robot would write in a minute.
    robot.tell('ballast', rate_hz=10, size=100_000)
    recorder = RecorderProcess(folder, tmp_path, graph_environment)
    try:
        error = recorder.wait_for_log('nothing more is recorded and the recording is incomplete')
        assert 'No space left on device' in error or 'File too large' in error
        assert 'make room and start again' in error
        lines = len(recorder.lines)
        wait_for(lambda: len(recorder.lines) > lines + 2, 'two more lines of the demo')
        assert 'Hz  forward' in recorder.lines[-1]
        robot.wait_for_more_actions()
        recorder.process.stdin.close()
        recorder.wait()
        wait_for(lambda: recorder.lines[-1].startswith('{'), 'the list of files')
    finally:
        robot.tell('ballast', rate_hz=0, size=1)
        recorder.close()
    *said, last = recorder.lines
    outcome = json.loads(last)
    if outcome['disk'] != MOUNTED:
        warnings.warn(f'{outcome["disk"]} instead of a full disk', stacklevel=1)
    assert said[-1].startswith('nothing more is recorded')
    assert recorder.log().count('[ERROR]') == 1
    # What a reader takes for a recording is only there when it is complete.
    assert 'bag/metadata.yaml' not in outcome['files']
    assert not [name for name in outcome['files'] if name.startswith('attention.mp4')]
