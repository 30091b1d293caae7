"""Settings are read once, checked, and documented."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dasa.errors import SettingError
from dasa.settings import Settings, table, variable


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"DASA_PORT": "", "OTHER": "x"}) == Settings()


def test_values_are_parsed_and_derived() -> None:
    settings = Settings.from_environment({
        "DASA_PORT": "0", "DASA_DATA": "/srv/dasa", "DASA_TILES": "on", "DASA_MAX_BODY": "2",
        "DASA_MEGAPIXELS": "1.5", "DASA_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "DASA_HOSTS": "A.example,b.example",
    })
    assert (settings.port, settings.data_folder, settings.tiles) == (0, Path("/srv/dasa"), True)
    assert (settings.max_body_bytes, settings.max_pixels) == (2 * 2**20, 1_500_000)
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.hosts == ("a.example", "b.example")


@pytest.mark.parametrize(("name", "value"), [
    ("DASA_PORT", "http"), ("DASA_PORT", "70000"), ("DASA_MAX_FACES", "11"), ("DASA_MAX_FACES", "0"),
    ("DASA_TILES", "maybe"), ("DASA_MEGAPIXELS", "nan"), ("DASA_MEGAPIXELS", "many"),
    ("DASA_LOG_FORMAT", "xml"), ("DASA_TRUSTED_PROXIES", "proxy"),
])
def test_a_wrong_value_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name} cannot be '{value}': use .*\.$"):
        Settings.from_environment({name: value})


def test_half_a_certificate_is_refused() -> None:
    with pytest.raises(SettingError, match="DASA_TLS_KEY"):
        Settings(tls_certificate=Path("cert.pem"))


@pytest.mark.parametrize(("host", "loopback"), [
    ("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.8.0.1", True),
    ("0.0.0.0", False), ("::", False), ("192.168.1.2", False), ("dasa.example", False),
])
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert Settings(host=host).loopback is loopback


def test_every_setting_is_documented() -> None:
    documented = Path(__file__).parents[3] / "docs" / "settings.md"
    text = documented.read_text("utf-8")
    assert table() in text, "run `python -m tools.docs` to bring docs/settings.md up to date"
    for item in dataclasses.fields(Settings):
        assert variable(item.name) in text
        assert item.metadata["help"].endswith(".")


def test_the_store_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "store_url"
    secret.write_text("mongodb://dasa:secret@mongo/dasa\n")
    settings = Settings.from_environment({"DASA_STORE_FILE": str(secret)})
    assert settings.store_url == "mongodb://dasa:secret@mongo/dasa"


@pytest.mark.parametrize(("content", "also", "message"), [
    (None, {}, "cannot be read"), (b"\n", {}, "first line is empty"), (b"\xff", {}, "cannot be read"),
    (b"sqlite:///a", {"DASA_STORE": "sqlite:///b"}, "exclude each other"),
])
def test_a_store_file_that_cannot_be_used(
    tmp_path: Path, content: bytes | None, also: dict[str, str], message: str
) -> None:
    secret = tmp_path / "store_url"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SettingError, match=message):
        Settings.from_environment({"DASA_STORE_FILE": str(secret), **also})
