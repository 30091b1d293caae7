"""Sets up what a make target needs, with nothing but the standard library.

``python3 tools/setup.py serve|check|test|lab|wheel|packages`` is idempotent: every step leaves a stamp with the
hash of its inputs, so a second run takes a moment. ``--where`` prints the environment's Python.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".make"
REQUIREMENTS = ROOT / "requirements"
CLIENT = ROOT / "client"
BUILT_CLIENT = ROOT / "src/dasa/server/client"
BUNDLE = ROOT / "src/dasa/bundle/default"
TORCH = "torch==2.13.0"
OLDEST_PYTHON = (3, 11)

OFFLINE = (
    "Fetching packages failed. The first set-up needs a connection to a Python package index and to the npm\n"
    "registry (or mirrors: PIP_INDEX_URL, PIP_FIND_LINKS, npm_config_registry). Connect and run the same command\n"
    "again: finished steps are kept. Once set up, DASA needs no network."
)

CHANGED = (
    "A package that was fetched is not the one that DASA is locked to: its hash differs (the lines above\n"
    "name it). It was not installed. Most likely a mirror or a cache holds a damaged or altered file. Run\n"
    "`pip cache purge` and `npm cache clean --force`, or name another index (PIP_INDEX_URL,\n"
    "npm_config_registry), and run the same command again. If it happens again, do not work around it: report it."
)
HASH_DIFFERS = ("DO NOT MATCH THE HASHES", "EINTEGRITY")  # what pip and npm say


class SetupError(Exception):
    """A step failed; the message says what to do."""


def main() -> int:
    """Entry point; exit code 0 or 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("goal", choices=sorted(GOALS))
    goal = parser.parse_args().goal
    try:
        GOALS[goal]()
    except SetupError as error:
        print(f"\nSet-up stopped. {error}", file=sys.stderr)
        return 1
    return 0


def serve() -> None:
    """Everything that ``make serve`` needs."""
    python = environment(".venv", ["serve.txt", "build.txt"])
    install_package(python)
    face_models(python)
    client(python)


def check() -> None:
    """Everything that ``make check`` needs."""
    python = environment(".venv", ["serve.txt", "build.txt", "dev.txt"])
    install_package(python)
    node_modules(node_path(python))


def test() -> None:
    """Everything that ``make test`` needs, a browser included where one can be had."""
    check()
    serve()
    browser(interpreter(".venv"))


def wheel() -> None:
    """Everything that ``make wheel`` needs: the same as serving."""
    serve()


def packages() -> None:
    """What serving and its build need from package registries; a layer of its own in the container image."""
    node_modules(node_path(environment(".venv", ["serve.txt", "build.txt"])))


def lab() -> None:
    """Everything that ``make test-lab`` and training need, in an environment of its own."""
    test()
    python = environment(".venv-lab", ["serve.txt", "build.txt", "dev.txt"])
    inputs = [REQUIREMENTS / "lab.txt", ROOT / "pyproject.toml"]
    if changed("lab", inputs):
        pip(python, "install", "-c", str(REQUIREMENTS / "lab.txt"), TORCH)
        # pip refuses to build on top of hashed locks, so the extra is installed against the constraints alone.
        pip(
            python,
            "install",
            "-c",
            str(REQUIREMENTS / "lab.txt"),
            "--no-build-isolation",
            "-e",
            f"{ROOT}[lab,ray,lab-test]",
        )
        stamp("lab", inputs)


def interpreter(name: str) -> Path:
    """The Python of an environment in the clone."""
    return ROOT / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(name: str, locks: Sequence[str]) -> Path:
    """A virtual environment with the locked packages; returns its Python."""
    python = interpreter(name)
    if not python.exists():
        say(f"making the Python environment {name}")
        run(
            [sys.executable, "-m", "venv", str(ROOT / name)],
            advice="On Debian and Ubuntu: apt install python3-venv.",
        )
        forget(f"{name}-")
    for lock in locks:
        key, inputs = f"{name}-{lock}", [REQUIREMENTS / lock]
        if changed(key, inputs):
            say(f"installing {lock} into {name}")
            pip(python, "install", "--require-hashes", "-r", str(REQUIREMENTS / lock))
            stamp(key, inputs)
    return python


def install_package(python: Path) -> None:
    """Installs DASA itself, editable, into the serving environment."""
    inputs = [ROOT / "pyproject.toml", ROOT / "tools/hatch_build.py"]
    if changed(".venv-package", inputs):
        pip(python, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
        stamp(".venv-package", inputs)


def face_models(python: Path) -> None:
    """Detector and landmark models, converted from a pinned wheel; instant when they are already right."""
    inputs = [*sorted((ROOT / "tools/face_models").glob("*.py")), ROOT / "src/dasa/bundle/data/base.json"]
    inputs += [ROOT / "src/dasa/bundle/data/forms.json", ROOT / "src/dasa_lab/datasets/build/models.py"]
    outputs = [BUNDLE / "detector.onnx", BUNDLE / "landmarks.onnx", BUNDLE.parent / "forms/landmarks.onnx"]
    if changed("face-models", inputs) or not all(path.exists() for path in outputs):
        say("building the face models")
        run([str(python), "-m", "tools.face_models"], advice="")
        stamp("face-models", inputs)
    compress(python, BUNDLE, "compress-models")


def client(python: Path) -> None:
    """The built pages in ``src/dasa/server/client``, with .br and .gz beside them."""
    folders = [CLIENT / name for name in ("src", "public", "scripts")]
    inputs = sorted(
        [p for p in CLIENT.iterdir() if p.is_file()]
        + [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    )
    if changed("client", inputs) or not (BUILT_CLIENT / "index.html").exists():
        node = node_path(python)
        node_modules(node)
        say("building the pages")
        run(
            [str(node), "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"],
            cwd=CLIENT,
            advice="The pages did not build; the lines above say why.",
        )
        stamp("client", inputs)
    compress(python, BUILT_CLIENT, "compress-client")


def compress(python: Path, folder: Path, key: str) -> None:
    """Writes .br and .gz beside every file that gains from it."""
    inputs = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in {".br", ".gz", ".py"}]
    # A build by hand empties its folder, also where it builds the same again.
    if changed(key, inputs) or not any(folder.rglob("*.br")):
        run([str(python), "-m", "tools.compress", str(folder)], advice="")
        stamp(key, inputs)


def node_modules(node: Path) -> None:
    """The client's locked packages; no package runs an install script."""
    inputs = [CLIENT / "package-lock.json"]
    if changed("node-modules", inputs) or not (CLIENT / "node_modules").exists():
        say("installing the client's packages")
        npm = shutil.which("npm", path=f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if npm is None:
            raise SetupError(
                "npm was not found beside Node. Install npm, or remove this Node so that DASA brings one."
            )
        fetch(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"],
            cwd=CLIENT,
            path=node.parent,
        )
        stamp("node-modules", inputs)


def node_path(python: Path) -> Path:
    """Node 20.19 or newer: the system's, else the one that comes as a wheel."""
    system = shutil.which("node")
    if system is not None and _is_new_enough(system):
        return Path(system)
    own = python.parent / ("node.exe" if os.name == "nt" else "node")
    if changed(".venv-node.txt", [REQUIREMENTS / "node.txt"]) or not own.exists():
        say("no Node 20.19 or newer on this machine; installing one into .venv")
        pip(python, "install", "--require-hashes", "-r", str(REQUIREMENTS / "node.txt"))
        stamp(".venv-node.txt", [REQUIREMENTS / "node.txt"])
    return own


def _is_new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    try:
        major, minor = (int(part) for part in answer.stdout.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def browser(python: Path) -> None:
    """A Chromium for the end-to-end tests: the system's, else by apt, else Playwright's own, else none."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("installing Chromium by apt")
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        if (
            subprocess.run(
                ["apt-get", "install", "-y", "-q", "chromium"], check=False, stdout=subprocess.DEVNULL
            ).returncode
            == 0
        ):
            return
    say("installing Playwright's Chromium")
    if subprocess.run([str(python), "-m", "playwright", "install", "chromium"], check=False).returncode != 0:
        say("no Chromium could be had: the end-to-end tests will say how to get one")


def pip(python: Path, *arguments: str) -> None:
    """Runs pip of an environment, quietly."""
    fetch([str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments])


def fetch(command: Sequence[str], *, cwd: Path = ROOT, path: Path | None = None) -> None:
    """Runs a command that downloads; SetupError says whether the network is missing or a package has changed."""
    environ = dict(os.environ)
    if path is not None:
        environ["PATH"] = f"{path}{os.pathsep}{environ.get('PATH', '')}"
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=cwd, env=environ, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        for line in process.stderr or ():
            sys.stderr.write(line)
            said.append(line)
    if process.returncode != 0:
        raise SetupError(CHANGED if any(words in "".join(said) for words in HASH_DIFFERS) else OFFLINE)


def run(command: Sequence[str], *, advice: str, cwd: Path = ROOT) -> None:
    """Runs a command; SetupError with the advice when it fails."""
    try:
        code = subprocess.run(command, cwd=cwd, check=False).returncode
    except OSError as error:
        raise SetupError(f"{command[0]} could not be started ({error.strerror}). {advice}") from error
    if code != 0:
        raise SetupError(advice)


def digest(inputs: Iterable[Path]) -> str:
    """One hash over names and contents, and over the Python that runs."""
    total = hashlib.sha256(sys.version.encode())
    for path in inputs:
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def changed(key: str, inputs: Sequence[Path]) -> bool:
    """True when a step's inputs are not those of its last success."""
    mark = STAMPS / key
    return not mark.exists() or mark.read_text() != digest(inputs)


def stamp(key: str, inputs: Sequence[Path]) -> None:
    """Remembers that a step succeeded on these inputs."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / key).write_text(digest(inputs))


def forget(prefix: str) -> None:
    """Forgets all stamps of a fresh environment."""
    for mark in STAMPS.glob(f"{prefix}*"):
        mark.unlink()


def say(text: str) -> None:
    """One line of progress."""
    print(f"[set-up] {text}", flush=True)


GOALS = {"serve": serve, "check": check, "test": test, "lab": lab, "wheel": wheel, "packages": packages}

if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"DASA needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
            "Name another: make serve PYTHON=python3.12"
        )
    sys.exit(main())
