"""A real server process with accounts: slow uploads, kill -9 in the middle of saving, replicas on one store."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from dasa.storage import open_store
from dasa.storage.accounts import Accounts
from tests.server.store.conftest import METADATA, PASSWORDS, encoded
from tests.server.store.test_attacks import raw
from tests.support.server import ServerProcess, running_server

GOOD = json.dumps(METADATA).encode()


def ask(
    server: ServerProcess, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any]:
    """Status and JSON of a call."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, f"/api/v1/{path}", body, {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if "json" in response.headers.get("Content-Type", "") else data
    finally:
        connection.close()


def save(server: ServerProcess, key: str, **headers: str) -> int:
    """The status of saving a small picture."""
    body, kind = raw([("image", encoded()), ("metadata", GOOD)])
    return ask(server, "POST", "screenshots", body, Content_Type=kind, Idempotency_Key=key, **headers)[0]


def test_a_slow_upload_is_given_up_and_leaves_nothing(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_BUNDLE": str(emo135), "DASA_BODY_DEADLINE": "1", "DASA_WORKERS": "1"}
    with running_server(tmp_path, environment) as server:
        body, kind = raw([("image", encoded()), ("metadata", GOOD)])
        head = (f"POST /api/v1/screenshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
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
            for count in (5, 15, 25):
                while len(answered) < count:
                    time.sleep(0.01)  # other processes work: there is no clock to pass in
                for child in psutil.Process(server.process.pid).children():
                    os.kill(child.pid, signal.SIGKILL)
            stop.set()
            for saver in savers:
                saver.result(30)
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
                             env=environment, capture_output=True, text=True, check=False, timeout=60)
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
        connection = http.client.HTTPConnection("127.0.0.1", first.port, timeout=20)
        connection.request("POST", "/api/v1/session", login, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        cookie = "; ".join(text.partition(";")[0] for text in response.headers.get_all("Set-Cookie") or [])
        connection.close()
        assert save(first, "k", **token) == 201
        assert save(second, "k", **token) == 201  # the same screenshot
        for server in (first, second):
            assert ask(server, "GET", "session", Cookie=cookie)[1]["owner"] == "anna"
            assert len(ask(server, "GET", "screenshots", Cookie=cookie)[1]["items"]) == 1
        status, _ = ask(second, "DELETE", "session", Cookie=cookie)
        assert status == 204
        assert ask(first, "GET", "screenshots", Cookie=cookie)[0] == 401
