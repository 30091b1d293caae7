"""The stand-in's start: what the official image's entrypoint does with the variables of compose.yaml.

On an empty database it makes the root account and, in place of deploy/mongo-init.js (there is no mongosh here),
the app's; then mongod runs with authentication.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pymongo import MongoClient

MONGOD = next(Path("/opt/packages").rglob("bin/mongod"))
DATA = Path("/data/db")
COMMAND = [str(MONGOD), "--dbpath", str(DATA), "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"]


def prepare() -> None:
    """Make both accounts while only this container can reach the server."""
    root = Path(os.environ["MONGO_INITDB_ROOT_PASSWORD_FILE"]).read_text("ascii").strip()
    app = Path("/run/secrets/mongo_password").read_text("ascii").strip()
    log = Path("/tmp/prepare.log")
    subprocess.run([*COMMAND, "--bind_ip", "127.0.0.1", "--fork", "--logpath", str(log)], check=True)
    with MongoClient[dict[str, object]]("mongodb://127.0.0.1") as client:
        client["dasa"].command("createUser", "dasa", pwd=app, roles=[{"role": "readWrite", "db": "dasa"}])
        client["admin"].command(
            "createUser", os.environ["MONGO_INITDB_ROOT_USERNAME"], pwd=root, roles=["root"])
    subprocess.run([*COMMAND, "--shutdown"], check=True)


def main() -> None:
    """Prepare once, then become mongod."""
    if not (DATA / "WiredTiger").exists():
        prepare()
    os.execv(MONGOD, [*COMMAND, "--bind_ip_all", "--auth"])


if __name__ == "__main__":
    main()
