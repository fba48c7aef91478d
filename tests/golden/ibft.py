# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes iSCSI Boot Firmware Tables, for golden files and for QEMU's -acpitable.

    table(initiator=NAME, nics=[nic(...)], targets=[target(...)])

The texts stand behind the blocks, as iPXE has them.
"""
import ipaddress
import struct

HEADER, CONTROL, INITIATOR, NIC, TARGET = 48, 18, 74, 102, 54


def ip(text):
    """An address in 16 bytes, zeros for none."""
    if not text:
        return bytes(16)
    address = ipaddress.ip_address(text)
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def nic(mac, address=None, prefix=24, origin=1, gateway=None, dns=(), dhcp=None, vlan=0, hostname=b"", flags=3):
    """A network card."""
    dns = list(dns) + [None, None]
    return dict(flags=flags, hostname=hostname, fixed=ip(address) + bytes([prefix, origin]) + ip(gateway) + ip(dns[0]) + ip(dns[1])
                + ip(dhcp) + struct.pack("<H", vlan) + bytes.fromhex(mac.replace(":", "")) + struct.pack("<H", 0x18))


def target(address, name, port=3260, lun=0, card=0, chap=(), flags=3):
    """A target; chap is (user, secret) or (user, secret, user in, secret in), lun the eight bytes or a small number."""
    lun = lun if isinstance(lun, bytes) else struct.pack(">H6x", lun)
    return dict(flags=flags, texts=[name, *chap, *[b""] * (4 - len(chap))],
                fixed=ip(address) + struct.pack("<H", port) + lun + bytes([len(chap) // 2, card]))


def block(number, size, index, flags, body):
    """Any block."""
    return (struct.pack("<BBHBB", number, 1, size, index, flags) + body).ljust(size, b"\0")


def table(initiator=b"", nics=(), targets=(), revision=1, initiator_flags=3):
    """The whole table, with its checksum."""
    pairs = max(len(nics), len(targets), 2)
    control = CONTROL + 4 * (pairs - 2)
    at = {"end": HEADER + (control + 7 & ~7)}

    def place(size):
        at["end"], where = at["end"] + (size + 7 & ~7), at["end"]
        return where

    where_initiator = place(INITIATOR)
    where_nics, where_targets = [place(NIC) for _ in nics], [place(TARGET) for _ in targets]
    image = bytearray(at["end"])

    def text(value):
        if not value:
            return struct.pack("<HH", 0, 0)
        offset = len(image)
        image.extend(value + b"\0")
        return struct.pack("<HH", len(value), offset)

    def put(where, data):
        image[where:where + len(data)] = data

    put(where_initiator, block(2, INITIATOR, 0, initiator_flags, bytes(64) + text(initiator)))
    for i, one in enumerate(nics):
        put(where_nics[i], block(3, NIC, i, one["flags"], one["fixed"] + text(one["hostname"])))
    for i, one in enumerate(targets):
        put(where_targets[i], block(4, TARGET, i, one["flags"], one["fixed"] + b"".join(map(text, one["texts"]))))
    offsets = [where_initiator]
    for i in range(pairs):
        offsets += [where_nics[i] if i < len(nics) else 0, where_targets[i] if i < len(targets) else 0]
    put(HEADER, block(1, control, 0, 0, struct.pack("<H", 0) + struct.pack(f"<{len(offsets)}H", *offsets)))
    put(0, b"iBFT" + struct.pack("<IBB6s8s", len(image), revision, 0, b"TEST  ", b"iscsiroo"))
    return checked(image)


def checked(image):
    """With the right checksum."""
    image = bytearray(image)
    image[9] = 0
    image[9] = -sum(image) & 0xFF
    return bytes(image)


def changed(image, at, data):
    """With other bytes in one place, and the right checksum."""
    image = bytearray(image)
    image[at:at + len(data)] = data
    return checked(image)
