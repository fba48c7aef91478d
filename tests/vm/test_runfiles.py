# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left in /run for the root's network services: the files, and systemd-networkd on a Debian root whose own configuration has DHCP for all."""

import os
import re

from lab import disk as disks, image
from lab.story import NAME, OTHER, TARGET
from test_links import serve_vlan
from test_shutdown import ALONE, IN_TIME, check_clean, end

MAC = "MACAddress=52:54:00:99:00:02\nType=ether\n"
WHY = "# By iscsiroot(8): the root file system is reached through this interface.\n"
GENERAL = "[Match]\nName=e*\n[Network]\nDHCP=yes\n"
SHOW = r"""cd /run; for f in $(busybox find . -type f ! -path './iscsiroot/*' ! -path './udev/*' | busybox sort); do echo "FILE $f"; busybox cat $f; done; echo E''ND"""
ADDRESSES = "ip -4 -o addr show scope global | awk '{ print $4 }'"


def files(vm):
    """What is in /run of a machine whose init is a shell, by path."""
    vm.expect_root()
    vm.send_line(SHOW)
    begin = vm.expect(r"\nFILE \./").start() + 1
    end_of = vm.expect(r"\nEND\n").start() + 1
    return dict(re.findall(r"^FILE \./(\S+)\n((?:(?!FILE ).*\n)*)", vm.text[begin:end_of], re.MULTILINE))


def ours(found):
    """Of the files those that are about an interface."""
    return sorted(path for path in found if "eth" in path or "open-iscsi" in path)


def of_interface(name):
    return [f"NetworkManager/conf.d/10-iscsiroot-{name}.conf", "initramfs/open-iscsi.interface", f"net-{name}.conf",
            f"network/ifstate.{name}", f"systemd/network/10-iscsiroot-{name}.network", f"systemd/network/98-iscsiroot-{name}.link"]


def test_static(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=10.99.0.2::10.99.0.1:255.255.255.0:box:eth0:off:10.99.0.1 iscsi_initiator=iqn.2026-11.org.example:me {TARGET} vmtest=shell")
    found = files(vm)
    assert ours(found) == of_interface("eth0")
    assert found["net-eth0.conf"] == (
        "DEVICE='eth0'\nPROTO='none'\nIPV4ADDR='10.99.0.2'\nIPV4BROADCAST='10.99.0.255'\nIPV4NETMASK='255.255.255.0'\n"
        "IPV4GATEWAY='10.99.0.1'\nIPV4DNS0='10.99.0.1'\nHOSTNAME='box'\n")
    assert found["initramfs/open-iscsi.interface"] == "eth0\n"
    assert found["network/ifstate.eth0"] == "iscsiroot\n"
    assert found["initiatorname.iscsi"] == "InitiatorName=iqn.2026-11.org.example:me\n"
    assert found["systemd/network/10-iscsiroot-eth0.network"] == f"{WHY}[Match]\n{MAC}[Network]\nKeepConfiguration=yes\nDNS=10.99.0.1\n"
    assert found["NetworkManager/conf.d/10-iscsiroot-eth0.conf"] == (
        f"{WHY}[device-iscsiroot-eth0]\nmatch-device=mac:52:54:00:99:00:02\nmanaged=0\n")
    vm.send_line("test -e /run/systemd/system || echo NO''NE")
    vm.expect("NONE")  # sd_booted(3)


def test_dhcp(lab):
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp(None, "--domain=lab.example", "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.99.0.1",
                       f"--dhcp-option=option:root-path,iscsi:10.99.0.1::::{NAME}")
    found = files(lab.boot(f"ip=dhcp {TARGET} vmtest=shell"))
    assert ours(found) == of_interface("eth0")
    assert "PROTO='dhcp'\nIPV4ADDR='10.99.0.1" in found["net-eth0.conf"]
    assert ("IPV4ROUTE0SUBNET='0.0.0.0/0'\nIPV4ROUTE0GATEWAY='10.99.0.1'\nIPV4GATEWAY='10.99.0.1'\n"
            "IPV4DNS0='10.99.0.1'\n") in found["net-eth0.conf"]
    assert found["net-eth0.conf"].endswith(f"DNSDOMAIN='lab.example'\nROOTPATH='iscsi:10.99.0.1::::{NAME}'\n")


def test_ipv6(lab):
    lab.target(NAME, lab.disk())
    found = files(lab.boot(f"ip=[fd99::2]::[fd99::1]:64::eth0:off iscsi_target=iscsi://[fd99::1]/{NAME}/1 vmtest=shell"))
    assert ours(found) == [name.replace("net-eth0", "net6-eth0") for name in of_interface("eth0")]
    assert found["net6-eth0.conf"] == (
        "DEVICE6='eth0'\nIPV6PROTO='none'\nIPV6ADDR='fd99::2'\nIPV6NETMASK='64'\nIPV6GATEWAY='fd99::1'\nHOSTNAME=''\n")


def test_the_interface_without_a_session_is_not_named(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot("ip=10.99.0.2:::255.255.255.0::eth0:off ip=10.98.0.2:::255.255.255.0::eth1:off "
                  f"iscsi_target=iscsi://10.98.0.1/{NAME}/1 vmtest=shell", n_cards=2)
    found = files(vm)
    assert ours(found) == of_interface("eth1")
    assert found["initramfs/open-iscsi.interface"] == "eth1\n"


def test_the_card_that_the_kernel_has_configured(lab):
    """By ip= the kernel with CONFIG_IP_PNP would do what the user does in the shell here."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=off {TARGET} vmtest=shell")
    vm.expect_failure("E26")
    vm.send("\x03")
    vm.expect("/ # ")
    vm.send_line("busybox ip link set eth0 up; busybox ip addr add 10.99.0.2/24 dev eth0; exit")
    found = files(vm)
    assert ours(found) == [name for name in of_interface("eth0") if name != "net-eth0.conf"]
    assert found["initramfs/open-iscsi.interface"] == "eth0\n"


def test_a_card_that_was_only_looked_at_is_down_again(lab):
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp()
    vm = lab.boot(f"ip=dhcp {TARGET} vmtest=shell", n_cards=2)
    vm.expect_root()
    vm.send_line("busybox ip link show eth1")
    vm.expect(r"eth1: <BROADCAST,MULTICAST> ")


def test_two_sessions_two_interfaces(lab):
    """The root's is the one that open-iscsi has room for."""
    one, two = lab.disk(), lab.disk()
    lab.target(NAME, one)
    lab.target(OTHER, two)
    vm = lab.boot(f"ip=10.99.0.2:::255.255.255.0::eth0:off ip=10.98.0.2:::255.255.255.0::eth1:off {TARGET} "
                  f"iscsi_target=iscsi://10.98.0.1/{OTHER}/1 root=UUID={two.uuid} vmtest=shell", n_cards=2)
    found = files(vm)
    assert ours(found) == sorted(set(of_interface("eth0") + of_interface("eth1")))
    assert found["initramfs/open-iscsi.interface"] == "eth1\n"


def test_what_is_below_a_bond_is_left_alone_too(lab):
    """And the driver's own bond, which is there when that is loaded, takes the options."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"bond=bond0:eth0,eth1:mode=active-backup,primary=eth0 ip=10.99.0.2:::255.255.255.0::bond0:none {TARGET} bonding.max_bonds=1 vmtest=shell",
                  initrd=image.build("6.1", image.STACKED), n_cards=2)
    found = files(vm)
    vm.expect_not("cannot be made")
    vm.send_line("busybox cat /sys/class/net/bond0/bonding/mode")
    vm.expect("active-backup 1")
    assert found["initramfs/open-iscsi.interface"] == "bond0\n"
    assert "net-bond0.conf" in found and "net-eth0.conf" not in found
    assert found["systemd/network/10-iscsiroot-bond0.network"] == f"{WHY}[Match]\nName=bond0\n[Network]\nKeepConfiguration=yes\n"
    for name, number in (("eth0", "00"), ("eth1", "01")):
        assert found[f"systemd/network/10-iscsiroot-{name}.network"] == (
            f"{WHY}[Match]\nName={name}\nPermanentMACAddress=52:54:00:99:{number}:02\nType=ether\n[Link]\nUnmanaged=yes\n")
        assert f"mac:52:54:00:99:{number}:02\n" in found[f"NetworkManager/conf.d/10-iscsiroot-{name}.conf"]


def test_what_is_under_a_vlan_is_the_roots_own(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"vlan=eth0.99:eth0 ip=10.99.0.2:::255.255.255.0::eth0.99:none {TARGET} vmtest=shell",
                  initrd=image.build("6.1", image.STACKED), n_cards=0, options=serve_vlan(lab, 99))
    found = files(vm)
    assert ours(found) == sorted(of_interface("eth0.99") + ["network/ifstate.eth0", "systemd/network/98-iscsiroot-eth0.link"])
    assert "[Match]\nOriginalName=eth0.99\n" in found["systemd/network/98-iscsiroot-eth0.99.link"]


def test_networkd_with_dhcp_for_all(lab, kernel):
    """
    Started, restarted, without a carrier, stopped: the address stays, and root with it. The newer kernel would let udev
    call the card otherwise.
    """
    disk = lab.debian()
    path = os.path.join(lab.directory, "general")
    with open(path, "w", encoding="ascii") as stream:
        stream.write(GENERAL)
    disks.quietly("debugfs", "-w", "-f", "-", disk.path, text=f"cd etc/systemd/network\nwrite {path} 50-all.network\n")
    lab.target(NAME, disk)
    lab.net.serve_dhcp()
    vm = lab.boot_debian(f"{TARGET} {ALONE} systemd.wants=systemd-networkd.service", kernel=kernel)
    vm.shell.run("/lib/systemd/systemd-networkd-wait-online --timeout=60", 90)
    check_kept(vm)
    links = vm.shell.run("cat /run/systemd/netif/links/*")
    assert vm.shell.run("ip -o link show eth0 | grep -c 'state UP'") == "1\n"
    assert "NETWORK_FILE=/run/systemd/network/10-iscsiroot-eth0.network\n" in links, links
    vm.shell.run("systemctl restart systemd-networkd")
    vm.shell.run("/lib/systemd/systemd-networkd-wait-online --timeout=60", 90)
    check_kept(vm)
    vm.set_link(False)
    vm.run_for(3)
    vm.set_link(True)
    check_kept(vm)
    vm.shell.run("systemctl stop systemd-networkd.socket systemd-networkd")
    check_kept(vm)
    vm.shell.run("systemctl start systemd-networkd")
    end(vm, "poweroff", IN_TIME)
    check_clean(disk)


def check_kept(vm):
    assert vm.shell.run(ADDRESSES) == "10.99.0.2/24\n"
    assert "default via 10.99.0.1 dev e" in vm.shell.run("ip route")
    vm.shell.run("date >/root/alive && sync /root/alive")
