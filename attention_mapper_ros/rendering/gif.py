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
A finished video as an animated GIF, with one palette made for the clip.

The video is read twice, once for the palette and once for the pictures, by FFmpeg's own filters,
so that memory does not grow with its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.container
import av.filter
import av.filter.context
import av.video.frame
import av.video.stream

HIGHEST_FPS = 50  # a GIF counts in hundredths of a second, and browsers slow down one of 1/100
NARROWEST, WIDEST = 16, 4096  # pixels
# `diff`: what moves gets more of the 256 colours than what stands still all the time.
_PALETTE = 'stats_mode=diff'
# Ordered dithering: its pattern stands still, so that what does not move costs no bytes, and it
# leaves text and flat ground alone. Error diffusion makes files of this kind 1.7 times as large,
# no dithering 0.9 times, with bands around what glows.
_DITHER = 'dither=bayer:bayer_scale=5:diff_mode=rectangle'


def write_gif(video: Path, gif: Path, fps: float, width: int) -> None:
    """
    Write a video as a GIF that repeats for ever.

    ``fps``: pictures per second, above 0 and at most 50; where the video has fewer, as many as it
    has. ``width``: in pixels, 16 to 4096; the height follows, and no picture is enlarged. Until
    it is complete the file is called ``<name>.part``. Raises ValueError for numbers out of range
    and for a video that cannot be read, OSError where the GIF cannot be written.
    """
    _check(fps, width)
    part = gif.with_name(gif.name + '.part')
    gif.parent.mkdir(parents=True, exist_ok=True)
    try:
        palette = _palette(video, fps, width)
        _write(video, part, fps, width, palette)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(gif)


def _palette(video: Path, fps: float, width: int) -> av.video.frame.VideoFrame:
    """Return the palette of the clip as the picture of 16x16 colours that `paletteuse` takes."""
    with _opened(video) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        source, last = _reduced(graph, stream, fps, width)
        made, sink = graph.add('palettegen', _PALETTE), graph.add('buffersink')
        last.link_to(made)
        made.link_to(sink)
        graph.configure()
        for frame in _frames(container, stream, video):
            source.push(frame)
        _end(source)
        palette = sink.pull()
    assert isinstance(palette, av.video.frame.VideoFrame)
    return palette


def _write(
    video: Path, part: Path, fps: float, width: int, palette: av.video.frame.VideoFrame
) -> None:
    with (
        _opened(video) as container,
        av.open(str(part), 'w', format='gif', options={'loop': '0'}) as output,
    ):
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        source, last = _reduced(graph, stream, fps, width)
        colours = graph.add_buffer(
            width=palette.width,
            height=palette.height,
            format=palette.format,
            time_base=Fraction(1, 100),
        )
        used, sink = graph.add('paletteuse', _DITHER), graph.add('buffersink')
        last.link_to(used, 0, 0)
        colours.link_to(used, 0, 1)
        used.link_to(sink)
        graph.configure()
        colours.push(palette)
        _end(colours)
        encoded: av.video.stream.VideoStream | None = None
        for frame in _frames(container, stream, video):
            source.push(frame)
            encoded = _encode_waiting(sink, output, encoded)
        _end(source)
        encoded = _encode_waiting(sink, output, encoded)
        assert encoded is not None  # there is at least one picture, and so a palette
        output.mux(encoded.encode(None))


def _encode_waiting(
    sink: av.filter.context.FilterContext,
    output: av.container.OutputContainer,
    stream: av.video.stream.VideoStream | None,
) -> av.video.stream.VideoStream | None:
    """Encode what the filters have ready; the first picture decides the size of the stream."""
    for frame in _ready(sink):
        if stream is None:
            assert frame.time_base is not None  # the filter `fps` gives it
            stream = output.add_stream('gif', rate=Fraction(1) / frame.time_base)
            stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, 'pal8'
            stream.time_base = frame.time_base
        output.mux(stream.encode(frame))
    return stream


def _ready(sink: av.filter.context.FilterContext) -> Iterator[av.video.frame.VideoFrame]:
    while True:
        try:
            frame = sink.pull()
        except (av.BlockingIOError, av.EOFError):  # wants more input, or has had all
            return
        assert isinstance(frame, av.video.frame.VideoFrame)
        yield frame


def _reduced(
    graph: av.filter.Graph, stream: av.video.stream.VideoStream, fps: float, width: int
) -> tuple[av.filter.context.FilterContext, av.filter.context.FilterContext]:
    """Begin a graph with fewer and smaller pictures; return where they go in and come out."""
    rate = Fraction(fps).limit_denominator(1000)
    if stream.average_rate is not None:
        rate = min(rate, stream.average_rate)
    width = min(width, stream.width)
    source = graph.add_buffer(template=stream)
    dropped = graph.add('fps', f'{rate.numerator}/{rate.denominator}')
    scaled = graph.add('scale', f'{width}:-1:flags=area')
    source.link_to(dropped)
    dropped.link_to(scaled)
    return source, scaled


def _end(source: Any) -> None:
    """Tell the filters that nothing follows; PyAV takes None for that, its types do not."""
    source.push(None)


def _opened(video: Path) -> av.container.InputContainer:
    try:
        container = av.open(str(video))
    except FileNotFoundError as error:
        raise ValueError(f'video {video} is not there; check the path') from error
    except (av.FFmpegError, OSError) as error:
        raise ValueError(_unreadable(video, str(error))) from error
    if not container.streams.video:
        container.close()
        raise ValueError(f'{video} has no video stream; name a video file')
    return container


def _frames(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, video: Path
) -> Iterator[av.video.frame.VideoFrame]:
    count = 0
    try:
        for frame in container.decode(stream):
            yield frame
            count += 1
    except av.FFmpegError as error:
        raise ValueError(_unreadable(video, f'after {count} pictures: {error}')) from error
    if count == 0:
        raise ValueError(_unreadable(video, 'it has no picture'))


def _unreadable(video: Path, reason: str) -> str:
    return f'video {video} cannot be read ({reason}); write it again'


def _check(fps: float, width: int) -> None:
    if not 0 < fps <= HIGHEST_FPS:
        raise ValueError(
            f'fps of the GIF is {fps}, it must lie above 0 and not above {HIGHEST_FPS}: viewers '
            'slow faster ones down'
        )
    if not NARROWEST <= width <= WIDEST:
        raise ValueError(f'width of the GIF is {width} pixels, it must be {NARROWEST} to {WIDEST}')
