"""``make up`` and ``make down``: DASA with MongoDB in containers.

``up`` makes what is missing (secrets, image, the first account) and starts both services; a second run changes
nothing. ``down`` stops them and keeps the data. Needs nothing but the standard library, and Docker with its
compose plugin or Podman with podman-compose.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADVICE = (
    "Install Docker with its compose plugin (https://docs.docker.com/engine/install/), "
    "or Podman and podman-compose."
)
PASSWORD_VARIABLE, NAME_VARIABLE = "DASA_ADMIN_PASSWORD_FILE", "DASA_ADMIN_NAME"
LEAST_PASSWORD = 10
STORE_START_S, APP_START_S, RETRY_S = 180.0, 180.0, 2.0
NO_ACCOUNT = "There is no account."


class UpError(Exception):
    """It cannot go on; the message says what to do."""


def main() -> int:
    """Entry point; exit code 0 or 1."""
    parser = argparse.ArgumentParser(prog="tools/up.py", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("goal", choices=["up", "down"])
    parser.add_argument("--site", default="", help="name to serve with TLS, through Caddy; remembered in .env")
    parser.add_argument("--no-build", action="store_true", help="use the image that is there")
    arguments = parser.parse_args()
    try:
        if arguments.goal == "up":
            up(arguments.site, build=not arguments.no_build)
        else:
            compose(find_compose(), "down")
    except UpError as error:
        print(f"\nmake {arguments.goal} stopped. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nmake {arguments.goal} was stopped; run it again to go on.", file=sys.stderr)
        return 1
    return 0


def up(site: str, *, build: bool) -> None:
    """Make what is missing, and start all services. Raises UpError."""
    tool = find_compose()
    folder = ROOT / "secrets"
    password = read_password(os.environ) if not (folder / "store_url").exists() else None
    write_secrets(folder)
    remember(ROOT / ".env", {"DASA_SECRETS": "./secrets"})
    if site:
        remember(ROOT / ".env", {"COMPOSE_PROFILES": "tls", "DASA_SITE": check_site(site)}, replace=True)
    if build:
        say("building the image; the first time takes some minutes")
        compose(tool, "build", "app")
    say("starting MongoDB")
    compose(tool, "up", "-d", "mongo")
    if not has_accounts(tool):
        add_admin(tool, password if password is not None else read_password(os.environ))
    say("starting DASA")
    compose(tool, "up", "-d")
    wait_until_healthy(tool)
    say(f"DASA is ready: open {address(tool)} (make down stops it and keeps the data)")


def find_compose() -> list[str]:
    """Docker's compose where Docker runs, else podman-compose. Raises UpError."""
    if shutil.which("docker"):
        probes = (["docker", "compose", "version"], ["docker", "info"])
        if all(subprocess.run(probe, capture_output=True, check=False).returncode == 0 for probe in probes):
            return ["docker", "compose"]
    if shutil.which("podman") and shutil.which("podman-compose"):
        return ["podman-compose"]
    raise UpError(f"Neither `docker compose` nor `podman-compose` works here. {ADVICE}")


def write_secrets(folder: Path) -> None:
    """Random secrets, where there are none yet.

    The folder lets nobody else in; the files are readable because containers see them under their own users.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    made = {name: _secret(folder / name) for name in ("mongo_root_password", "mongo_password")}
    url = folder / "store_url"
    if not url.exists():
        _write(url, f"mongodb://dasa:{made['mongo_password']}@mongo:27017/dasa?authSource=dasa\n")


def _secret(path: Path) -> str:
    if not path.exists():
        _write(path, secrets.token_urlsafe(32) + "\n")
    return path.read_text("ascii").strip()


def _write(path: Path, text: str) -> None:
    """Write a new file at once or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, "ascii")
    fresh.chmod(0o444)
    fresh.rename(path)


def remember(path: Path, values: Mapping[str, str], *, replace: bool = False) -> None:
    """Put settings into .env, which compose reads by itself; other lines stay as they are."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for name, value in values.items():
        found = [line for line in lines if line.partition("=")[0].strip() == name]
        if found and not replace:
            continue
        lines = [line for line in lines if line not in found] + [f"{name}={value}"]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def check_site(site: str) -> str:
    """A host name as Caddy takes it. Raises UpError."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", site):
        raise UpError(f"'{site}' is not a host name such as dasa.example.org.")
    return site.lower()


def read_password(environment: Mapping[str, str]) -> str:
    """The first account's password: from the file that DASA_ADMIN_PASSWORD_FILE names, else asked for."""
    named = environment.get(PASSWORD_VARIABLE)
    if named:
        try:
            password = Path(named).expanduser().read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise UpError(f"{PASSWORD_VARIABLE} names {named}, which cannot be read ({error}).") from None
    elif sys.stdin.isatty():
        password = getpass.getpass("A password for the account 'admin' (10 characters or more): ")
        if getpass.getpass("The same again: ") != password:
            raise UpError("The two passwords differ.")
    else:
        raise UpError(
            f"The first account needs a password: run make up in a terminal, or set {PASSWORD_VARIABLE}."
        )
    if len(password) < LEAST_PASSWORD:
        raise UpError(f"The password needs {LEAST_PASSWORD} characters or more.")
    return password


def has_accounts(tool: Sequence[str]) -> bool:
    """Whether somebody can sign in already; waits for the store."""
    deadline = time.monotonic() + STORE_START_S
    while True:
        answer = _in_app(tool, "users", "list")
        if answer.returncode == 0:
            return NO_ACCOUNT not in answer.stdout
        if time.monotonic() > deadline:
            raise UpError(
                f"The store does not let DASA in:\n{answer.stderr.strip()[-1500:]}\nWhere secrets/ was lost while "
                "the database stayed, put it back, or remove the database's volume with all screenshots."
            )
        time.sleep(RETRY_S)


def add_admin(tool: Sequence[str], password: str) -> None:
    """Make the first account. Raises UpError."""
    name = os.environ.get(NAME_VARIABLE) or "admin"
    answer = _in_app(tool, "users", "add", name, "--admin", "--password-file", "-", stdin=password + "\n")
    if answer.returncode != 0:
        raise UpError(f"The account could not be made:\n{answer.stderr.strip()[-1500:]}")
    say(f"the account '{name}' may sign in")


def _in_app(tool: Sequence[str], *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command of dasa in a container of its own."""
    return subprocess.run([*tool, "run", "--rm", "--no-deps", "-T", "app", *arguments], cwd=ROOT, input=stdin,
                          capture_output=True, text=True, check=False, env=_environment())


def wait_until_healthy(tool: Sequence[str]) -> None:
    """Waits until the server answers. Raises UpError."""
    probe = "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"
    command = [*tool, "exec", "-T", "app", "python", "-c", probe]
    deadline = time.monotonic() + APP_START_S
    while subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env=_environment()).returncode != 0:
        if time.monotonic() > deadline:
            raise UpError(f"The server does not answer. Its log says why: {' '.join(tool)} logs app")
        time.sleep(RETRY_S)


def address(tool: Sequence[str]) -> str:
    """Where a browser finds the pages."""
    values = dict(line.split("=", 1) for line in (ROOT / ".env").read_text("utf-8").splitlines() if "=" in line)
    if "tls" in values.get("COMPOSE_PROFILES", "").split(","):
        return f"https://{values.get('DASA_SITE', 'localhost')}"
    answer = subprocess.run([*tool, "port", "app", "8080"], cwd=ROOT, capture_output=True, text=True, check=False,
                            env=_environment())
    port = answer.stdout.strip().rpartition(":")[2]
    return f"http://127.0.0.1:{port}"


def compose(tool: Sequence[str], *arguments: str) -> None:
    """Runs compose. Raises UpError."""
    if subprocess.run([*tool, *arguments], cwd=ROOT, check=False, env=_environment()).returncode != 0:
        raise UpError(f"`{' '.join([*tool, *arguments])}` failed; the lines above say why.")


def _environment() -> dict[str, str]:
    # Podman's own image format has no health checks.
    return {"DASA_SECRETS": "./secrets", **os.environ, "BUILDAH_FORMAT": "docker"}


def say(text: str) -> None:
    """One line of progress."""
    print(f"[up] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
