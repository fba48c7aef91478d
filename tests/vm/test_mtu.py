# SPDX-License-Identifier: GPL-2.0-or-later
"""Big frames on a path that carries them, and on one that drops them without a word: the host's side has an MTU of 9000, the bridge's port may not."""

import pytest

from lab.story import NAME, TARGET

MTU_9000 = "--dhcp-option=option:mtu,9000"
WAYS = {
    "10.99.0.1": f"ip=10.99.0.2::10.99.0.1:255.255.255.0::eth0:none:9000 {TARGET}",
    "fd99::1": f"ip=[fd99::2]::[fd99::1]:64::eth0:none:9000 iscsi_target=iscsi://[fd99::1]/{NAME}/1",
}
LOST = r"iscsiroot: \[?([0-9a-f.:]+?)\]?:3260: packets of 9000 bytes do not get through, those of 1500 do: going on with these;"


SHORTENED = (r"iscsiroot: 10\.99\.0\.1:3260: the first data of a disk does not come, as when packets of {} bytes get lost: "
             r"going on with {} at most; look at the MTU of switches and tunnels in between\n")


def boot(lab, words, port_mtu):
    """A machine with an MTU of 9000; what is longer than port_mtu does not get to it."""
    lab.target(NAME, lab.disk())
    lab.net.configure("link set br0 mtu 9000")
    lab.net.serve_dhcp(None, MTU_9000)
    vm = lab.boot(f"{words} vmtest=shell")
    lab.net.configure(f"link set vm0n0 mtu {port_mtu}")
    return vm


def mtu_of(vm):
    vm.send_line("busybox ip link show eth0")
    return int(vm.expect(r"eth0: <[^>]*> mtu (\d+)").group(1))


def test_a_path_that_carries_them(lab):
    vm = boot(lab, f"ip=dhcp {TARGET}", 9000)
    vm.expect_root()
    vm.expect_not("do not get through")
    assert mtu_of(vm) == 9000


@pytest.mark.parametrize("host, words", WAYS.items())
def test_a_path_that_drops_them(lab, host, words):
    vm = boot(lab, words, 1500)
    assert vm.expect(LOST).group(1) == host
    vm.expect_root()
    assert vm.count("do not get through") == 1
    vm.expect_not("its disks wait until it is back")
    assert mtu_of(vm) == 9000  # it is the session that has less


def test_a_target_with_a_small_mtu_itself(lab):
    """What it announces bounds what is sent: nothing to look for."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp(None, MTU_9000)
    vm = lab.boot(f"ip=dhcp {TARGET} vmtest=shell")
    vm.expect_root()
    vm.expect_not("do not get through")
    assert mtu_of(vm) == 9000


def test_nobody_answers_a_ping(lab):
    """Then the wait for the disk tells what may be the cause, and its end shows it."""
    lab.net.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all")
    vm = boot(lab, f"ip=dhcp {TARGET}", 1500)
    vm.expect("logged in to")
    vm.expect(r"iscsiroot: waiting for [^\n]* \(packets of 9000 bytes may not get through to 10\.99\.0\.1:3260: check the MTU of the switches\), \d+ s so far")
    vm.expect_not("do not get through")
    vm.expect(SHORTENED.format(9000, 1500))
    vm.expect_root()
    assert vm.count("error 1022 NOP_TIMEDOUT") == 1


def test_a_tunnel_that_drops_without_a_word(lab):
    """Nothing looks for it: the second time that the disk's data does not come shows it."""
    lab.target(NAME, lab.disk())
    lab.net.configure("link set br0 mtu 1499")  # the kernel takes it from the ports until somebody changes it
    lab.net.configure("link set br0 mtu 1500 gso_max_segs 1")
    vm = lab.boot(f"{TARGET} vmtest=shell")
    lab.net.configure("link set vm0n0 mtu 1400")
    vm.expect(SHORTENED.format(1500, 1280))
    assert vm.count("error 1022 NOP_TIMEDOUT") == 2
    vm.expect_root()
    assert vm.count("error 1022 NOP_TIMEDOUT") == 2
    vm.expect_not("packets of 1500 bytes may not get through")
