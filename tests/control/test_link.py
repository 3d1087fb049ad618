"""Ableton Link: two peers agree, in a network of their own that nothing leaves."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from vj.base.clock import FakeClock
from vj.control.link import LinkPeer
from vj.params.control_queue import ControlQueue

PEERS = """
import time, link
from vj.base.clock import LiveClock
from vj.control.link import LinkPeer
from vj.params.control_queue import ControlQueue
other = link.Link(137.0)
other.enabled = True
values = {"/clock/source": "link", "/clock/bpm": 120.0}
queue, clock = ControlQueue(), LiveClock()
peer = LinkPeer(queue, lambda: values, clock)
deadline = time.monotonic() + 100
def until(done):
    while not done():
        assert time.monotonic() < deadline, "they never agreed"
        time.sleep(0.02)
        peer.step()
        batch = queue.drain()
        if batch:
            beats.append(batch.beats["link"])
            values["/clock/bpm"] = beats[-1].bpm  # as the clock tells what it follows
beats = []
def agree():  # to a thousandth: Link counts a beat in whole microseconds
    return other.numPeers() == 1 and abs(other.captureAppSessionState().tempo() - beats[-1].bpm) < 1e-3
until(agree)
agreed = beats[-1]
theirs = other.captureAppSessionState().beatAtTime(other.clock().micros(), 4.0)
ours = agreed.beat + (time.monotonic() - agreed.at) * agreed.bpm / 60.0
off = (ours - theirs + 2.0) % 4.0 - 2.0
assert abs(off) < 0.05, off
def told():
    values["/clock/bpm"] = 99.0  # a hand that insists: in the moment of another's change, the other one wins
    peer.step()
    return abs(other.captureAppSessionState().tempo() - 99.0) < 1e-3
until(told)
values["/clock/source"] = "internal"
peer.step()
assert peer.notice == ""
peer.close()
print("agreed")
"""


def may_unshare() -> bool:
    return bool(shutil.which("unshare")) and subprocess.run(["unshare", "-n", "true"], check=False).returncode == 0


def test_two_peers_agree_and_the_hand_is_heard():
    pytest.importorskip("link", reason="pip install LinkPython-extern")
    if not may_unshare():
        pytest.skip("this user may not have a network of its own")
    script = f'ip link set lo up; ip route add 224.0.0.0/4 dev lo; exec "{sys.executable}" -c "$PEERS"'
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script],
        env={**os.environ, "PEERS": PEERS, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == "agreed\n", done.stderr


def test_without_the_package_the_show_goes_on_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "link", None)
    values = {"/clock/source": "link", "/clock/bpm": 120.0}
    queue = ControlQueue()
    peer = LinkPeer(queue, lambda: values, FakeClock())
    peer.step()
    assert "pip install LinkPython-extern" in peer.notice
    assert queue.drain() is None
    values["/clock/source"] = "internal"
    peer.step()
    assert peer.notice == ""


def test_nothing_is_joined_unless_it_is_asked_for(monkeypatch):
    opened = []
    monkeypatch.setitem(sys.modules, "link", SimpleNamespace(Link=opened.append))
    peer = LinkPeer(ControlQueue(), lambda: {"/clock/source": "midi", "/clock/bpm": 120.0}, FakeClock())
    peer.step()
    peer.close()
    assert opened == []
