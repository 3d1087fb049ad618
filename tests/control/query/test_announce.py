"""What the network is told: sniffed in a network of its own, so that nothing of it leaves the machine."""

import shutil
import subprocess
import sys

import pytest

ALONE = ["unshare", "--net", "--map-root-user"]
SNIFF = """
import socket, struct
from vj.control.query.announce import Announcement
ours = "10.9.9.1"
sniffer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
sniffer.bind(("224.0.0.251", 5353))
group = socket.inet_aton("224.0.0.251") + socket.inet_aton(ours)
sniffer.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
sniffer.settimeout(10)
announcement = Announcement("the show", "0.0.0.0", 7002, 7010)
wanted = {b"_oscjson" + bytes([4]) + b"_tcp", b"_osc" + bytes([4]) + b"_udp", struct.pack(">H", 7002),
           struct.pack(">H", 7010), b"the show", socket.inet_aton(ours)}
while wanted:
    packet = sniffer.recv(9000)
    if packet[2] & 0x80:  # an answer: announcements are answers that nobody asked for
        wanted = {part for part in wanted if part not in packet}
announcement.close()
announcement.close()
print(announcement.state)
"""
NETWORK = "ip link set lo up multicast on && ip addr add 10.9.9.1/24 dev lo && ip route add 224.0.0.0/4 dev lo"


def _can_be_alone():
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*ALONE, "sh", "-c", NETWORK], capture_output=True).returncode == 0


needs_a_network_of_its_own = pytest.mark.skipif(not _can_be_alone(), reason="no network namespace can be had here")


@needs_a_network_of_its_own
def test_the_show_is_announced_with_its_ports():
    done = subprocess.run(
        [*ALONE, "sh", "-c", f"{NETWORK} && exec \"$0\" -c \"$1\"", sys.executable, SNIFF],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["announced as the show"], done.stderr


@needs_a_network_of_its_own
def test_a_network_without_multicast_is_no_reason_not_to_play():
    code = (
        "from vj.control.query.announce import Announcement\nhere = Announcement('x', '10.8.8.8', 1, 2)\nhere.close()\n"
    )
    code += "print(here.state)"
    done = subprocess.run([*ALONE, sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout.startswith("not announced: "), done.stderr
