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

"""A GIF shows what the video shows, with fewer and smaller pictures."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import av
import numpy as np
import pytest

from attention_mapper_ros.rendering.gif import write_gif
from attention_mapper_ros.rendering.text import draw_text
from attention_mapper_ros.rendering.video import VideoWriter

HEIGHT, WIDTH = 120, 160


def picture(index: int) -> np.ndarray:
    """Return a glow that moves over a gradient, with a number: as much colour as an overlay."""
    rows, cols = np.mgrid[0:HEIGHT, 0:WIDTH]
    glow = np.exp(-((rows - 60) ** 2 + (cols - 20 - 4 * index) ** 2) / 400.0)
    out = np.stack([80 + 170 * glow, 60 + cols / 2 + 60 * glow, 120 - rows / 3], axis=2)
    out = out.astype(np.uint8)
    draw_text(out, f'step {index}', 4, 4, 16, (240, 242, 246))
    return out


@pytest.fixture(scope='module')
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('video') / 'attention.mp4'
    with VideoWriter(path, fps=20) as writer:
        for index in range(30):
            writer.write(picture(index))
    return path


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]


def test_pictures_are_dropped_to_the_rate_and_scaled_to_the_width(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=5, width=80)
    frames = decoded(tmp_path / 'a.gif')
    assert len(frames) in (7, 8)  # 1.5 s
    assert {frame.shape for frame in frames} == {(60, 80, 3)}


def test_the_gif_takes_as_long_as_the_video(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=10, width=80)
    with av.open(str(tmp_path / 'a.gif')) as container:
        assert container.duration / av.time_base == pytest.approx(1.5, abs=0.11)


def test_pictures_look_like_those_of_the_video(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=20, width=WIDTH)
    frames = decoded(tmp_path / 'a.gif')
    assert len(frames) == 30
    for index in (0, 12, 29):
        difference = np.abs(frames[index].astype(int) - picture(index))
        assert difference.mean() < 8
        hue = frames[index].mean(axis=(0, 1)) - picture(index).mean(axis=(0, 1))
        assert np.abs(hue).max() < 4


def test_no_picture_is_invented_or_enlarged(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=50, width=1000)
    frames = decoded(tmp_path / 'a.gif')
    assert len(frames) == 30
    assert frames[0].shape == (HEIGHT, WIDTH, 3)


def test_it_repeats_for_ever(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=10, width=80)
    data = (tmp_path / 'a.gif').read_bytes()
    loops = data.index(b'NETSCAPE2.0') + len(b'NETSCAPE2.0')
    assert data[loops : loops + 4] == b'\x03\x01\x00\x00'  # 0 times is for ever


def test_one_palette_serves_the_whole_clip(video, tmp_path):
    write_gif(video, tmp_path / 'a.gif', fps=20, width=WIDTH)
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in decoded(tmp_path / 'a.gif')])
    colours = np.unique(pixels, axis=0)
    assert 64 < len(colours) <= 256


@pytest.mark.parametrize('count', [1, 2])
def test_a_clip_of_hardly_any_pictures_becomes_a_gif(tmp_path, count):
    with VideoWriter(tmp_path / 'a.mp4', fps=10) as writer:
        for _ in range(count):
            writer.write(picture(3))
    write_gif(tmp_path / 'a.mp4', tmp_path / 'a.gif', fps=10, width=WIDTH)
    frames = decoded(tmp_path / 'a.gif')
    assert np.abs(frames[0].astype(int) - picture(3)).mean() < 8


# Prints the most memory that the conversion of a clip takes on top of what was there, kB.
MEASURE = """
import resource, sys
from pathlib import Path
from attention_mapper_ros.rendering.gif import write_gif
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_gif(Path(sys.argv[1]), Path(sys.argv[2]), 50, 480)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    large = np.kron(picture(3), np.ones((3, 3, 1), np.uint8))  # 260 kB as the decoder has it
    grown = []
    for count in (20, 220):
        path = tmp_path / f'{count}.mp4'
        with VideoWriter(path, fps=50) as writer:
            for index in range(count):
                writer.write(np.roll(large, 3 * index, axis=1))
        command = [sys.executable, '-c', MEASURE, str(path), str(tmp_path / 'a.gif')]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        grown.append(int(result.stdout))
    assert grown[1] - grown[0] < 15_000  # 200 pictures of 260 kB would be 52 000


# Writes where no file may become longer than 3000 bytes, as on a disk that is full.
NO_ROOM = """
import resource, signal, sys
from pathlib import Path
from attention_mapper_ros.rendering.gif import write_gif
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    write_gif(Path(sys.argv[1]), Path(sys.argv[2]), 20, 160)
except OSError as error:
    print(error)
"""


def test_without_room_on_the_disk_there_is_an_error_and_no_file(video, tmp_path):
    command = [sys.executable, '-c', NO_ROOM, str(video), str(tmp_path / 'a.gif')]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 'a.gif.part' in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('fps', 'width', 'reason'),
    [
        (0, 80, 'fps of the GIF is 0'),
        (51, 80, 'not above 50'),
        (float('nan'), 80, 'fps of the GIF is nan'),
        (10, 8, 'width of the GIF is 8 pixels, it must be 16 to 4096'),
        (10, 5000, 'width of the GIF is 5000'),
    ],
)
def test_impossible_numbers_are_refused_before_anything_is_written(
    video, tmp_path, fps, width, reason
):
    with pytest.raises(ValueError, match=reason):
        write_gif(video, tmp_path / 'a.gif', fps, width)
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_cannot_be_read_is_named_and_nothing_half_written_is_left(video, tmp_path):
    broken, text = tmp_path / 'broken.mp4', tmp_path / 'text.mp4'
    data = video.read_bytes()
    broken.write_bytes(data[: len(data) // 3])
    text.write_text('no video', encoding='utf-8')
    for path in (broken, text, tmp_path / 'missing.mp4'):
        with pytest.raises(ValueError, match=path.name):
            write_gif(path, tmp_path / 'a.gif', 10, 80)
    assert not list(tmp_path.glob('a.gif*'))


def test_an_old_gif_stays_whole_when_a_new_one_fails(video, tmp_path):
    gif = tmp_path / 'a.gif'
    write_gif(video, gif, 10, 80)
    before = gif.read_bytes()
    (tmp_path / 'bad.mp4').write_bytes(b'nothing')
    with pytest.raises(ValueError, match=r'bad\.mp4 cannot be read'):
        write_gif(tmp_path / 'bad.mp4', gif, 10, 80)
    assert gif.read_bytes() == before
