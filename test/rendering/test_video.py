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

"""Videos decode to the pictures that went in."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from attention_mapper_ros.rendering.palette import GROUND
from attention_mapper_ros.rendering.video import side_by_side, VideoWriter


def picture(index: int, height: int = 96, width: int = 128) -> np.ndarray:
    return np.full((height, width, 3), 20 + 20 * index, np.uint8)


def decoded(path: Path) -> tuple[list[np.ndarray], av.VideoStream]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(stream)], stream


@pytest.mark.parametrize(('height', 'width'), [(96, 128), (97, 131)])
def test_every_picture_comes_back_in_order_at_an_even_size(tmp_path, height, width):
    path = tmp_path / 'new' / 'attention.mp4'
    with VideoWriter(path, fps=10) as video:
        for index in range(8):
            video.write(picture(index, height, width))
    frames, stream = decoded(path)
    assert len(frames) == video.frames_written == 8
    assert frames[0].shape == (height + height % 2, width + width % 2, 3)
    for index, frame in enumerate(frames):
        assert abs(float(frame.mean()) - (20 + 20 * index)) < 4
    assert stream.average_rate == 10
    assert stream.codec_context.pix_fmt == 'yuv420p'


def test_wheel_of_pyav_writes_h264_that_browsers_play(tmp_path):
    path = tmp_path / 'attention.mp4'
    with VideoWriter(path, fps=12.5) as video:
        video.write(picture(1))
    _, stream = decoded(path)
    assert video.codec == 'libx264'
    assert stream.codec_context.name == 'h264'


def test_without_h264_it_falls_back_and_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(av, 'codecs_available', {'mpeg4'})
    path = tmp_path / 'attention.mp4'
    with VideoWriter(path, fps=5) as video:
        video.write(picture(1))
    assert video.codec == 'mpeg4'
    assert 'libx264' in caplog.text
    assert len(decoded(path)[0]) == 1


def test_nothing_half_written_carries_the_final_name(tmp_path):
    path = tmp_path / 'attention.mp4'
    video = VideoWriter(path, fps=5)
    video.write(picture(1))
    assert not path.exists()
    video.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ['attention.mp4']


def test_failure_leaves_the_part_and_an_interrupt_completes_the_file(tmp_path):
    with pytest.raises(ZeroDivisionError), VideoWriter(tmp_path / 'a.mp4', fps=5) as video:
        video.write(picture(1))
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / 'b.mp4', fps=5) as video:
        video.write(picture(1))
        raise KeyboardInterrupt
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ['a.mp4.part', 'b.mp4']


def test_no_picture_no_file(tmp_path):
    with VideoWriter(tmp_path / 'attention.mp4', fps=5):
        pass
    assert not list(tmp_path.iterdir())


def test_another_size_or_an_impossible_rate_is_refused(tmp_path):
    with VideoWriter(tmp_path / 'attention.mp4', fps=5) as video:
        video.write(picture(1))
        with pytest.raises(ValueError, match=r'takes \(96, 128, 3\)'):
            video.write(picture(1, 48, 64))
    with pytest.raises(ValueError, match='above 0'):
        VideoWriter(tmp_path / 'x.mp4', fps=0)


def test_cameras_of_different_heights_stand_side_by_side():
    out = side_by_side([picture(1, 96, 128), picture(2, 60, 80)], gap=4)
    assert out.shape == (96, 128 + 4 + 80, 3)
    assert (out[:, :128] == 40).all()
    assert (out[:60, 132:] == 60).all()
    assert (out[60:, 132:] == GROUND).all()
    with pytest.raises(ValueError, match='no pictures'):
        side_by_side([])
