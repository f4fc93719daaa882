"""Pairing codes and tokens: single use, short-lived, rate limited, revocable."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from bridge_server.http import auth
from bridge_server.jobs.journal import JournalThread
from tests.support.daemon import Daemon
from tests.support.requests import frame


def pair(daemon: Daemon, code: str, name: str = "Photoshop") -> dict[str, Any]:
    return daemon.call("POST", "/v1/pair", {"code": code, "client": name}, token="none")


def pair_again(daemon: Daemon, client_id: str, name: str = "Photoshop") -> dict[str, Any]:
    code = daemon.call("POST", "/v1/pairing-codes")["code"]
    return daemon.call("POST", "/v1/pair", {"code": code, "client": name, "client_id": client_id}, token="none")


def refused(daemon: Daemon, code: str) -> str:
    with pytest.raises(HTTPError) as caught:
        pair(daemon, code)
    return json.loads(caught.value.read())["code"]


def test_a_code_gives_one_token_once(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    code = daemon.call("POST", "/v1/pairing-codes")["code"]
    token = pair(daemon, code.lower().replace("-", " "))["token"]
    assert daemon.call("GET", "/v1/jobs", token=token)["jobs"] == []
    assert refused(daemon, code) == "pairing_refused"


def test_a_newer_code_voids_the_older(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    old = daemon.call("POST", "/v1/pairing-codes")["code"]
    new = daemon.call("POST", "/v1/pairing-codes")["code"]
    assert refused(daemon, old) == "pairing_refused"
    assert pair(daemon, new)["token"]


def test_a_program_that_guesses_does_not_keep_the_owner_out(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    code = daemon.call("POST", "/v1/pairing-codes")["code"]
    assert [refused(daemon, "AAAA-AAAA") for _ in range(40)] == ["pairing_refused"] * 5 + ["pairing_rate_limited"] * 35
    assert pair(daemon, code)["token"]
    assert refused(daemon, code) == "pairing_rate_limited"
    assert pair(daemon, daemon.call("POST", "/v1/pairing-codes")["code"])["token"]


def test_a_code_is_void_after_so_many_guesses_that_one_might_hit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert auth.TRIES_PER_CODE / len(auth.CODE_LETTERS) ** auth.CODE_LENGTH < 1.2e-6
    monkeypatch.setattr(auth, "TRIES_PER_CODE", 10)
    journal = JournalThread(tmp_path / "journal.sqlite3")
    gate = auth.Auth(journal, "secret")
    first, second = (auth.normalize_code(gate.make_code().code) for _ in range(2))
    assert not any(gate._use_code(first) for _ in range(9))
    assert gate._use_code(second)
    third = auth.normalize_code(gate.make_code().code)
    assert not any(gate._use_code(guess) for guess in ("", "Ä", "x" * 99, *["AAAAAAAA"] * 7))
    assert not gate._use_code(third)
    assert gate._use_code(auth.normalize_code(gate.make_code().code))
    journal.close()


def test_a_revoked_token_is_void_at_once_and_the_owner_stays(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    paired = pair(daemon, daemon.call("POST", "/v1/pairing-codes")["code"])
    daemon.call("DELETE", f"/v1/clients/{paired['client_id']}")
    with pytest.raises(HTTPError) as caught:
        daemon.call("GET", "/v1/jobs", token=paired["token"])
    assert caught.value.code == 401
    assert daemon.call("GET", "/v1/clients")["clients"] == []


def test_tokens_survive_a_restart_and_are_stored_as_hashes(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    token = pair(daemon, daemon.secret, "GIMP")["token"]
    daemon.stop()
    assert token.encode() not in b"".join(file.read_bytes() for file in daemon.home.glob("journal*"))
    daemon.start()
    assert daemon.call("GET", "/v1/jobs", token=token)["jobs"] == []


def test_the_owners_secret_gives_a_lost_client_its_history_back(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    first, second = pair(daemon, daemon.secret, "GIMP"), pair(daemon, daemon.secret, "GIMP")
    assert first["client_id"] == second["client_id"]
    assert first["token"] != second["token"]
    job = daemon.submit(frame(), token=first["token"])["id"]
    assert daemon.call("GET", f"/v1/jobs/{job}", token=second["token"])["job"]["id"] == job


def test_a_client_cannot_do_what_the_owner_can(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    token = pair(daemon, daemon.secret, "GIMP")["token"]
    for method, path in [("GET", "/v1/status"), ("GET", "/v1/clients"), ("POST", "/v1/shutdown")]:
        with pytest.raises(HTTPError) as caught:
            daemon.call(method, path, token=token)
        assert caught.value.code == 401


def test_a_code_expires(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    now = [0.0]
    monkeypatch.setattr(auth.time, "monotonic", lambda: now[0])
    journal = JournalThread(tmp_path / "journal.sqlite3")
    gate = auth.Auth(journal, "secret")
    code = auth.normalize_code(gate.make_code().code)
    now[0] = auth.CODE_SECONDS + 1
    assert not gate._use_code(code)
    journal.close()


def test_a_plug_in_that_lost_its_token_keeps_its_history_by_its_id(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon()
    first = pair(daemon, daemon.call("POST", "/v1/pairing-codes")["code"])
    job = daemon.submit(frame(), token=first["token"])["id"]
    again = pair_again(daemon, first["client_id"])
    assert again["client_id"] == first["client_id"]
    assert [entry["id"] for entry in daemon.call("GET", "/v1/jobs", token=again["token"])["jobs"]] == [job]
    for stranger in (pair_again(daemon, "0123456789abcdef"), pair_again(daemon, first["client_id"], name="GIMP")):
        assert stranger["client_id"] != first["client_id"]
        assert daemon.call("GET", "/v1/jobs", token=stranger["token"])["jobs"] == []
    daemon.call("DELETE", f"/v1/clients/{first['client_id']}")
    assert pair_again(daemon, first["client_id"])["client_id"] != first["client_id"]
