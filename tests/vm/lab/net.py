# SPDX-License-Identifier: GPL-2.0-or-later
"""One network namespace per lab: a bridge per segment, a tap per network card of a guest, a DHCP and name server.

Segment N has 10.(99-N).0.1/24 and fd(99-N)::1/64 on the host's side. Nothing in it can reach the world. All that runs
in the namespace dies with it, and with the process that started it; sweep() removes what an interrupted run left.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time

from lab import place

# An immediate Login Request begins with 0x43. Behind TCP's header, and behind that of IPv6, where pcap cannot look with tcp[].
LOGIN_REQUEST = "tcp[(tcp[12] & 0xf0) >> 2] = 0x43 or ip6[40 + ((ip6[52] & 0xf0) >> 2)] = 0x43"
NAMESPACES = "/run/netns"


def host_address(segment=0):
    return f"10.{99 - segment}.0.1"


def host_address6(segment=0):
    return f"fd{99 - segment}::1"


class Network:
    """A namespace with its segments. `directory` takes the logs and captures of the programs run in it."""

    def __init__(self, name, directory, n_segments=1):
        self.name = name
        self.directory = directory
        self.taps = {}
        self.capture = None
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.configure("link set lo up", *(line for n in range(n_segments) for line in segment_commands(n)))

    def configure(self, *commands):
        """Run commands of ip(8) in the namespace."""
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(commands), text=True, check=True)

    def command(self, *words):
        """The command line that runs a program in the namespace and ends it when this process ends."""
        return ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.name, *words]

    def run(self, *words):
        """Run a program to its end and return what it printed."""
        return subprocess.run(self.command(*words), check=True, text=True, stdout=subprocess.PIPE, timeout=60).stdout

    def connects(self, address, port=3260):
        """Whether a TCP connection to an address is taken."""
        words = self.command("busybox", "nc", "-w", "2", address, str(port))
        return subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=20).returncode == 0

    def spawn(self, *words, log, **options):
        """Start a program that stays; what it prints goes to a file."""
        with open(os.path.join(self.directory, log), "ab") as stream:
            return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, **options)

    def add_tap(self, name, segment):
        self.taps[name] = segment
        self.configure(f"tuntap add dev {name} mode tap", f"link set {name} master br{segment} up")

    def cut(self, segment=0):
        """From now on nothing answers the guests on this segment. Their cards keep the link."""
        self.configure(*(f"link set {tap} nomaster" for tap, at in self.taps.items() if at == segment))

    def mend(self, segment=0):
        """Undo cut()."""
        self.configure(*(f"link set {tap} master br{segment}" for tap, at in self.taps.items() if at == segment))

    def silence(self, address):
        """From now on nothing that the host's side sends reaches a guest's address: what it asks stays without an answer."""
        self.configure(f"route add blackhole {address}")

    def speak(self, address):
        """Undo silence()."""
        self.configure(f"route del blackhole {address}")

    def reset(self, port=3260):
        """Break the connections to a port: both ends are told at once (RST)."""
        self.run("ss", "--tcp", "--kill", "--numeric", "state", "established", "sport", "=", f":{port}")

    def gateway(self, destination, answer):
        """Be a gateway that treats a destination in one way: "blackhole" drops, "unreachable" and "prohibit" say so."""
        self.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.configure(f"route add {answer} {destination}")

    def serve_dhcp(self, names=None, *options):
        """A DHCP server on segment 0 that gives out 10.99.0.100 and up, and resolves names ({name: address}) in .example. Returns its process."""
        words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-ping", "--no-hosts", "--no-resolv",
                 "--local=/example/", "--interface=br0", "--bind-interfaces", "--user=root", "--pid-file=", "--log-dhcp", "--log-facility=-",
                 f"--dhcp-leasefile={self.directory}/leases", "--dhcp-range=10.99.0.100,10.99.0.150,255.255.255.0,1h"]
        words += [f"--address=/{name}/{address}" for name, address in (names or {}).items()]
        server = self.spawn(*words, *options, log="dnsmasq.log")
        wait_for(lambda: "DHCP, IP range" in self.read_log("dnsmasq.log"), "dnsmasq")
        return server

    def start_capture(self):
        """Record what passes segment 0 in a pcap file, for reading it when a test failed."""
        self.capture = self.spawn("tcpdump", "-i", "br0", "-U", "-s", "512", "-Z", "root", "-w",
                                  f"{self.directory}/br0.pcap", log="tcpdump.log")

    def login_ports(self):
        """The guests' ports from which a target on segment 0 was sent a Login Request (RFC 7143 section 11.12), in order."""
        said = self.run("tcpdump", "-r", f"{self.directory}/br0.pcap", "-n", "-q", "-t", f"tcp dst port 3260 and ({LOGIN_REQUEST})")
        return list(dict.fromkeys(re.findall(r"^IP6? \S+\.([0-9]+) > ", said, re.MULTILINE)))

    def read_log(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def remove(self):
        if self.capture:
            self.capture.send_signal(signal.SIGINT)
            self.capture.wait(10)
        remove_namespace(self.name)


def segment_commands(number):
    bridge = f"br{number}"
    return (f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
            f"addr add {host_address(number)}/24 dev {bridge}",
            f"addr add {host_address6(number)}/64 dev {bridge} nodad",
            f"link set {bridge} up")


def wait_for(condition, what, seconds=20):
    """Wait until condition() is true; its absence is the error."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not ready after {seconds} s")
        time.sleep(0.02)


def processes(namespace):
    listing = subprocess.run(["ip", "netns", "pids", namespace], text=True, stdout=subprocess.PIPE, check=False)
    return [int(word) for word in listing.stdout.split()]


def remove_namespace(name):
    """Kill what runs in a namespace and remove it."""
    for pid in processes(name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not processes(name), f"end of the processes in {name}")
    subprocess.run(["ip", "netns", "delete", name], check=True)


def namespaces():
    """The namespaces of VM tests, of any run."""
    names = os.listdir(NAMESPACES) if os.path.isdir(NAMESPACES) else []
    return [name for name in names if name.startswith(place.RUN_PREFIX)]


def sweep(run=None):
    """Remove what is left of one run; without its number, of all runs whose pytest is gone."""
    def is_over(name):
        owner = name.split("-")[1]
        return owner == str(run) if run else not os.path.exists(f"/proc/{owner}")

    for name in filter(is_over, namespaces()):
        remove_namespace(name)
    for path in place.run_directories():
        if is_over(os.path.basename(path)):
            shutil.rmtree(path, ignore_errors=True)
