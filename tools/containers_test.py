"""``make containers-test``: builds the image, brings the services up, and keeps a screenshot through restarts.

Everything happens in a temporary storage of Podman and in a copy of the deployment's files; both are removed at
the end. ``--keep FOLDER`` keeps the storage for the next run, ``--skip-build`` then uses the image in it.
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.containers import CADDY, IMAGE, MONGO, CheckError, Workshop, run
from tools.containers_site import Person, Site, deployment, eventually, expect

SERVICES = ("app", "mongo")


def main() -> int:
    """Entry point; exit code 0 or 1."""
    parser = argparse.ArgumentParser(prog="make containers-test", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--keep", type=Path, help="folder for Podman's storage that stays")
    parser.add_argument("--skip-build", action="store_true", help="use the image of an earlier run with --keep")
    arguments = parser.parse_args()
    try:
        with _workshop(arguments.keep) as workshop:
            test(workshop, build=not arguments.skip_build)
    except CheckError as error:
        print(f"\ncontainers-test failed. {error}", file=sys.stderr)
        return 1
    say("all checks passed")
    return 0


@contextmanager
def _workshop(keep: Path | None) -> Iterator[Workshop]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        kept = Workshop(keep.resolve())
        kept.clear()
        yield kept
        return
    workshop = Workshop(Path(tempfile.mkdtemp(prefix="dasa-containers-", dir="/var/tmp")))
    try:
        yield workshop
    finally:
        workshop.close()


def test(workshop: Workshop, *, build: bool) -> None:
    """All checks, one after the other. Raises CheckError."""
    if build:
        base = workshop.base()
        say(f"building on {base}; this takes some minutes")
        say(f"built in {workshop.build(base):.0f} s")
    check_image(workshop)
    mongo = MONGO if workshop.has(MONGO) else workshop.stand_in("mongo")
    caddy = CADDY if workshop.has(CADDY) else workshop.stand_in("caddy")
    with deployment(workshop, mongo, caddy) as site:
        check_advice(site)
        check_start(site)
        person = site.sign_in(site.port())
        check_closed(site)
        check_restarts(site, person)
        check_replicas(site)
        check_tls(site)
        check_down(site)


def check_image(workshop: Workshop) -> None:
    """Small, without build tools, not root, with its licences and a health check."""
    size = int(workshop.podman("image", "inspect", "--format", "{{.Size}}", IMAGE).stdout)
    say(f"the image has {size / 1e6:.0f} MB, its base included")
    config = json.loads(workshop.podman("image", "inspect", "--format", "{{json .Config}}", IMAGE).stdout)
    expect(config["User"] == "10001:10001", "the image does not run as root")
    health = workshop.podman("image", "inspect", "--format", "{{json .HealthCheck}}", IMAGE).stdout
    expect("dasa.server.probe" in health, "the image has a health check")
    script = ("! command -v node && ! command -v npm && ! test -e /build && ! ls -A /run/secrets 2>&- | grep . "
              "&& test -s /usr/share/doc/dasa/NOTICE && test -s /usr/share/doc/dasa/LICENSE")  # fmt: skip
    bare = ("run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp")
    answer = workshop.podman(*bare, "--entrypoint", "sh", IMAGE, "-c", script, check=False)
    expect(answer.returncode == 0, f"the image holds licences and nothing of the build ({answer.stdout})")
    answer = workshop.podman(*bare, "-e", "DASA_DATA=/tmp/dasa", "-e", "DASA_HOST=127.0.0.1", IMAGE, "doctor",
                             check=False)  # fmt: skip
    expect(answer.returncode == 0 and "video files can be read" in answer.stdout,
           f"models, pages, stores and video work in the image ({answer.stdout}{answer.stderr})")  # fmt: skip


def check_advice(site: Site) -> None:
    """A bare compose up says how to begin, and starts nothing."""
    said = site.compose("up", "-d", check=False)
    expect("make up" in said, f"compose up without secrets names make up ({said[-500:]})")
    names = site.workshop.podman("ps", "-aq").stdout
    expect(not names.strip(), "compose up without secrets starts nothing")


def check_start(site: Site) -> None:
    """``make up`` brings both services up, and changes nothing when it runs again."""
    start = time.monotonic()
    site_up(site)
    say(f"make up took {time.monotonic() - start:.0f} s without the build")
    folder = site.folder / "secrets"
    expect(folder.stat().st_mode & 0o777 == 0o700, "the folder of the secrets lets nobody else in")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    site_up(site)
    expect(before == {path.name: path.read_bytes() for path in folder.iterdir()}, "make up keeps its secrets")
    listed = site.compose("run", "--rm", "--no-deps", "-T", "app", "users", "list")
    expect(listed.count(" since ") == 1, "there is one account after two starts")


def site_up(site: Site) -> None:
    """``make up`` with the image that is there."""
    run([sys.executable, "tools/up.py", "up", "--no-build"], cwd=site.folder, environment=site.environment)


def check_closed(site: Site) -> None:
    """Nobody gets in where nobody should."""
    app, mongo, podman = site.container("app"), site.container("mongo"), site.workshop.podman
    stranger = Person(f"http://127.0.0.1:{site.port()}")
    expect(stranger.ask("GET", "/api/v1/screenshots")[0] == 401, "screenshots ask for signing in")
    expect(not podman("port", mongo).stdout.strip(), "MongoDB is not published")
    attempt = "import pymongo; pymongo.MongoClient('mongodb://mongo/').dasa.accounts.find_one()"
    answer = podman("exec", app, "python", "-c", attempt, check=False)
    expect(answer.returncode != 0 and "authentication" in answer.stderr, "MongoDB asks for a password")
    for path in ("/opt/dasa/x", "/x", "/etc/x"):
        expect(podman("exec", app, "touch", path, check=False).returncode != 0, f"{path} cannot be written")
    status = podman("exec", app, "cat", "/proc/1/status").stdout
    expect("CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, "the app has no privileges")
    environment = podman("inspect", app).stdout
    secret = (site.folder / "secrets/mongo_password").read_text().strip()
    expect(secret not in environment, "the store's password is not in the container's description")
    expect(podman("healthcheck", "run", app, check=False).returncode == 0, "the health check passes")


def check_restarts(site: Site, person: Person) -> None:
    """A screenshot and a session outlive a restart of each service, and a killed database."""
    name, picture = person.save()
    say("a screenshot is saved")
    for service in SERVICES:
        start = time.monotonic()
        site.workshop.podman("restart", "-t", "40", site.container(service))
        again = person.at(f"http://127.0.0.1:{site.port()}")
        eventually(f"the server answers after {service} was restarted",
                   lambda at=again: at.ask("GET", "/api/v1/screenshots")[0] == 200)  # type: ignore[misc]
        expect(again.finds(name, picture), f"the screenshot is there after {service} was restarted")
        say(f"{service} was restarted ({time.monotonic() - start:.1f} s until the gallery answers)")


def check_replicas(site: Site) -> None:
    """Two replicas share sessions, screenshots and deletions."""
    site.compose("up", "-d", "--scale", "app=2", "app")
    first = site.sign_in(site.port(1))
    second = first.at(f"http://127.0.0.1:{site.port(2)}")
    expect(first.url != second.url, "there are two replicas")
    eventually("the second replica answers", lambda: second.ask("GET", "/healthz")[0] == 200)
    name, picture = first.save()
    expect(second.finds(name, picture), "the other replica shows the screenshot")
    expect(second.ask("DELETE", f"/api/v1/screenshots/{name}")[0] == 204, "the other replica deletes it")
    expect(first.ask("GET", f"/api/v1/screenshots/{name}")[0] in {404, 410}, "the first does not show it any more")
    expect(first.ask("DELETE", "/api/v1/session")[0] == 204, "signing out")
    second.cookies = first.cookies
    expect(second.ask("GET", "/api/v1/screenshots")[0] == 401, "signed out here is signed out there")
    say("two replicas share everything")


def check_tls(site: Site) -> None:
    """Caddy speaks TLS for the app, and the app believes its headers."""
    site.compose("--profile", "tls", "up", "-d", "caddy")
    port = site.published("caddy", 443)
    eventually("caddy answers", lambda: tls_answer(port, "GET", "/healthz").startswith("http/1.1 200"))
    body = json.dumps({"name": "admin", "password": site.password})
    answer = tls_answer(port, "POST", "/api/v1/session", body)
    expect(answer.startswith("http/1.1 200"), f"the admin signs in through Caddy ({answer[:300]})")
    expect("set-cookie: __host-dasa-session=" in answer, "cookies behind TLS belong to this host alone")
    expect("strict-transport-security" not in answer, "no HSTS with a certificate of one's own")
    say("Caddy speaks TLS for the replicas")


def tls_answer(port: int, method: str, path: str, body: str = "") -> str:
    """What the server says over TLS, in small letters; the certificate is Caddy's own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(f"{head}Content-Type: application/json\r\n\r\n{body}".encode())
            return b"".join(iter(lambda: secure.recv(65536), b"")).decode("latin-1").lower()
    except OSError as error:
        raise ConnectionError(str(error)) from error


def check_down(site: Site) -> None:
    """``make down`` ends everything and keeps the data."""
    run([sys.executable, "tools/up.py", "down"], cwd=site.folder, environment=site.environment)
    site_up(site)
    status, data, _ = site.sign_in(site.port()).ask("GET", "/api/v1/screenshots")
    expect(status == 200 and len(json.loads(data)["items"]) == 1, "the data is there after make down and make up")


def say(text: str) -> None:
    """One line of progress."""
    print(f"[containers-test] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
