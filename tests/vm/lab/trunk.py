# SPDX-License-Identifier: GPL-2.0-or-later
"""A switch port for one network card of a guest that carries one VLAN, tagged (IEEE 802.1Q); behind it is a segment.

    trunk.py ID BRIDGE OWN GUEST      OWN and GUEST: UDP ports of the loopback, in which QEMU sends and takes Ethernet frames

What has another tag or none is dropped. It asks nothing of this host's kernel but a tap.
"""

import fcntl
import os
import selectors
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x2, 0x1000
TAG = 0x8100
FRAME_MAX = 65536


def options(own, guest, mac):
    """QEMU's options for the network card."""
    return ["-netdev", f"socket,id=trunk,udp=127.0.0.1:{own},localaddr=127.0.0.1:{guest}",
            "-device", f"virtio-net-pci,netdev=trunk,mac={mac},romfile="]


def open_tap(name, bridge):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "master", bridge, "up"], check=True)
    return tap


def main(number, bridge, own, guest):
    tag = struct.pack("!HH", TAG, int(number))
    tap = open_tap("trunk", bridge)
    port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port.bind(("127.0.0.1", int(own)))
    selector = selectors.DefaultSelector()
    selector.register(tap, selectors.EVENT_READ)
    selector.register(port, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj == tap:
                frame = os.read(tap, FRAME_MAX)
                port.sendto(frame[:12] + tag + frame[12:], ("127.0.0.1", int(guest)))
            else:
                frame = port.recv(FRAME_MAX)
                if frame[12:16] == tag:
                    os.write(tap, frame[:12] + frame[16:])


if __name__ == "__main__":
    main(*sys.argv[1:])
