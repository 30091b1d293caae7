"""``dasa screenshots`` and ``dasa users``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dasa.cli import cli
from dasa.errors import Conflict, InputError, NotFound
from dasa.storage import Picture, Store, new_id, open_store
from dasa.storage.accounts import Accounts
from tests.unit.storage.places import shot

JPEG = Picture("image/jpeg", b"\xff\xd8\xff" + bytes(1997))
SMALL = Picture("image/webp", b"RIFF" + bytes(296))


@pytest.fixture(params=["sqlite", "mongodb"])
def url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of the store that the commands use."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/dasa.db" if sqlite else str(request.getfixturevalue("mongodb_url"))
    monkeypatch.setenv("DASA_STORE", url)
    return url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


def run(*arguments: str, given: str | None = None) -> Result:
    """Runs the command; errors that DASA raises on purpose come through."""
    return CliRunner().invoke(cli, list(arguments), input=given, catch_exceptions=False)


def save(store: Store, owner: str = "local") -> str:
    """Keeps one screenshot; returns its id."""
    id_ = new_id()
    store.screenshots.save(shot(owner, id=id_, variants=("masked",)), {"masked": JPEG}, SMALL)
    return id_


def test_users(store: Store, tmp_path: Path) -> None:
    assert "no account" in run("users", "list").output
    assert run("users", "add", "anna", "--admin", given="a few more words\na few more words\n").exit_code == 0
    file = tmp_path / "password"
    file.write_text("correct horse battery\r\nsecond line\n")
    assert run("users", "add", "bert", "--password-file", str(file)).exit_code == 0
    listed = run("users", "list").output
    assert [line.split()[:2] for line in listed.splitlines()] == [["anna", "admin"], ["bert", "user"]]
    accounts = Accounts(store.accounts)
    session = accounts.sign_in("bert", "correct horse battery", address="::1").session
    assert run("users", "passwd", "bert", "--password-file", "-", given="another long password\n").exit_code == 0
    assert accounts.sign_in("bert", "another long password", address="::1")
    with pytest.raises(Exception, match="not signed in"):
        accounts.resume(session)
    with pytest.raises(Conflict):
        run("users", "add", "anna", "--password-file", str(file))
    for name in ("Anna", "local", "", "a b", "x" * 33, "../x", "-a"):
        with pytest.raises(InputError):
            run("users", "add", "--password-file", str(file), "--", name)
    for password in ("short", "aaaaaaaaaaaaaa", "my name is carl", "x" * 257):
        with pytest.raises(InputError):
            run("users", "add", "carl", "--password-file", "-", given=password)


def test_removing_somebody_erases_their_screenshots(store: Store) -> None:
    run("users", "add", "anna", "--password-file", "-", given="correct horse battery")
    save(store, "anna")
    kept = save(store, "bert")
    assert run("users", "remove", "anna", given="n\n").exit_code == 1
    assert run("users", "remove", "anna", "--yes").exit_code == 0
    assert store.screenshots.totals("anna").count == store.screenshots.totals("anna").size == 0
    assert store.screenshots.restore("anna") == ()
    assert store.screenshots.get("bert", kept)
    with pytest.raises(NotFound):
        run("users", "remove", "anna", "--yes")
    with pytest.raises(NotFound):
        run("users", "passwd", "anna", "--password-file", "-", given="correct horse battery")


def test_export_and_import(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {save(store) for _ in range(3)}
    file = tmp_path / "all.tar"
    assert "3 screenshots exported" in run("screenshots", "export", str(file)).output
    monkeypatch.setenv("DASA_STORE", f"sqlite:///{tmp_path}/second.db")
    run("users", "add", "anna", "--password-file", "-", given="correct horse battery")
    assert "3 screenshots added" in run("screenshots", "import", str(file), "--owner", "anna").output
    again = run("screenshots", "import", str(file))
    assert "0 screenshots added" in again.output
    assert "3 were not taken in" in again.output  # their ids are anna's now
    second = open_store(f"sqlite:///{tmp_path}/second.db")
    assert {item.id for item in second.screenshots.page("anna").items} == ids
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError):
        run("screenshots", "import", str(file))


def test_import_says_whom_nobody_can_sign_in_as(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, "carl")
    run("screenshots", "export", str(tmp_path / "all.tar"))
    monkeypatch.setenv("DASA_STORE", f"sqlite:///{tmp_path}/second.db")
    run("users", "add", "anna", "--password-file", "-", given="correct horse battery")
    assert "No account has the name carl" in run("screenshots", "import", str(tmp_path / "all.tar")).output


def test_migrate(store: Store, url: str, mongodb_url: str, tmp_path: Path) -> None:
    elsewhere = mongodb_url if url.startswith("sqlite") else f"sqlite:///{tmp_path}/second.db"
    run("users", "add", "anna", "--password-file", "-", given="correct horse battery")
    id_ = save(store, "anna")
    answer = run("screenshots", "migrate", url, elsewhere).output
    assert "1 accounts added" in answer
    assert "1 screenshots added" in answer
    assert "0 screenshots added" in run("screenshots", "migrate", url, elsewhere).output
    target = open_store(elsewhere)
    assert target.screenshots.get("anna", id_) == store.screenshots.get("anna", id_)
    assert target.screenshots.image("anna", id_, "masked") == JPEG
    assert Accounts(target.accounts).sign_in("anna", "correct horse battery", address="::1")
    target.close()
    with pytest.raises(InputError):
        run("screenshots", "migrate", url, url)


def test_sweep(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASA_RETENTION_DAYS", "1")  # the screenshot is from 2023
    save(store)
    assert "1 screenshots erased (1 of them were too old)" in run("screenshots", "sweep").output
    assert store.screenshots.totals("local").size == 0
