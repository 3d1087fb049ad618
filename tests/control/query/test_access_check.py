"""Who may ask: peers, tokens, names that point at us, and web pages of others."""

import pytest

from vj.base.errors import BadInput
from vj.control.osc.allow import AllowList
from vj.control.query.access_check import AccessCheck

HERE, FRIEND, STRANGER = "127.0.0.1", "192.168.1.7", "192.168.2.7"
GUARD = AccessCheck(AllowList(["192.168.1.0/24"]), "sesame", frozenset({"localhost", "stage", "stage.local"}))
OURS = {"host": "127.0.0.1:7002"}


@pytest.mark.parametrize(
    ("peer", "headers", "token", "allowed"),
    [
        (HERE, OURS, None, True),
        (FRIEND, {"host": "192.168.1.2:7002"}, None, True),
        (FRIEND, {"host": "stage.local:7002"}, None, True),
        (HERE, {"host": "[::1]:7002"}, None, True),
        (STRANGER, OURS, None, False),
        (STRANGER, OURS, "sesame", True),
        (STRANGER, OURS, "Sesame", False),
        (STRANGER, OURS, "", False),
        (STRANGER, OURS, "sésame", False),
        (STRANGER, {**OURS, "authorization": "Bearer sesame"}, None, True),
        (STRANGER, {**OURS, "authorization": "Basic sesame"}, None, False),
        (HERE, {"host": "evil.example:7002"}, None, False),
        (HERE, {"host": ""}, None, False),
        (HERE, {"host": "[::1"}, None, False),
        (HERE, {**OURS, "origin": "http://127.0.0.1:7002"}, None, True),
        (HERE, {**OURS, "origin": "http://localhost:5173"}, None, True),
        (HERE, {**OURS, "origin": "https://evil.example"}, None, False),
        (HERE, {**OURS, "origin": "null"}, None, False),
        (HERE, {**OURS, "origin": "file://"}, None, False),
        (HERE, {"host": "evil.example", "origin": "http://evil.example"}, None, False),
        (FRIEND, {**OURS, "origin": "http://localhost:5173"}, None, False),
        (FRIEND, {**OURS, "origin": "http://localhost:5173"}, "sesame", True),
    ],
)
def test_who_is_answered(peer, headers, token, allowed):
    if allowed:
        assert GUARD.check(peer, headers, token) == headers.get("origin")
    else:
        with pytest.raises(BadInput):
            GUARD.check(peer, headers, token)


def test_without_a_token_none_opens():
    for token in ("", "None", "sesame"):
        with pytest.raises(BadInput, match="not among"):
            AccessCheck(AllowList()).check(STRANGER, OURS, token)
