"""A real server process with accounts: slow uploads, kill -9 in the middle of saving, replicas on one store."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from dasa.storage import open_store
from dasa.storage.accounts import Accounts
from tests.server.store.conftest import METADATA, PASSWORDS, Opener, encoded
from tests.server.store.test_attacks import raw
from tests.support.mongod import Mongod
from tests.support.server import ServerProcess, running_server

GOOD = json.dumps(METADATA).encode()
WAIT_S = 60.0  # for another process, on machines with other work


def ask(
    server: ServerProcess, method: str, path: str, body: bytes | None = None, /, **headers: str
) -> tuple[int, Any]:
    """Status and JSON of a call."""
    address = path if path.startswith("/") else f"/api/v1/{path}"
    with contextlib.closing(server.connection()) as connection:
        connection.request(method, address, body, {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if "json" in response.headers.get("Content-Type", "") else data


def save_fully(server: ServerProcess, key: str, **headers: str) -> tuple[int, Any]:
    """The answer to saving a small picture."""
    body, kind = raw([("image", encoded()), ("metadata", GOOD)])
    return ask(server, "POST", "screenshots", body, Content_Type=kind, Idempotency_Key=key, **headers)


def save(server: ServerProcess, key: str, **headers: str) -> int:
    """The status of saving a small picture."""
    return save_fully(server, key, **headers)[0]


def eventually(holds: Callable[[], bool], seconds: float = 2 * WAIT_S) -> None:
    """Waits for what another process does."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)  # there is no clock to pass in


def test_a_slow_upload_is_given_up_and_leaves_nothing(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_BUNDLE": str(emo135), "DASA_BODY_DEADLINE": "2", "DASA_WORKERS": "1"}
    with running_server(tmp_path, environment) as server:
        body, kind = raw([("image", encoded()), ("metadata", GOOD)])
        head = (f"POST /api/v1/screenshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
            connection.sendall(head + body[:-20])
            assert connection.recv(1000).startswith(b"HTTP/1.1 408")
        assert ask(server, "GET", "screenshots")[1]["items"] == []
        assert save(server, "k") == 201


def test_killed_workers_lose_nothing_that_was_answered(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "2"}
    answered: set[str] = set()
    with running_server(tmp_path, environment) as server:
        stop = threading.Event()

        def keep_saving(worker: int) -> None:
            n = 0
            while not stop.is_set():
                key = f"{worker}-{n}"
                try:
                    status = save(server, key)
                except (OSError, http.client.HTTPException):
                    continue  # the worker died: the same again, with the same key
                if status == 201:
                    answered.add(key)
                    n += 1

        with ThreadPoolExecutor(4) as pool:
            savers = [pool.submit(keep_saving, worker) for worker in range(4)]
            try:
                for count in (5, 15, 25):
                    eventually(lambda count=count: len(answered) >= count)  # type: ignore[misc]
                    for child in psutil.Process(server.process.pid).children():
                        os.kill(child.pid, signal.SIGKILL)
            finally:
                stop.set()
            for saver in savers:
                saver.result(2 * WAIT_S)
        page = ask(server, "GET", "screenshots?limit=200")[1]
        assert len(page["items"]) >= len(answered)
        for item in page["items"]:
            assert ask(server, "GET", f"screenshots/{item['id']}/image")[0] == 200
            assert ask(server, "GET", f"screenshots/{item['id']}/thumbnail")[0] == 200
        for key in sorted(answered):
            assert save(server, key) == 201  # answered as the first time
        assert len(ask(server, "GET", "screenshots?limit=200")[1]["items"]) == len(page["items"])
    # What was being saved while its worker died, and was not tried again, is at most one a saver.
    assert len(answered) <= len(page["items"]) <= len(answered) + 4


def test_accounts_are_demanded_before_others_are_let_in(emo135: Path, tmp_path: Path) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("DASA_")}
    environment = {**inherited, "DASA_BUNDLE": str(emo135), "DASA_DATA": str(tmp_path)}
    refused = subprocess.run([sys.executable, "-m", "dasa", "serve", "--host", "0.0.0.0", "--port", "0"],
                             env=environment, capture_output=True, text=True, check=False, timeout=2 * WAIT_S)
    assert refused.returncode == 1
    assert "dasa users add" in refused.stderr


def test_replicas_share_one_store(mongodb_url: str, emo135: Path, tmp_path: Path) -> None:
    store = open_store(mongodb_url)
    accounts = Accounts(store.accounts)
    accounts.add("anna", PASSWORDS["anna"])
    token = {"Authorization": f"Bearer {accounts.make_token('anna', 'test')[1]}"}
    store.close()
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1", "DASA_HOST": "0.0.0.0",
                   "DASA_STORE": mongodb_url}
    with (
        running_server(tmp_path / "a", environment) as first,
        running_server(tmp_path / "b", environment) as second,
    ):
        login = json.dumps({"name": "anna", "password": PASSWORDS["anna"]}).encode()
        with contextlib.closing(first.connection()) as connection:
            connection.request("POST", "/api/v1/session", login, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert response.status == 200
            response.read()
        cookie = "; ".join(text.partition(";")[0] for text in response.headers.get_all("Set-Cookie") or [])
        assert save(first, "k", **token) == 201
        assert save(second, "k", **token) == 201  # the same screenshot
        for server in (first, second):
            assert ask(server, "GET", "session", Cookie=cookie)[1]["owner"] == "anna"
            assert len(ask(server, "GET", "screenshots", Cookie=cookie)[1]["items"]) == 1
        status, _ = ask(second, "DELETE", "session", Cookie=cookie)
        assert status == 204
        assert ask(first, "GET", "screenshots", Cookie=cookie)[0] == 401


def test_mongodb_is_down_at_start_comes_and_is_killed(own_mongod: Mongod, emo135: Path, tmp_path: Path) -> None:
    url = f"{own_mongod.url}/dasa?serverSelectionTimeoutMS=300"
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1", "DASA_STORE": url}
    with running_server(tmp_path, environment) as server:

        def check_away() -> None:
            """The gallery says what is wrong, uploads are told to wait, pictures are still analysed."""
            for status, answer in (ask(server, "GET", "screenshots"), save_fully(server, "k")):
                assert (status, answer["type"]) == (503, "/problems/store-unavailable")
            assert ask(server, "GET", "session")[1]["store"] is False
            assert ask(server, "GET", "/readyz")[0] == 503
            assert ask(server, "POST", "frames", encoded(), Content_Type="image/png")[0] == 200

        check_away()
        own_mongod.start()
        eventually(lambda: ask(server, "GET", "/readyz")[0] == 200)
        assert save(server, "k") == 201
        own_mongod.kill()
        check_away()
        own_mongod.start()
        eventually(lambda: save(server, "k") == 201)  # the upload that waited is the one that was kept
        assert len(ask(server, "GET", "screenshots")[1]["items"]) == 1
        figures = ask(server, "GET", "/metrics")[1].decode()
        assert "dasa_screenshots_total 1.0" in figures
        failures = re.search(r"^dasa_store_failures_total (\S+)", figures, re.MULTILINE)
        assert failures is not None
        assert float(failures[1]) >= 4


def test_a_stopping_server_keeps_what_is_being_uploaded(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1"}
    body, kind = raw([("image", encoded()), ("metadata", GOOD)])
    with running_server(tmp_path, environment) as server, contextlib.closing(server.connection()) as connection:
        connection.putrequest("POST", "/api/v1/screenshots")
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100")  # the worker is at it
        server.process.send_signal(signal.SIGTERM)
        connection.send(body)
        assert connection.getresponse().status == 201
        assert server.stop() == 0
    with running_server(tmp_path, environment) as server:
        assert len(ask(server, "GET", "screenshots")[1]["items"]) == 1


def test_the_log_of_people_and_pictures_names_none_of_them(emo135: Path, tmp_path: Path) -> None:
    """And a running server erases what was deleted: nothing of the picture is left on the disk."""
    (tmp_path / "data").mkdir()
    store = open_store(f"sqlite:///{tmp_path}/data/dasa.db")
    accounts = Accounts(store.accounts)
    accounts.add("annabella", PASSWORDS["anna"])
    token = accounts.make_token("annabella", "a laptop")[1]
    store.close()
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1", "DASA_LOG_FORMAT": "json",
                   "DASA_LOG_LEVEL": "debug", "DASA_UNDO_SECONDS": "0", "DASA_TRUSTED_PROXIES": "192.0.2.0/24"}
    with running_server(tmp_path, environment) as server:
        bearer = {"Authorization": f"Bearer {token}"}
        for password, status in (("not the password", 401), (PASSWORDS["anna"], 200)):
            login = json.dumps({"name": "annabella", "password": password}).encode()
            assert ask(server, "POST", "session", login, Content_Type="application/json")[0] == status
        assert save(server, "a-key", X_Request_Id="request-of-mine", **bearer) == 201
        listed = ask(server, "GET", "screenshots?emotion=happiness&limit=5", None, **bearer)[1]
        id_ = listed["items"][0]["id"]
        assert ask(server, "GET", f"screenshots/{id_}/image", None, **bearer)[0] == 200
        assert ask(server, "GET", "screenshots", Authorization="Bearer dasa_forged")[0] == 401
        assert ask(server, "GET", "no/such/secret-place", None, **bearer)[0] == 404
        assert ask(server, "POST", "screenshots/delete", b"{", Content_Type="application/json", **bearer)[0] == 400
        assert ask(server, "DELETE", f"screenshots/{id_}", None, **bearer)[0] == 204
        pictures = tmp_path / "data" / "dasa.db.pictures"
        eventually(lambda: not any(path.is_file() for path in pictures.rglob("*")))
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["logger"] == "dasa.requests" and "/api/" in line["route"]]
    assert len({line["request_id"] for line in answered}) == len(answered) >= 8
    assert "request-of-mine" not in text  # only a trusted proxy may choose
    for private in ("annabella", "not the password", PASSWORDS["anna"], token, "forged", id_, "happiness",
                    "delight", "a-key", "a laptop", "secret-place"):
        assert private not in text, private
    assert text.count("127.0.0.1") == 1  # the address to open


def test_counts_of_requests_are_shared_by_replicas_on_mongodb_alone(
    open_desk: Opener, mongodb_url: str
) -> None:
    for url, refused in ((mongodb_url, 2), ("", 0)):
        desks = [open_desk(url, host="0.0.0.0") for _ in range(2)]
        people = desks[0].app.extensions["dasa"].accounts
        people.add("anna", PASSWORDS["anna"])
        token = {"Authorization": f"Bearer {people.make_token('anna', 'x')[1]}"}
        answers = [
            desk.call("GET", "screenshots/archive", "", headers=token).status_code
            for desk in (desks[0], desks[1]) for _ in range(6)
        ]
        assert answers[:6] == [200] * 6
        assert answers[6:] == [200] * (6 - refused) + [429] * refused  # ten a minute
