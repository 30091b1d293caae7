"""The wheel, as a user gets it: built, installed into an empty environment, started, asked for a page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until_ready

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone, built from its sdist, as a release is."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_pages_models_and_licences_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("dasa/server/client/index.html", "dasa/bundle/default/detector.onnx",
                   "dasa/bundle/forms/landmarks.onnx",
                   "dasa/bundle/default/manifest.json", "dasa/py.typed"):  # fmt: skip
        assert needed in names
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "tools", "client"))]


def test_the_build_refuses_without_the_face_models(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    for name in ("src/dasa", "tools", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        target = clone / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == "src/dasa":
            target.mkdir()
            (target / "__init__.py").touch()
        else:
            target.symlink_to(ROOT / name)
    answer = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", str(clone)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode != 0
    assert "Run 'make wheel' in a clone" in answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds nothing but the wheel and the locked packages."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--disable-pip-version-check",
           "--no-compile"]  # fmt: skip
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/serve.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    return python


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """The installed command, serving from an empty folder."""
    port = free_port()
    log = tmp_path / "server.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DASA_", "PYTHON", "VIRTUAL_ENV"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(installed.parent / "dasa"), "serve", "--port", str(port)],
            cwd=tmp_path, env={**environment, "DASA_DATA": str(tmp_path / "data")},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    running = ServerProcess(port, process, log)
    try:
        wait_until_ready(running)
        yield running
    finally:
        running.stop()


def test_an_installed_wheel_serves_page_and_manifest(server: ServerProcess) -> None:
    with urllib.request.urlopen(f"{server.url}/", timeout=60) as page:
        assert page.status == 200
        assert b"<title>" in page.read()
    with urllib.request.urlopen(f"{server.url}/api/v1/bundle", timeout=60) as answer:
        manifest = json.load(answer)
    assert manifest["schema_version"] == 1
    for file in manifest["files"].values():
        assert file["size"] > 0
