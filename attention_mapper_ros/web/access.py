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
Who may use the page: no other web site, even when the user has it open in the same browser.

Three checks. The Host header must be an address, localhost or this machine's name, which
stops a foreign name that is pointed at this machine. The Origin header, where there is one,
must be the page's own. Switches and the live connection want a token that is made at every
start and that only the page itself can read.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from aiohttp import web

TOKEN_HEADER = 'X-Page-Token'


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to ``host``."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """The checks of one running server, which is bound to ``host``."""

    def __init__(self, host: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self._names = {'localhost', host.lower(), socket.gethostname().lower()}

    def check_site(self, request: web.Request) -> None:
        """Refuse requests that come through a foreign name or from a foreign site."""
        name = urlsplit(f'//{request.host}').hostname or ''
        if name.lower() not in self._names and not _is_address(name):
            raise web.HTTPForbidden(
                text=f'host {name!r} is refused: open the page by its address or as localhost'
            )
        origin = request.headers.get('Origin')
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text=f'origin {origin!r} is refused: it is not this page')

    def check_token(self, token: str | None) -> None:
        """Refuse who has not read the token from the page's own session."""
        if token is None or not secrets.compare_digest(token.encode(), self.token.encode()):
            raise web.HTTPForbidden(text='token is missing or old: reload the page')


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
