# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses, links, routes and portals: how the machine reaches the target, and what it says when it cannot."""

import pytest

from lab.story import NAME, OTHER, TARGET

TARGET6 = f"iscsi_target=iscsi://[fd99::1]/{NAME}/1"
SOON_SECONDS = 40


def test_dhcp_gives_address_gateway_and_name_server(lab, kernel):
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp({"target.example": "10.99.0.1"})
    vm = lab.boot(f"ip=dhcp iscsi_target=iscsi://target.example/{NAME}/1", kernel=kernel)
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.1\d\d/24[^\n]*DHCP[^\n]*gateway 10\.99\.0\.1")
    root = vm.expect_root()
    assert [line for line in root["addr"] if "inet 10.99.0.1" in line and "eth0" in line]
    assert [line for line in root["process"] if "udhcpc" in line] == []


def test_dhcp_is_the_default(lab):
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp()
    lab.boot(TARGET, ip="").expect_root()


def test_ipv6(lab, kernel):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=[fd99::2]::[fd99::1]:64::eth0:off {TARGET6}", kernel=kernel, uuid=False)
    vm.expect(r"iscsiroot: eth0: up, fd99::2/64")
    vm.expect(r"iscsiroot: \[fd99::1\]:3260: logged in")
    root = vm.expect_root()
    assert "connection1:0 persistent_address fd99::1" in root["connection"]
    assert root.initiators == ["iqn.2026-11.org.iscsiroot:mac-525400990002"]


def test_second_card(lab):
    """The target is reached through eth1 while eth0 has a network of its own."""
    lab.target(NAME, lab.disk())
    vm = lab.boot("ip=10.99.0.2:::255.255.255.0::eth0:off ip=10.98.0.2:::255.255.255.0::eth1:off "
                  f"iscsi_target=iscsi://10.98.0.1/{NAME}/1", n_cards=2)
    root = vm.expect_root()
    assert len([line for line in root["addr"] if "inet 10.9" in line]) == 2


def test_target_20_seconds_late(lab):
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET)
    vm.expect_failure("E28", r"10\.99\.0\.1:3260: connection refused")
    vm.expect(r"iscsiroot: 10\.99\.0\.1:3260: connection refused, trying again in [\d.]+ s \(attempt 2, waiting 0 s\)")
    vm.expect(r"iscsiroot: 10\.99\.0\.1:3260: connection refused, trying again in [\d.]+ s \(attempt \d+, waiting \d\d s\)")
    vm.run_for(5)
    lab.tgt.start()
    vm.expect(r"iscsiroot: 10\.99\.0\.1:3260: back after \d\d s", timeout=SOON_SECONDS)
    vm.expect_root()


def test_every_unreachable_portal_says_why(lab):
    """Four portals at once: refused, no answer on the network, silent behind a gateway, the gateway knows no way."""
    lab.target(NAME, lab.disk(), start=False)
    lab.net.gateway("192.0.2.7", "blackhole")
    lab.net.gateway("192.0.2.8", "unreachable")
    portals = ("10.99.0.1:3261", "10.99.0.77", "192.0.2.7", "192.0.2.8")
    vm = lab.boot(" ".join(f"iscsi_target=iscsi://{portal}/{NAME}/1" for portal in portals))
    told = " ".join(vm.expect_failure("E2[789]") for _ in portals)
    assert "10.99.0.1:3261: connection refused" in told
    assert "10.99.0.77:3260: nothing on the network answers for the portal's address" in told
    assert "192.0.2.7:3260: the portal does not answer" in told
    assert "192.0.2.8:3260: nothing on the network answers for the portal's address" in told


def test_no_route(lab):
    vm = lab.boot(f"ip=10.99.0.2:::255.255.255.0::eth0:off iscsi_target=iscsi://192.0.2.9/{NAME}/1")
    vm.expect_failure("E26", r"192\.0\.2\.9:3260: there is no route to the portal")


def test_no_dhcp_answer_until_there_is_one(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=dhcp {TARGET}")
    vm.expect("iscsiroot: plan: ")
    vm.expect_failure("E22", r"eth0: no DHCP server answered[^\n]*4 requests in 8 s")
    vm.expect(r"iscsiroot: eth0: no DHCP server answered, trying again")
    lab.net.serve_dhcp()
    vm.expect_root()


def test_time_is_up_while_dhcp_is_asked(lab):
    """In the middle of an attempt nothing has failed yet; the reason is what is waited for."""
    vm = lab.boot(f"ip=dhcp iscsi_timeout=6 panic=1 {TARGET}")
    vm.expect(r"iscsi_timeout=6: time is up")
    vm.expect(r"no DHCP server answered[^\n]*\[E22\]")
    vm.wait_off(timeout=30)


def test_what_needs_no_network_is_told_without_one(lab):
    """Also where the lease may have our name still."""
    vm = lab.boot(f"ip=dhcp panic=1 iscsi_secrets=/nowhere {TARGET}")
    vm.expect(r"/nowhere: No such file or directory[^\n]*\[E1A\]")
    vm.expect_not("no DHCP server")
    vm.wait_off(timeout=30)


def test_name_without_an_answer(lab):
    lab.net.serve_dhcp()
    vm = lab.boot(f"ip=dhcp iscsi_target=iscsi://nowhere.example/{NAME}/1")
    vm.expect_failure("E25", r"nowhere\.example")


def test_no_link_until_the_cable_is_plugged(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(TARGET)
    vm.set_link(False)
    vm.expect_failure("E21", "eth0: the network interface has no link")
    vm.set_link(True)
    vm.expect_root(timeout=SOON_SECONDS)


def test_no_such_card(lab):
    vm = lab.boot(f"ip=10.99.0.2:::255.255.255.0::eth7:off {TARGET}")
    vm.expect_failure("E20", "eth7: the network interface is not there [^\n]*there are: eth0")


def test_no_card_at_all(lab):
    vm = lab.boot(TARGET, n_cards=0)
    vm.expect_failure("E20", "this machine shows none")


def test_address_of_another_machine_until_that_goes(lab):
    lab.target(NAME, lab.disk())
    lab.net.configure("addr add fd99::5/64 dev br0 nodad")
    vm = lab.boot(f"ip=[fd99::5]:::64::eth0:off {TARGET6}")
    vm.expect_failure("E24", "eth0: another machine on this network has our address [^\n]*duplicate address detection")
    lab.net.configure("addr del fd99::5/64 dev br0")
    vm.expect(r"iscsiroot: eth0: up, fd99::5/64 static")
    vm.expect_root()


def test_dhcp_gateway_that_is_none(lab):
    """What the first lease left behind is no address "already there"."""
    lab.target(NAME, lab.disk())
    server = lab.net.serve_dhcp(None, "--dhcp-option=option:router,10.99.0.255")
    vm = lab.boot(f"ip=dhcp {TARGET}")
    vm.expect_failure("E23", r"eth0: the kernel refused the address or route \(gateway 10\.99\.0\.255: [^)]+\)")
    server.kill()
    server.wait()
    lab.net.serve_dhcp()
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.1\d\d/24 by DHCP, gateway 10\.99\.0\.1\n")
    root = vm.expect_root()
    assert len([line for line in root["addr"] if "inet 10.99.0." in line]) == 1


@pytest.mark.parametrize("ip", ["ip=dhcp", "ip=[fd99::2]:::64::eth0:off"])
def test_cable_out_and_in_again(lab, ip):
    lab.target(NAME, lab.disk(), start=False)
    lab.net.serve_dhcp()
    vm = lab.boot(f"{ip} {TARGET if 'dhcp' in ip else TARGET6}")
    vm.expect_failure("E28")
    vm.set_link(False)
    vm.expect(r"iscsiroot: eth0: the link is gone \(cable, switch port or card\), waiting for it")
    vm.expect_failure("E21", "eth0: the network interface has no link")
    vm.set_link(True)
    vm.expect(r"iscsiroot: eth0: up, (10\.99\.0\.1\d\d/24 by DHCP|fd99::2/64 static)")
    vm.expect(r"iscsiroot: eth0: the network is back after \d+\.\d s")
    lab.tgt.start()
    root = vm.expect_root()
    assert vm.count("eth0: the link is gone") == 1
    assert len([line for line in root["addr"] if "inet 10.99.0." in line or "inet6 fd99" in line]) == 1


def test_cable_moved_to_another_card(lab):
    """The address goes with it: a link without a device is served by the card that has the cable."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(f"ip=10.99.0.2::10.99.0.1:255.255.255.0:::off {TARGET}", n_cards=2)
    vm.set_link(False, card=1)
    lab.net.configure("link set vm0n1 master br0")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.2/24 static")
    vm.expect_failure("E28")
    vm.set_link(False, card=0)
    vm.set_link(True, card=1)
    vm.expect(r"iscsiroot: eth0: the link is gone")
    vm.expect(r"iscsiroot: eth1: up, 10\.99\.0\.2/24 static, gateway 10\.99\.0\.1\n")
    vm.expect(r"iscsiroot: eth1: the network is back after")
    lab.tgt.start()
    root = vm.expect_root()
    assert [line.split()[1] for line in root["addr"] if "inet 10.99.0.2/" in line] == ["eth1"]


def test_card_taken_out_and_put_in_again(lab):
    """It comes back under another number of the kernel's."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(TARGET)
    vm.expect_failure("E28")
    vm.monitor("device_del", id="card0")
    vm.expect("iscsiroot: eth0: the link is gone")
    vm.expect_failure("E20", "eth0: the network interface is not there")
    lab.tgt.start()
    vm.monitor("device_add", driver="virtio-net-pci", id="card0", netdev="net0", mac="52:54:00:99:00:02", romfile="")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.2/24 static")
    vm.expect_root()


def test_network_changed_in_the_shell(lab):
    """After the shell the links are as the command line says, whatever was done there."""
    lab.target(NAME, lab.disk(), start=False)
    lab.net.serve_dhcp()
    vm = lab.boot(f"ip=dhcp {TARGET}")
    vm.expect_failure("E28")
    vm.send("\x03")
    vm.expect("/ # ")
    vm.send_line("busybox ip addr flush dev eth0; busybox ip link set eth0 down; exit")
    lab.tgt.start()
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.1\d\d/24 by DHCP, gateway 10\.99\.0\.1\n")
    vm.expect_root()


def test_one_target_of_two_is_enough_for_the_root(lab):
    """The root's target answers, the other one never does: the machine does not wait for what it does not need."""
    one = lab.disk()
    lab.target(NAME, one)
    vm = lab.boot(f"{TARGET} iscsi_target=iscsi://10.99.0.77/{OTHER}/1 root=UUID={one.uuid}")
    assert vm.expect_root().targets == [NAME]
