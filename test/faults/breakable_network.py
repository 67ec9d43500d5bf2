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
Two network namespaces with a cable between them, which can be cut.

Prints a JSON object: ``namespaces``, the processes whose networks they are, or ``refused``, why
the kernel gives none. Then each line on standard input, ``cut`` or ``mend``, is done and said
back. It asks the kernel itself: as root, or else in a user namespace of its own; it needs no tool.
"""

import ctypes
import fcntl
import json
import os
from pathlib import Path
import signal
import socket
import struct
import sys

INTERFACE = 'faults0'
ADDRESSES = ('10.87.65.1', '10.87.65.2')
NETMASK = '255.255.255.252'

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891C
IFF_UP = 0x1
RTM_NEWLINK, NLMSG_ERROR = 16, 2
REQUEST_ACK_CREATE_EXCL = 0x1 | 0x4 | 0x400 | 0x200
IFLA_IFNAME, IFLA_LINKINFO, IFLA_NET_NS_PID = 3, 18, 19
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
NO_INTERFACE = struct.pack('=BxHiII', socket.AF_UNSPEC, 0, 0, 0, 0)


def unshare(flags):
    """Leave the namespaces of these kinds for new ones; OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), 'unshare')


def unshare_network():
    """Enter a network namespace of our own, in a user namespace of our own if it takes that."""
    user, group = os.geteuid(), os.getegid()
    try:
        unshare(CLONE_NEWNET)
    except OSError:
        unshare(CLONE_NEWUSER | CLONE_NEWNET)
        Path('/proc/self/setgroups').write_text('deny', encoding='ascii')
        Path('/proc/self/uid_map').write_text(f'0 {user} 1', encoding='ascii')
        Path('/proc/self/gid_map').write_text(f'0 {group} 1', encoding='ascii')


def lay_cable(process):
    """Make a pair of virtual interfaces, one here and one in the network of that process."""
    name = _attribute(IFLA_IFNAME, INTERFACE.encode() + b'\0')
    peer = NO_INTERFACE + name + _attribute(IFLA_NET_NS_PID, struct.pack('=I', process))
    kind = _attribute(IFLA_INFO_KIND, b'veth') + _attribute(
        IFLA_INFO_DATA, _attribute(VETH_INFO_PEER, peer)
    )
    body = NO_INTERFACE + name + _attribute(IFLA_LINKINFO, kind)
    head = struct.pack('=IHHII', 16 + len(body), RTM_NEWLINK, REQUEST_ACK_CREATE_EXCL, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(head + body)
        answer = kernel.recv(4096)
    _, kind_of_answer, _, _, _, error = struct.unpack_from('=IHHIIi', answer)
    if kind_of_answer == NLMSG_ERROR and error:
        raise OSError(-error, os.strerror(-error), 'veth')


def configure(address):
    """Give this end of the cable an address, and bring it and loopback up."""
    for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, NETMASK)):
        sockaddr = struct.pack('=HH4s8x', socket.AF_INET, 0, socket.inet_aton(value))
        _interface_request(INTERFACE, request, sockaddr)
    bring('lo', up=True)
    bring(INTERFACE, up=True)


def bring(interface, up):
    """Bring an interface up or down."""
    answer = _interface_request(interface, SIOCGIFFLAGS, bytes(16))
    [flags] = struct.unpack_from('=H', answer, 16)
    flags = flags | IFF_UP if up else flags & ~IFF_UP
    _interface_request(interface, SIOCSIFFLAGS, struct.pack('=H14x', flags))


def _interface_request(interface, request, value):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        packed = struct.pack('=16s16s8x', interface.encode(), value)
        return fcntl.ioctl(any_socket, request, packed)


def _attribute(kind, data):
    padding = bytes(-len(data) % 4)
    return struct.pack('=HH', 4 + len(data), kind) + data + padding


class FarEnd:
    """The process that has the other network, and a pipe to and from it."""

    def __init__(self):
        near, far = socket.socketpair()
        self.process = os.fork()
        if self.process == 0:
            near.close()
            self._live(far)
        far.close()
        self._pipe = near

    def wait(self):
        """Wait for its next step; OSError when it could not take it."""
        answer = self._pipe.recv(200)
        if answer != b'done':
            raise OSError(answer.decode() or 'the far end has ended')

    def go_on(self):
        self._pipe.send(b'go on')

    def end(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)

    def _live(self, pipe):
        try:
            unshare(CLONE_NEWNET)
            pipe.send(b'done')
            pipe.recv(200)
            configure(ADDRESSES[1])
            pipe.send(b'done')
            pipe.recv(200)
        except OSError as error:
            pipe.send(str(error).encode())
        os._exit(0)


def say(answer):
    sys.stdout.write(json.dumps(answer) + '\n')
    sys.stdout.flush()


def main():
    far_end = None
    try:
        unshare_network()
        far_end = FarEnd()
        far_end.wait()
        lay_cable(far_end.process)
        configure(ADDRESSES[0])
        far_end.go_on()
        far_end.wait()
    except OSError as error:
        say({'refused': str(error)})
    else:
        say({'namespaces': [os.getpid(), far_end.process]})
        for line in sys.stdin:
            bring(INTERFACE, up=line.strip() == 'mend')
            say(line.strip())
    finally:
        if far_end is not None:
            far_end.end()


if __name__ == '__main__':
    main()
