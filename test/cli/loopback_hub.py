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
A hub on loopback that serves folders of this machine, by the protocol that huggingface_hub speaks.

``GET /api/{kind}s/{id}/refs``, ``/revision/{revision}`` and ``/tree/{revision}``, ``HEAD`` and
``GET`` of ``/{id}/resolve/{revision}/{file}``; what it does not have is a 404 with the hub's own
error code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from pathlib import Path
import re
import threading

_API = re.compile(
    r'/api/(models|datasets)/([\w.-]+/[\w.-]+)/(refs|(?:revision|tree)/[^/?]+)(?:\?.*)?'
)
_FILE = re.compile(r'/(datasets/)?([\w.-]+/[\w.-]+)/resolve/[^/]+/(.+)')
_COMMIT = '5' * 40


@dataclass
class LoopbackHub:
    """``url`` is its address; ``sent`` are the files that were fetched, ``owner/name/file``."""

    url: str
    sent: list[str] = field(default_factory=list)


@contextmanager
def serving(repositories: Mapping[str, Path], tags: Mapping[str, str]) -> Iterator[LoopbackHub]:
    """
    Serve folders under the ids ``models/owner/name`` and ``datasets/owner/name``.

    ``tags``: the one of a repository, by the same ids.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            if match := _API.fullmatch(self.path):
                kind, name, what = match.groups()
                folder = repositories.get(f'{kind}/{name}')
                if folder is None:
                    self._send(None, body)
                    return
                described: object = _described(name, folder)
                if what == 'refs':
                    described = _refs(tags[f'{kind}/{name}'])
                elif what.startswith('tree/'):
                    described = _tree(folder)
                self._send(json.dumps(described).encode(), body)
            elif match := _FILE.fullmatch(self.path):
                dataset, name, path = match.groups()
                folder = repositories.get(f'{"datasets" if dataset else "models"}/{name}')
                file = folder / path if folder else None
                there = file is not None and file.is_file()
                self._send(file.read_bytes() if there else None, body)
                if there and body:
                    hub.sent.append(f'{name}/{path}')
            else:
                self._send(None, body)

        def _send(self, content: bytes | None, body: bool) -> None:
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header('X-Error-Code', 'RepoNotFound')
                self.send_header('X-Error-Message', 'no such repository')
            content = content or b''
            self.send_header('Content-Length', str(len(content)))
            self.send_header('ETag', f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header('X-Repo-Commit', _COMMIT)
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    hub = LoopbackHub(f'http://127.0.0.1:{server.server_address[1]}')
    thread = threading.Thread(target=server.serve_forever, name='hub')
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _refs(tag: str) -> dict[str, object]:
    def ref(kind: str, name: str) -> dict[str, str]:
        return {'name': name, 'ref': f'refs/{kind}/{name}', 'targetCommit': _COMMIT}

    return {
        'branches': [ref('heads', 'main')],
        'tags': [ref('tags', tag)],
        'converts': [],
    }


def _files(folder: Path) -> dict[str, int]:
    """Return the size of every file."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def _tree(folder: Path) -> list[dict[str, object]]:
    """List the files, as clients of 1.0 and later ask for them."""
    return [
        {'type': 'file', 'path': path, 'size': size, 'oid': _COMMIT}
        for path, size in _files(folder).items()
    ]


def _described(name: str, folder: Path) -> dict[str, object]:
    return {
        'id': name,
        'sha': _COMMIT,
        'private': False,
        'disabled': False,
        'tags': [],
        'siblings': [{'rfilename': path} for path in _files(folder)],
    }
