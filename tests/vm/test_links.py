# SPDX-License-Identifier: GPL-2.0-or-later
"""Links: several at once, names for cards, VLAN, bond, IPv6 by routers and on the link, routes, name servers, MTU."""

import pytest

from lab import image, relay, trunk
from lab.net import wait_for
from lab.story import NAME, OTHER, TARGET

CARD = "52:54:00:99:{:02x}:02"  # of the first machine, by segment
TRUNK = (7001, 7002)  # of the host and of the guest


def advertise(net, *options):
    """A router of segment 0 that advertises its prefix."""
    words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--port=0", "--interface=br0",
             "--bind-interfaces", "--user=root", "--pid-file=", "--log-facility=-", "--enable-ra", f"--dhcp-leasefile={net.directory}/leases6",
             "--dhcp-range=fd99::,ra-only,64,1h", "--ra-param=br0,5,600"]
    net.spawn(*words, *options, log="router.log")
    wait_for(lambda: "router advertisement" in net.read_log("router.log"), "router")


def serve_vlan(lab, number):
    """A switch port with one VLAN, and a machine's card in it. Returns options of QEMU."""
    lab.net.spawn("/usr/bin/python3", trunk.__file__, str(number), "br0", *map(str, TRUNK), log="trunk.log")
    wait_for(lambda: "trunk" in lab.net.run("ip", "link", "show", "master", "br0"), "trunk")
    return trunk.options(*TRUNK, CARD.format(0))


def test_two_cards_to_two_targets(lab):
    """One static, known by its hardware address; one by DHCP, known by its name."""
    one, two = lab.disk(), lab.disk()
    lab.target(NAME, one)
    lab.target(OTHER, two)
    lab.net.serve_dhcp()
    vm = lab.boot(f"ip=eth0:dhcp ifname=san1:{CARD.format(1)} ip=10.98.0.2:::255.255.255.0::san1:none iscsi_target=iscsi://10.99.0.1/{NAME}/1 "
                  f"iscsi_target=iscsi://10.98.0.1/{OTHER}/1 root=UUID={one.uuid}", n_cards=2)
    vm.expect(r"iscsiroot: eth1: is called san1 now \(ifname=\)")
    root = vm.expect_root()
    assert root.targets == [OTHER, NAME]
    assert [line.split()[1] for line in root["addr"] if "inet 10.9" in line] == ["eth0", "san1"]


def test_root_waits_for_the_slower_card(lab):
    """The target that is reached by it is tried as soon as its cable is in."""
    one, two = lab.disk(), lab.disk()
    lab.target(NAME, one)
    lab.target(OTHER, two)
    vm = lab.boot(f"ip=10.99.0.2:::255.255.255.0::eth0:none ip=10.98.0.2:::255.255.255.0::eth1:none {TARGET} "
                  f"iscsi_target=iscsi://10.98.0.1/{OTHER}/1 root=UUID={one.uuid}", n_cards=2)
    vm.set_link(False, card=1)
    vm.expect("iscsiroot: eth0: up")
    vm.run_for(1)
    vm.set_link(True, card=1)
    assert vm.expect_root().targets == [OTHER, NAME]


def test_cards_change_their_names(lab):
    """Each has the name that the other one is to have. The card of segment 1 stays without an address."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ifname=eth1:{CARD.format(0)} ifname=eth0:{CARD.format(1)} ip=10.99.0.2:::255.255.255.0::eth1:none {TARGET}", n_cards=2)
    vm.expect(r"eth0: is called eth1 now")
    root = vm.expect_root()
    assert [line.split()[1] for line in root["addr"] if "inet 10.9" in line] == ["eth1"]


def test_card_put_in_again_gets_its_name_again(lab):
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(f"ifname=san0:{CARD.format(0)} ip=10.99.0.2:::255.255.255.0::san0:none {TARGET}")
    vm.expect_failure("E28")
    vm.monitor("device_del", id="card0")
    vm.expect("iscsiroot: san0: the link is gone")
    vm.expect_failure("E20", "san0: the network interface is not there")
    lab.tgt.start()
    vm.monitor("device_add", driver="virtio-net-pci", id="card0", netdev="net0", mac=CARD.format(0), romfile="")
    vm.expect(r"iscsiroot: eth0: is called san0 now")
    vm.expect(r"iscsiroot: san0: up, 10\.99\.0\.2/24 static")
    vm.expect_root()


def test_vlan(lab, kernel):
    """Its MTU is more than what the card has at first."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"vlan=eth0.99:eth0 ip=10.99.0.2:::255.255.255.0::eth0.99:none:2000 {TARGET} vmtest=shell", kernel=kernel,
                  initrd=image.build(kernel, image.STACKED), n_cards=0, options=serve_vlan(lab, 99))
    vm.expect(r"iscsiroot: eth0\.99: up, 10\.99\.0\.2/24 static")
    root = vm.expect_root()
    assert [line.split()[1] for line in root["addr"] if "inet 10.9" in line] == ["eth0.99"]
    vm.send_line("busybox cat /sys/class/net/eth0/mtu /sys/class/net/eth0.99/mtu")
    vm.expect(r"\n2000\n2000\n")


def test_vlan_takes_dhcp_that_names_no_device(lab):
    """The card under it is left alone."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp()
    vm = lab.boot(f"vlan=vlan99:eth0 ip=dhcp {TARGET}", initrd=image.build("6.1", image.STACKED), n_cards=0, options=serve_vlan(lab, 99))
    vm.expect(r"iscsiroot: vlan99: up, 10\.99\.0\.1\d\d/24 by DHCP")
    vm.expect_root()
    vm.expect_not(r"\[E22\]")


def test_image_without_the_module(lab):
    vm = lab.boot(f"bond=bond7:eth0 vlan=eth0.99:eth0 ip=10.99.0.2:::255.255.255.0::eth0.99:none {TARGET}")
    vm.expect(r"iscsiroot: bond7: cannot be made \(bond=\): [^\n]+; is the module bonding in the image\?")
    vm.expect(r"iscsiroot: eth0\.99: cannot be made over eth0 \(VLAN 99\): [^\n]+; is the module 8021q in the image\?")
    vm.expect_failure("E20", "eth0.99: the network interface is not there [^\n]*there are: eth0")


def test_bond_with_a_cable_pulled(lab):
    """Both cards are in one segment; while nothing answers, the cable of the active one goes."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot("bond=bond7:eth0,eth1:mode=active-backup,primary=eth0,nonsense=1 ip=10.99.0.2:::255.255.255.0::bond7:none "
                  f"{TARGET}", initrd=image.build("6.1", image.STACKED), n_cards=2)
    lab.net.configure("link set vm0n1 master br0")
    vm.expect(r"iscsiroot: bond7: the kernel refused nonsense=1 \(bond=\): [^\n]+, going on without")
    vm.expect(r"iscsiroot: eth0: is a port of bond7 now \(bond=\)")
    vm.expect(r"iscsiroot: bond7: up, 10\.99\.0\.2/24 static")
    vm.expect_failure("E28")
    vm.set_link(False, card=0)
    vm.expect(r"bond7: \(slave eth0\): link status definitely down")
    lab.tgt.start()
    root = vm.expect_root()
    assert [line.split()[1] for line in root["addr"] if "inet 10.9" in line] == ["bond7"]
    assert not [line for line in root["addr"] if "bond0" in line]


def test_address_by_router_advertisement(lab, kernel):
    lab.target(NAME, lab.disk())
    advertise(lab.net)
    vm = lab.boot(f"ip=eth0:auto6 iscsi_target=iscsi://[fd99::1]/{NAME}/1", kernel=kernel)
    vm.expect(r"iscsiroot: eth0: up, fd99::5054:ff:fe99:2/64 by router advertisement\n")
    vm.expect_root()


def test_no_router_until_there_is_one(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=auto6 iscsi_target=iscsi://[fd99::1]/{NAME}/1")
    vm.expect(r"waiting for the advertisement of an IPv6 router \(eth0\), \d+ s so far, \d+ s at most")
    vm.expect_failure("E2B", r"eth0: no router advertised an IPv6 prefix[^\n]*")
    advertise(lab.net)
    vm.expect_root()


@pytest.mark.parametrize("ip", ["ip=eth0:link6", "ip=10.99.0.2:::255.255.255.0::eth0:none"])
def test_portal_of_the_link_alone(lab, ip):
    """Not tried before the link-local address of our own can be used: there is one attempt, and it is good."""
    lab.target(NAME, lab.disk())
    lab.net.configure("addr add fe80::1/64 dev br0 nodad")
    lab.net.spawn("/usr/bin/python3", relay.__file__, "fe80::1%br0", "10.99.0.1", "/", "/", log="relay.log")
    wait_for(lambda: lab.net.connects("fe80::1%br0"), "relay")
    vm = lab.boot(f"{ip} iscsi_target=iscsi://[fe80::1%eth0]/{NAME}/1")
    vm.expect(r"iscsiroot: \[fe80::1%eth0\]:3260: logged in")
    vm.expect_root()
    vm.expect_not(r"\[E\d\w\]")


def test_lease_with_routes_and_mtu(lab):
    """Options 121 and 26. The gateway of option 3 leads nowhere and does not count beside option 121 (RFC 3442)."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp(None, "--dhcp-option=option:router,10.99.0.77", "--dhcp-option=26,1400",
                       "--dhcp-option=121,10.98.0.0/24,10.99.0.1,198.51.100.0/24,0.0.0.0," + ",".join(f"198.18.{n}.0/24,10.99.0.1" for n in range(7)))
    vm = lab.boot(f"ip=dhcp iscsi_target=iscsi://10.98.0.1/{NAME}/1 vmtest=shell")
    vm.expect(r"iscsiroot: eth0: the lease has more than 8 routes, not all of them are used\n")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.1\d\d/24 by DHCP\n")
    vm.expect_root()
    vm.send_line("busybox ip route; busybox cat /sys/class/net/eth0/mtu")
    vm.expect(r"10\.98\.0\.0/24 via 10\.99\.0\.1 dev eth0")
    vm.expect(r"198\.51\.100\.0/24 dev eth0")
    vm.expect(r"\n1400\n")
    vm.expect_not(r"default via")


def test_routes_of_the_command_line(lab):
    """Two good ones, and one that no network leads to."""
    lab.target(NAME, lab.disk())
    vm = lab.boot("ip=10.99.0.2:::255.255.255.0::eth0:none:1400 rd.route=10.98.0.0/24:10.99.0.1 rd.route=198.51.100.0/24:10.99.0.1:eth0 "
                  f"rd.route=203.0.113.0/24:10.99.0.255:eth0 iscsi_target=iscsi://10.98.0.1/{NAME}/1 vmtest=shell")
    vm.expect(r"iscsiroot: eth0: the route to 203\.0\.113\.0/24 by 10\.99\.0\.255 was refused: [^\n]+, going on without")
    vm.expect_root()
    vm.send_line("busybox ip route; busybox cat /sys/class/net/eth0/mtu")
    vm.expect(r"198\.51\.100\.0/24 via 10\.99\.0\.1 dev eth0")
    vm.expect(r"\n1400\n")


def test_name_server_of_the_command_line(lab):
    """Before that of the lease, which does not answer."""
    lab.target(NAME, lab.disk())
    lab.net.serve_dhcp({"target.example": "10.99.0.1"}, "--dhcp-option=option:dns-server,10.99.0.77")
    vm = lab.boot(f"ip=dhcp nameserver=10.99.0.1 iscsi_target=iscsi://target.example/{NAME}/1")
    vm.expect_root()


def test_interface_that_is_up_is_left_as_it_is(lab):
    """The shell gives addresses; then the same words adopt them, or leave all alone."""
    lab.target(NAME, lab.disk(), start=False)
    vm = lab.boot(f"ip=10.99.0.2:::255.255.255.0::eth0:none {TARGET} vmtest=shell")
    vm.expect_failure("E28")
    vm.send("\x03")
    vm.expect("/ # ")
    vm.send_line("busybox ip addr add 10.99.0.42/24 dev eth0; busybox ip addr add fd99::42/64 dev eth0; exit")
    vm.expect(r"iscsiroot: eth0: up, 10\.99\.0\.2/24 static")
    lab.tgt.start()
    root = vm.expect_root()
    text = "\n".join(root["addr"])
    assert all(address in text for address in ("inet 10.99.0.2/24", "inet 10.99.0.42/24", "inet6 fd99::42/64"))


def test_network_off(lab):
    """ip=off: the shell sets up the interface, nothing here touches it."""
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=off {TARGET}")
    vm.expect_failure("E26")
    vm.send("\x03")
    vm.expect("/ # ")
    vm.send_line("busybox ip link set eth0 up; busybox ip addr add 10.99.0.42/24 dev eth0; exit")
    root = vm.expect_root()
    assert [line for line in root["addr"] if "inet 10.99.0.42/24" in line]


def test_hardware_address_of_the_command_line(lab):
    lab.target(NAME, lab.disk())
    vm = lab.boot(f"ip=eth0:auto6:1400:52:54:00:aa:bb:cc iscsi_target=iscsi://[fd99::1]/{NAME}/1")
    advertise(lab.net)
    vm.expect(r"iscsiroot: eth0: up, fd99::5054:ff:feaa:bbcc/64 by router advertisement\n")
    vm.expect_root()
