"""A deployment of its own for ``make containers-test``, and a person who uses it."""

from __future__ import annotations

import http.client
import http.cookiejar
import io
import json
import secrets
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

from PIL import Image

from tools.containers import IMAGE, ROOT, CheckError, Workshop, run

DEPLOYMENT = ("compose.yaml", "deploy", "tools/up.py")
START_S = 120.0
METADATA = {
    "time": "2026-01-02T03:04:05.678Z", "bundle": "dasa-default@1.0.0", "mode": "device",
    "faces": [{"primary": {"id": "happiness", "confidence": 0.93}}],
}  # fmt: skip


@dataclass
class Person:
    """A browser that is signed in, or not yet."""

    url: str
    cookies: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, Message]:
        """Status, body and headers of an answer; ConnectionError where there is none."""
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            raise ConnectionError(str(error)) from error

    def at(self, url: str) -> Person:
        """The same person at another replica."""
        return Person(url, self.cookies)

    def save(self) -> tuple[str, bytes]:
        """Saves a fresh picture; its id, and the picture as it is served."""
        stream = io.BytesIO()
        Image.frombytes("RGB", (64, 48), secrets.token_bytes(64 * 48 * 3)).save(stream, "PNG")
        mark = secrets.token_hex(16)
        body = b"".join((
            f'--{mark}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'.encode(),
            json.dumps(METADATA).encode(),
            f'\r\n--{mark}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'.encode(),
            b"Content-Type: image/png\r\n\r\n", stream.getvalue(), f"\r\n--{mark}--\r\n".encode(),
        ))  # fmt: skip
        status, answer, _ = self.ask("POST", "/api/v1/screenshots", body, {
            "Content-Type": f"multipart/form-data; boundary={mark}", "Idempotency-Key": mark})  # fmt: skip
        expect(status == 201, f"a screenshot is saved (status {status}, {answer[:300]!r})")
        name = str(json.loads(answer)["id"])
        return name, self.picture(name)

    def picture(self, name: str) -> bytes:
        """The picture of a screenshot."""
        status, data, _ = self.ask("GET", f"/api/v1/screenshots/{name}/image")
        expect(status == 200, f"the picture of a screenshot is served (status {status})")
        return data

    def finds(self, name: str, picture: bytes) -> bool:
        """Whether a screenshot is in the gallery's list and its picture the same."""
        status, data, _ = self.ask("GET", "/api/v1/screenshots?limit=100")
        expect(status == 200, f"the gallery's list is served (status {status})")
        return name in {item["id"] for item in json.loads(data)["items"]} and self.picture(name) == picture


@dataclass
class Site:
    """The deployment's files in a folder, and its compose project."""

    workshop: Workshop
    folder: Path
    environment: dict[str, str]
    password: str

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Runs podman-compose; what it said."""
        answer = run(["podman-compose", *arguments], check=check, cwd=self.folder,
                     environment=self.environment)  # fmt: skip
        return answer.stdout + answer.stderr

    def port(self, index: int = 1) -> int:
        """The published port of a replica of the app."""
        return self.published("app", 8080, index)

    def published(self, service: str, port: int, index: int = 1) -> int:
        """The port of this machine that leads to a port of a container."""
        answer = self.workshop.podman("port", self.container(service, index), str(port)).stdout
        return int(answer.strip().rpartition(":")[2])

    def container(self, service: str, index: int = 1) -> str:
        """The name of a container."""
        project = self.environment["COMPOSE_PROJECT_NAME"]
        filters = ["--filter", f"label=io.podman.compose.project={project}",
                   "--filter", f"label=com.docker.compose.service={service}"]  # fmt: skip
        names = self.workshop.podman("ps", "-a", *filters, "--format", "{{.Names}}").stdout.split()
        return sorted(names)[index - 1]

    def sign_in(self, port: int) -> Person:
        """The admin, signed in."""
        person = Person(f"http://127.0.0.1:{port}")
        eventually("the server answers", lambda: person.ask("GET", "/healthz")[0] == 200)
        body = json.dumps({"name": "admin", "password": self.password}).encode()
        status, answer, _ = person.ask("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        expect(status == 200, f"the admin signs in (status {status}, {answer[:300]!r})")
        return person


@contextmanager
def deployment(workshop: Workshop, mongo: str, caddy: str) -> Iterator[Site]:
    """A copy of the deployment's files with a project of its own; its containers go at the end."""
    with tempfile.TemporaryDirectory(prefix="dasa-deployment-") as name:
        folder, password = Path(name), secrets.token_urlsafe(16)
        for part in DEPLOYMENT:
            source, target = ROOT / part, folder / part
            target.parent.mkdir(exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        (folder / "password").write_text(password + "\n")
        inherited = {k: v for k, v in workshop.environment.items() if not k.startswith(("DASA_", "COMPOSE_"))}
        site = Site(workshop, folder, {
            **inherited,
            "COMPOSE_PROJECT_NAME": f"dasa-test-{secrets.token_hex(4)}",
            "DASA_ADMIN_PASSWORD_FILE": str(folder / "password"),
            "DASA_CADDY_IMAGE": caddy, "DASA_IMAGE": IMAGE, "DASA_MONGO_IMAGE": mongo,
            "DASA_PUBLISH": "127.0.0.1::8080", "DASA_PUBLISH_HTTP": "127.0.0.1::80",
            "DASA_PUBLISH_HTTPS": "127.0.0.1::443", "DASA_WORKERS": "1",
        }, password)  # fmt: skip
        try:
            yield site
        finally:
            # Not by compose: podman-compose forgets replicas and profiles that it is not told of.
            workshop.clear()


def eventually(what: str, condition: Callable[[], bool]) -> None:
    """Waits until a condition holds. Raises CheckError after START_S."""
    deadline, last = time.monotonic() + START_S, ""
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except ConnectionError as error:
            last = f" ({error})"
        time.sleep(0.25)
    raise CheckError(f"Not true within {START_S:.0f} s: {what}{last}.")


def expect(condition: bool, what: str) -> None:
    """CheckError unless a promise holds."""
    if not condition:
        raise CheckError(f"Not true: {what}.")
