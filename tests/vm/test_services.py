# SPDX-License-Identifier: GPL-2.0-or-later
"""
The network services of a Debian root that is on iSCSI, as they are installed: ifupdown, NetworkManager, and cloud-init with netplan
and systemd-networkd. Each is told by its configuration to have DHCP on root's card, and is started, restarted, used and rebooted
with: the address that the boot has given stays, nobody asks for another one, and the session does not break. The initramfs is that
of initramfs-tools, and dracut's; one root has all services, and the boot line says which of them run. Not here: systemd-networkd
alone, and its loss of the carrier (test_runfiles.py).
"""

import os

import pytest

from installed import IMAGE, IP, check_up, finish
from installed import install as install_packages
from lab import disk as disks, distro, dracut
from lab.story import NAME, TARGET
from test_compat import IN_CHARGE, check_alone, wait_taken_over
from test_runfiles import ADDRESSES
from test_shutdown import ALONE

PACKAGES = ("initramfs-tools", "open-iscsi", "ifupdown", "isc-dhcp-client", "network-manager", "netplan.io", "cloud-init")
CARD = "ens2"
BY_DHCP = "ip=dhcp"
CARD_BY_DHCP = f"ip=:::::{CARD}:dhcp"
NO_BINFMT = "systemd.mask=systemd-binfmt.service"  # its driver is not on the root, and dracut's image has autofs
NO_NETWORK_MANAGER = "systemd.mask=NetworkManager.service systemd.mask=NetworkManager-wait-online.service"
NO_IFUPDOWN = "systemd.mask=networking.service"
NO_CLOUD = "cloud-init=disabled"
INTERFACES = f"allow-hotplug {CARD}\niface {CARD} inet dhcp\n"
CLOUD = "datasource_list: [NoCloud]\nlocale: false\nsystem_info:\n  network:\n    renderers: [netplan]\n"
RESTART = "systemctl restart networking"
NM_RESTART = "systemctl restart NetworkManager; nm-online -s -q -t 60"
ONLINE = "/lib/systemd/systemd-networkd-wait-online --timeout=60"
NETWORKD_RESTART = f"systemctl restart systemd-networkd; {ONLINE}"
IMAGES = {"initramfs-tools": lambda: distro.initramfs(("initramfs-tools",), "6.1", IMAGE), "dracut": dracut.image}


def install(lab, files):
    """A disk with the root and files in it, by path."""
    disk = install_packages(lab, PACKAGES, company=True)
    for number, (path, text) in enumerate(files.items()):
        source = os.path.join(lab.directory, f"file{number}")
        with open(source, "w", encoding="ascii") as stream:
            stream.write(text)
        directory = ""
        for name in path.split("/")[:-1]:
            directory += f"/{name}"
            disks.quietly("debugfs", "-w", "-R", f"mkdir {directory}", disk.path)
        disks.quietly("debugfs", "-w", "-R", f"write {source} {path}", disk.path)
    lab.target(NAME, disk)
    lab.net.serve_dhcp()
    return disk


def boot(lab, disk, words, generator, ip=IP):
    """Up, with the address that the boot has given. Returns the machine and that address."""
    vm = lab.start_debian(f"{TARGET} root=UUID={disk.uuid} {words}", ip=ip, initrd=IMAGES[generator]())
    vm.wait_multi_user()
    check_up(vm)
    address = vm.shell.run(f". /run/net-{CARD}.conf; echo $IPV4ADDR").strip()
    assert (address == "10.99.0.2") == (ip == IP)
    return vm, address


def check_kept(lab, vm, address):
    """The one address and the route are there for ever, nothing failed, and only a boot has asked for a lease."""
    assert vm.shell.run(ADDRESSES) == f"{address}/24\n"
    assert "valid_lft forever" in vm.shell.run(f"ip -4 addr show dev {CARD} scope global")
    assert "default via 10.99.0.1 dev ens2" in vm.shell.run("ip -4 route show default")
    vm.shell.run("date >/root/alive && sync /root/alive")
    assert vm.shell.run("systemctl is-system-running") == "running\n"
    vm.expect_not("its disks wait")
    assert lab.net.read_log("dnsmasq.log").count("DHCPACK") == sum("dhcp" in machine.cmdline for machine in lab.machines)


def use(lab, vm, address, *commands):
    """What a user does with a network service, and its restart: nothing of it changes anything, and the session is not logged in to again."""
    for command in commands:
        logins = lab.net.login_ports()
        vm.shell.run(command, 120)
        check_kept(lab, vm, address)
        assert lab.net.login_ports() == logins


BEHIND_EACH = pytest.mark.parametrize("generator, by_dhcp, masked", (("initramfs-tools", BY_DHCP, ""), ("dracut", CARD_BY_DHCP, NO_BINFMT)))


@BEHIND_EACH
def test_ifupdown(lab, generator, by_dhcp, masked):
    """
    The card is left to ifupdown as Debian's installer does it, by udev; then it is to come up at the boot. It is called in dracut's
    initramfs as on the root.
    """
    disk = install(lab, {"etc/network/interfaces.d/root": INTERFACES})
    words = f"{ALONE} {NO_NETWORK_MANAGER} {NO_CLOUD} {masked}"
    vm, address = boot(lab, disk, words, generator)
    use(lab, vm, address, RESTART, RESTART, f"systemctl restart ifup@{CARD}", "ifdown -a; ifup -a")
    vm.shell.run("sed -i s/allow-hotplug/auto/ /etc/network/interfaces.d/root")
    finish(vm, disk, verb="reboot")
    vm, address = boot(lab, disk, words, generator, by_dhcp)
    use(lab, vm, address, RESTART, RESTART)
    finish(vm, disk)


@BEHIND_EACH
def test_network_manager(lab, generator, by_dhcp, masked):
    """Without a profile, for which it has DHCP, and with one for all cards; the second time open-iscsi runs and has the session."""
    disk = install(lab, {})
    vm, address = boot(lab, disk, f"{ALONE} {NO_CLOUD} {masked}", generator)
    use(lab, vm, address, NM_RESTART, "nmcli networking off; sleep 2", "nmcli networking on; sleep 2",
        "nmcli connection add type ethernet con-name lan ifname '*'; sleep 2", NM_RESTART)
    finish(vm, disk, verb="reboot")
    vm, address = boot(lab, disk, f"{NO_CLOUD} {masked}", generator, by_dhcp)
    wait_taken_over(vm, 1)
    vm.expect(IN_CHARGE)
    check_kept(lab, vm, address)
    use(lab, vm, address, NM_RESTART)
    vm.shell.run("systemctl restart iscsid open-iscsi")
    wait_taken_over(vm, 2)
    check_alone(vm)
    check_kept(lab, vm, address)
    finish(vm, disk)


@BEHIND_EACH
def test_cloud_init_with_netplan(lab, generator, by_dhcp, masked):
    """cloud-init sees what the boot has left, and writes netplan's file by it; the next boot has that file for systemd-networkd."""
    disk = install(lab, {"var/lib/cloud/seed/nocloud/meta-data": "instance-id: one\n", "var/lib/cloud/seed/nocloud/user-data": "#cloud-config\n",
                         "etc/cloud/cloud.cfg.d/90_vmtest.cfg": CLOUD})
    words = f"{ALONE} {NO_NETWORK_MANAGER} {NO_IFUPDOWN} {masked} systemd.wants=systemd-networkd.service"
    vm, address = boot(lab, disk, words, generator)
    vm.shell.run(f"grep {CARD} /etc/netplan/50-cloud-init.yaml")
    use(lab, vm, address, NETWORKD_RESTART, f"netplan apply; {ONLINE}", f"networkctl reconfigure {CARD}; {ONLINE}")
    finish(vm, disk, verb="reboot")
    vm, address = boot(lab, disk, f"{words} {NO_CLOUD}", generator, by_dhcp)
    use(lab, vm, address, NETWORKD_RESTART, f"netplan apply; {ONLINE}")
    finish(vm, disk)
