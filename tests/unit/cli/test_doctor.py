"""``dasa doctor``: what it finds, and its advice about what is missing."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dasa.cli import cli
from dasa.storage import open_store
from dasa.storage.accounts import Accounts


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, basic7: Path) -> pytest.MonkeyPatch:
    """An environment with a data folder and a bundle that work."""
    monkeypatch.setenv("DASA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DASA_BUNDLE", str(basic7))
    monkeypatch.setenv("DASA_PORT", "0")
    return monkeypatch


def run() -> Result:
    """Runs the command."""
    return CliRunner().invoke(cli, ["doctor"])


def line(result: Result, what: str) -> str:
    """The line about one thing."""
    return next(text for text in result.stdout.splitlines() if text[8:].startswith(what))


def test_a_machine_that_works(clean: pytest.MonkeyPatch) -> None:
    result = run()
    assert line(result, "bundle").startswith("ok")
    assert line(result, "models").startswith("ok")
    assert line(result, "store").startswith("ok")
    assert line(result, "data folder").startswith("ok")


def test_a_wrong_setting_is_named(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("DASA_MAX_FACES", "eleven")
    result = run()
    assert result.exit_code == 1
    assert "DASA_MAX_FACES" in line(result, "settings")


def test_a_taken_port_is_told_with_advice(clean: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        clean.setenv("DASA_PORT", str(other.getsockname()[1]))
        result = run()
    assert result.exit_code == 1
    assert "choose another with --port" in line(result, "port")


def test_a_server_for_others_has_a_certificate_and_accounts(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "certificate" not in run().output
    clean.setenv("DASA_TLS", "on")
    result = run()
    assert "localhost" in line(result, "certificate")
    assert "dasa users add NAME" in line(result, "accounts")
    assert result.exit_code == 1
    with contextlib.closing(open_store(f"sqlite:///{tmp_path}/data/dasa.db")) as store:
        Accounts(store.accounts).add("anna", "correct horse battery")
    assert line(run(), "accounts").startswith("ok")
    clean.setenv("DASA_TLS", "off")
    clean.setenv("DASA_TLS_CERTIFICATE", str(tmp_path / "none.pem"))
    clean.setenv("DASA_TLS_KEY", str(tmp_path / "none.pem"))
    assert "cannot be used" in line(run(), "certificate")


def test_a_data_folder_that_is_a_file_is_told(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clean.setenv("DASA_DATA", str(tmp_path / "file"))
    assert "set DASA_DATA" in line(run(), "data folder")


def test_values_of_settings_are_not_shown(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("DASA_STORE", "mongodb://somebody:secret@127.0.0.1:1/dasa")
    assert "secret" not in run().output
