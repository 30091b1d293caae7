"""The set-up script: what it says when something is missing, and that a second run does nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import containers

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "-q", "download")


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """The script as a module of its own, working in a temporary folder."""
    spec = importlib.util.spec_from_file_location("dasa_setup", ROOT / "tools/setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path  # type: ignore[attr-defined]
    module.STAMPS = tmp_path / ".make"  # type: ignore[attr-defined]
    return module


def test_a_step_runs_again_only_when_an_input_changed(setup: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "serve.txt"
    lock.write_text("flask==1")
    assert setup.changed("step", [lock])
    setup.stamp("step", [lock])
    assert not setup.changed("step", [lock])
    lock.write_text("flask==2")
    assert setup.changed("step", [lock])


def test_pages_that_were_built_by_hand_are_compressed_again(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "page.js").write_text("let one = 1;")
    runs: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        runs.append(command)
        (pages / "page.js.br").touch()

    monkeypatch.setattr(setup, "run", run)
    setup.compress(Path("python"), pages, "compress-test")
    setup.compress(Path("python"), pages, "compress-test")
    assert len(runs) == 1
    (pages / "page.js.br").unlink()  # the build emptied its folder and wrote the same page
    setup.compress(Path("python"), pages, "compress-test")
    assert len(runs) == 2


def test_a_failing_download_says_what_to_do(setup: ModuleType, tmp_path: Path) -> None:
    """pip itself, with an index that nobody answers for."""
    lock = tmp_path / "lock.txt"
    lock.write_text("wanted==1.0 --hash=sha256:" + 64 * "0")
    with pytest.raises(setup.SetupError, match="Connect and run the same command"):
        setup.fetch([*PIP, "--no-index", "--require-hashes", "-r", str(lock)], cwd=tmp_path)


def test_a_changed_package_is_told_apart(
    setup: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """pip itself, with a wheel whose hash is not the locked one."""
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "wanted-1.0-py3-none-any.whl", "w") as wheel:
        info = "wanted-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: wanted\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    lock = tmp_path / "lock.txt"
    lock.write_text("wanted==1.0 --hash=sha256:" + 64 * "0")
    with pytest.raises(setup.SetupError, match="its hash differs"):
        setup.fetch(
            [*PIP, "--no-index", "--find-links", str(index), "--require-hashes", "-r", str(lock)], cwd=tmp_path
        )
    assert "wanted" in capfd.readouterr().err  # pip's own lines, which name the package, are shown


def test_a_program_that_is_not_there_is_named(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match="no-such-program could not be started"):
        setup.run(["no-such-program"], advice="")


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v25.0.0", True),
        ("?", False),
    ],
)
def test_which_node_is_new_enough(setup: ModuleType, tmp_path: Path, version: str, enough: bool) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert setup._is_new_enough(str(node)) is enough


LOCKS = ("serve.txt", "build.txt", "dev.txt", "node.txt")


def locked(*names: str) -> dict[str, Requirement]:
    """What locks name, by canonical name; of several lines for one package any that is for this machine."""
    lines = (line for name in names for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines())
    found = [Requirement(line.rstrip(" \\")) for line in lines if line and not line.startswith((" ", "#"))]
    return {
        canonicalize_name(requirement.name): requirement for requirement in found
        if requirement.marker is None or requirement.marker.evaluate()
    }


def test_the_locks_name_every_extra_that_a_locked_package_asks_for() -> None:
    """Older pips refuse a hashed lock otherwise, as soon as a newer release of that package is out."""
    known = locked(*LOCKS)
    missing = [
        f"{name} needs {asked}"
        for name in known
        if (needs := _requires(name)) is not None
        for asked in map(Requirement, needs)
        if asked.extras and (asked.marker is None or asked.marker.evaluate({"extra": ""}))
        if not asked.extras <= known[canonicalize_name(asked.name)].extras
    ]
    assert {"apiflask", "pytest", "hatchling"} <= set(known)
    assert missing == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_leaves_nothing_to_the_day(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    for requirement in locked(name).values():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
    assert "--hash=sha256:" in text
    assert "://" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE)


def test_the_locks_agree() -> None:
    """Each is installed on top of those before it, and must not undo them."""
    for first, second in itertools.combinations(LOCKS, 2):
        one, other = locked(first), locked(second)
        assert {name: str(one[name].specifier) for name in one if name in other} == {
            name: str(other[name].specifier) for name in other if name in one
        }, (first, second)


def test_what_builds_the_package_is_locked() -> None:
    """The builds run without isolation: nothing is fetched for them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    known = locked("build.txt")
    for asked in map(Requirement, project["build-system"]["requires"]):
        assert asked.specifier == known[canonicalize_name(asked.name)].specifier


def test_the_lock_of_serving_fits_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    known = locked("serve.txt")
    for asked in map(Requirement, project["project"]["dependencies"]):
        if asked.marker is None or asked.marker.evaluate():
            (pin,) = known[canonicalize_name(asked.name)].specifier
            assert asked.specifier.contains(pin.version), f"{asked}: run `make lock`"


def test_the_lock_of_the_client_is_whole_and_names_no_place() -> None:
    """npm ci takes versions and hashes from it, and the registry from its own settings."""
    lock = json.loads((ROOT / "client/package-lock.json").read_text("utf-8"))
    assert lock["lockfileVersion"] == 3
    packages = {name: entry for name, entry in lock["packages"].items() if name and not entry.get("link")}
    assert len(packages) > 100
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
    project = json.loads((ROOT / "client/package.json").read_text("utf-8"))
    own = lock["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert own[kind] == project[kind]
        assert all(re.fullmatch(r"[0-9.]+", version) for version in project[kind].values())


def test_what_the_containers_test_fetches_is_fixed() -> None:
    fetched = [Requirement(text) for text in (*containers.MONGOD_PACKAGES, *containers.COMPOSE_PACKAGES)]
    known = locked(*LOCKS)
    for requirement in fetched:
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        if requirement.name in known:
            assert requirement.specifier == known[requirement.name].specifier


def _requires(name: str) -> list[str] | None:
    """What a package asks for; None where it is for another platform and so not installed."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return None
