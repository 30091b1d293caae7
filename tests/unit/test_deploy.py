"""``make up``: secrets, .env, the first password, and what compose.yaml promises without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dasa.settings import Settings, variable
from tools import up

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")


def test_secrets_are_random_and_stay(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    up.write_secrets(first)
    up.write_secrets(second)
    before = {path.name: path.read_text() for path in first.iterdir()}
    assert set(before) == {"mongo_password", "mongo_root_password", "store_url"}
    assert all(len(text.strip()) >= 43 for text in before.values())
    assert all((second / name).read_text() != text for name, text in before.items())
    up.write_secrets(first)
    assert {path.name: path.read_text() for path in first.iterdir()} == before


def test_the_folder_of_the_secrets_lets_nobody_else_in(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    up.write_secrets(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_address_of_the_store_carries_the_apps_password(tmp_path: Path) -> None:
    up.write_secrets(tmp_path)
    settings = Settings.from_environment({"DASA_STORE_FILE": str(tmp_path / "store_url")})
    password = (tmp_path / "mongo_password").read_text().strip()
    assert settings.store_url == f"mongodb://dasa:{password}@mongo:27017/dasa?authSource=dasa"


def test_what_is_in_env_stays(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("# mine\nDASA_WORKERS=2\nDASA_SITE=old.example\n")
    up.remember(env, {"DASA_SECRETS": "./secrets", "DASA_WORKERS": "4"})
    up.remember(env, {"DASA_SITE": "new.example"}, replace=True)
    assert env.read_text() == "# mine\nDASA_WORKERS=2\nDASA_SECRETS=./secrets\nDASA_SITE=new.example\n"


@pytest.mark.parametrize("site", ["", "a b", "x\nDASA_IMAGE=evil", "-a.example", "a.example:443", "{$X}"])
def test_a_site_is_a_host_name(site: str) -> None:
    with pytest.raises(up.UpError, match="not a host name"):
        up.check_site(site)
    assert up.check_site("Dasa.example.org") == "dasa.example.org"


def test_the_password_comes_from_the_named_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\r\nsecond line\n")
    assert up.read_password({up.PASSWORD_VARIABLE: str(file)}) == "correct horse"


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), ("short\n", "10 characters"),
                                                  ("", "10 characters")])
def test_a_password_file_that_will_not_do(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    with pytest.raises(up.UpError, match=message):
        up.read_password({up.PASSWORD_VARIABLE: str(file)})


def _services() -> Iterator[tuple[str, str]]:
    body = COMPOSE.partition("\nservices:\n")[2].partition("\nnetworks:\n")[0]
    parts = re.split(r"^  (\w+):$", body, flags=re.MULTILINE)[1:]
    yield from zip(parts[::2], parts[1::2], strict=True)


def test_every_service_is_closed() -> None:
    services = dict(_services())
    assert set(services) == {"app", "mongo", "caddy"}
    for text in services.values():
        assert "read_only: true" in text
        assert "cap_drop: [ALL]" in text
        assert "no-new-privileges:true" in text
    assert "ports:" not in services["mongo"]
    assert re.search(r"store:\n    internal: true", COMPOSE)


def test_without_secrets_compose_gives_advice() -> None:
    files = re.findall(r"^    file: (.*)", COMPOSE, re.MULTILINE)
    assert len(files) == 3
    assert all("DASA_SECRETS:?" in file and "make up" in file for file in files)


def test_compose_sets_only_settings_that_exist() -> None:
    known = {variable(name) for name in Settings.__dataclass_fields__}
    assert set(re.findall(r"^      (DASA_\w+):", dict(_services())["app"], re.MULTILINE)) <= known


def test_the_image_brings_no_host_name_and_no_secret() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "http" not in re.sub(r"http://127\.0\.0\.1:8080", "", dockerfile)
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"secrets/", ".env"} <= set(ignored)
    assert (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"
