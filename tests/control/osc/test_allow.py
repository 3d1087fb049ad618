"""Who may send."""

import pytest

from vj.base.errors import BadInput
from vj.control.osc.allow import AllowList, guarded, is_loopback

LISTED = AllowList(["192.168.1.0/24", "10.0.0.7", "fd00::/8"])


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        *(("192.168.1.9", True), ("192.168.2.9", False), ("10.0.0.7", True), ("10.0.0.8", False)),
        *(("127.0.0.1", True), ("::1", True), ("127.9.9.9", True), ("fd00::12%eth0", True), ("fe80::1%eth0", False)),
        *(("::ffff:192.168.1.9", True), ("::ffff:8.8.8.8", False)),
    ],
)
def test_only_this_machine_and_the_listed_may(host, allowed):
    assert LISTED.allows(host) is allowed
    assert LISTED.allows(host) is allowed  # as it is remembered


def test_what_is_remembered_is_bounded():
    for number in range(5000):
        LISTED.allows(f"10.1.{number // 250}.{number % 250}")
    assert len(LISTED._known) <= 1024


@pytest.mark.parametrize("network", ["192.168.1.0/40", "venue", "", "1.2.3"])
def test_what_is_no_network_is_refused(network):
    with pytest.raises(BadInput, match="no network"):
        AllowList([network])


def test_an_open_port_needs_a_list():
    with pytest.raises(BadInput, match=r"--host 0\.0\.0\.0.*--allow"):
        guarded("0.0.0.0", [])
    assert guarded("0.0.0.0", ["10.0.0.0/8"]).allows("10.1.1.1")
    assert not guarded("127.0.0.1", []).allows("10.1.1.1")


def test_loopback_is_known_by_address_and_name():
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.1", "stage.local", "")] == [False] * 5
