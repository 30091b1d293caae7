"""Signing in where others can reach the server: two people, passwords, tokens, in and out; on both stores."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.album import Album, GalleryPage, serving
from tests.e2e.conftest import OpenLive, Watched
from tests.e2e.live import LivePage
from tests.e2e.test_accessibility import findings
from tests.e2e.test_viewer import Held
from tests.server.store.conftest import PASSWORDS
from tests.support.folders import quick_folder
from tests.support.mongod import empty_database

# On loopback, as all servers of tests, and yet for others: behind a proxy, which demands accounts. TLS, since the
# session's cookie is for secure connections alone.
SHARED = {"DASA_TLS": "on", "DASA_TRUSTED_PROXIES": "192.0.2.1"}


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    """A server with the accounts of PASSWORDS, on each store."""
    folder = tmp_path_factory.mktemp(f"office-{request.param}")
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{stack.enter_context(quick_folder())}/dasa.db"
        if request.param == "mongodb":
            url = stack.enter_context(empty_database(request.getfixturevalue("mongodb_server")))
        yield stack.enter_context(serving(folder, url, SHARED, PASSWORDS))


@pytest.fixture(autouse=True)
def refusals(watched: Watched) -> None:
    """The browser's console tells of every answer of 401 and 429, which are expected here."""
    watched.expected += ["401 (UNAUTHORIZED)", "429 (TOO MANY REQUESTS)"]


def opened(open_live: OpenLive, office: Album, path: str, **options: object) -> Page:
    return open_live(office, query=path, ignore_https_errors=True, **options).page


def sign_in(page: Page, name: str, password: str | None = None) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORDS[name] if password is None else password)
    page.get_by_test_id("submit").click()


def test_two_people_see_only_their_own(open_live: OpenLive, office: Album) -> None:
    shots = {"anna": office.fill(3, "anna", days=1), "bert": office.fill(2, "bert", days=1)}
    for name, mine in shots.items():
        page = opened(open_live, office, f"gallery?open={mine[1].id}")
        expect(page.get_by_test_id("trouble")).to_contain_text("Sign in")
        assert findings(page) == []
        page.get_by_test_id("sign-in").click()
        page.wait_for_url("**/sign-in?*")
        assert findings(page) == []
        sign_in(page, name)
        gallery = GalleryPage(LivePage(page))
        gallery.expect_open(mine[1].id)  # back to what was wanted
        gallery.page.keyboard.press("Escape")
        gallery.expect_ids([shot.id for shot in mine])
        expect(page.get_by_test_id("who")).to_contain_text(name)
        other = next(theirs for owner, theirs in shots.items() if owner != name)[0]
        assert page.request.get(f"{office.url}/api/v1/screenshots/{other.id}/image").status == 404
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert cookies["__Host-dasa-session"]["secure"]
        assert cookies["__Host-dasa-session"]["httpOnly"]
        assert page.evaluate("() => document.cookie") == ""


# A countdown of seconds does not go on while it is held.
_HOLD_SECONDS = """() => {
  const every = setInterval;
  globalThis.held = true;
  globalThis.setInterval = (act, ms) => every(() => { if (ms !== 1000 || !held) act(); }, ms);
}"""


def test_wrong_locked_out_and_empty(open_live: OpenLive, office: Album) -> None:
    page = opened(open_live, office, "sign-in", width=360, height=740, color_scheme="dark")
    page.get_by_test_id("submit").click()
    expect(page.get_by_text("Fill in this field.")).to_have_count(2)
    problem = page.get_by_test_id("problem")
    sign_in(page, "chief", "not the password")
    expect(problem).to_contain_text("The name or the password is wrong")
    assert findings(page) == []
    # Each wrong one after the fifth doubles the wait, so that on a slow machine too one soon falls into it.
    page.evaluate(_HOLD_SECONDS)  # those that are left stand still while the page is looked at
    for _ in range(12):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            sign_in(page, "chief", "not the password")
        expect(page.get_by_test_id("submit")).not_to_have_text("Signing in")
        if "You can try again in" in problem.inner_text():
            break
    expect(problem).to_contain_text("You can try again in")
    expect(page.get_by_test_id("submit")).to_be_disabled()
    assert findings(page) == []
    page.evaluate("() => { globalThis.held = false; }")
    expect(problem).to_contain_text("You can try again now")
    sign_in(page, "chief")
    page.wait_for_url("**/gallery")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("wanted", ["https://example.org/", "//example.org/gallery", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(open_live: OpenLive, office: Album, wanted: str) -> None:
    page = opened(open_live, office, f"sign-in?next={wanted}")
    sign_in(page, "bert")
    page.wait_for_url(f"{office.url}/gallery")


def test_who_has_begun_to_type_is_not_interrupted(open_live: OpenLive, office: Album) -> None:
    page = opened(open_live, office, "about")
    held = Held(page, "**/api/v1/session")
    page.goto(f"{office.url}/sign-in")
    page.get_by_label("Password", exact=True).focus()
    held.address()
    held.let_go()
    page.wait_for_function("() => document.querySelector('dasa-sign-in').session !== null")
    page.evaluate("() => document.querySelector('dasa-sign-in').updateComplete")
    assert page.evaluate("() => document.activeElement.id") == "password"


def test_sign_out_from_the_header(open_live: OpenLive, office: Album) -> None:
    page = opened(open_live, office, "sign-in?next=/about")
    sign_in(page, "bert")
    page.wait_for_url("**/about")
    page.get_by_test_id("who").click()
    page.get_by_test_id("sign-out").click()
    page.wait_for_url("**/sign-in?out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.request.get(f"{office.url}/api/v1/screenshots").status == 401
    page.goto(f"{office.url}/account")
    page.wait_for_url("**/sign-in?next=*account*")


def test_a_new_password_ends_the_other_sessions(open_live: OpenLive, office: Album) -> None:
    office.fill(1, "anna")
    here, there = (opened(open_live, office, "sign-in?next=/account") for _ in range(2))
    for page in (here, there):
        sign_in(page, "anna")
        expect(page.get_by_test_id("owner")).to_have_text("anna")
    assert findings(here) == []
    form = here.get_by_test_id("password-form")
    assert form.locator("#old").get_attribute("autocomplete") == "current-password"
    assert form.locator("#new").get_attribute("autocomplete") == "new-password"

    def change(old: str, new: str, again: str) -> None:
        for field, text in (("#old", old), ("#new", new), ("#again", again)):
            form.locator(field).fill(text)
        form.get_by_role("button").click()

    problem = here.get_by_test_id("password-problem")
    change(PASSWORDS["anna"], "a new long password", "another long one")
    expect(problem).to_contain_text("not the same")
    change("wrong", "a new long password", "a new long password")
    expect(problem).to_contain_text("present password is wrong")
    change(PASSWORDS["anna"], "a new long password", "a new long password")
    expect(here.get_by_test_id("password-said")).to_contain_text("The password is changed")
    here.reload()
    expect(here.get_by_test_id("owner")).to_have_text("anna")
    there.goto(f"{office.url}/gallery")
    expect(there.get_by_test_id("trouble")).to_contain_text("Sign in")
    change("a new long password", PASSWORDS["anna"], PASSWORDS["anna"])
    expect(here.get_by_test_id("password-said")).to_contain_text("The password is changed")


def test_a_token_is_shown_once_and_works_until_it_is_revoked(open_live: OpenLive, office: Album) -> None:
    mine = office.fill(2, "bert")
    # Granting the camera takes every other permission away.
    page = opened(open_live, office, "sign-in?next=/account", allow_camera=False,
                  permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, "bert")
    page.get_by_label("What is it for?").fill("nightly backup")
    page.get_by_test_id("token-form").get_by_role("button").click()
    text = page.get_by_test_id("fresh").locator("input").input_value()
    page.get_by_test_id("copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == text
    assert findings(page) == []
    anonymous = page.context.browser
    assert anonymous is not None
    bearer = {"Authorization": f"Bearer {text}"}
    script = anonymous.new_context(ignore_https_errors=True, extra_http_headers=bearer)
    answer = script.request.get(f"{office.url}/api/v1/screenshots")
    assert [item["id"] for item in answer.json()["items"]] == [shot.id for shot in mine]
    page.get_by_test_id("token-done").click()
    page.reload()
    token = page.get_by_test_id("token").filter(has_text="nightly backup")
    expect(token).to_be_visible()
    assert text not in page.content()
    assert text not in json.dumps(page.request.get(f"{office.url}/api/v1/account/tokens").json())
    token.get_by_test_id("revoke").click()
    token.get_by_test_id("revoke-agree").click()
    expect(page.get_by_test_id("token")).to_have_count(0)
    assert script.request.get(f"{office.url}/api/v1/screenshots").status == 401
    script.close()


def test_the_account_page_says_what_is_kept_and_how_long(open_live: OpenLive, office: Album) -> None:
    office.fill(2, "bert")
    page = opened(open_live, office, "sign-in?next=/account", width=360, height=740)
    sign_in(page, "bert")
    storage = page.get_by_test_id("storage")
    expect(storage).to_contain_text("2 screenshots")
    expect(storage).to_contain_text("2.1 GB")
    expect(storage).to_contain_text("until you delete them")
    expect(storage).to_contain_text("30 seconds after deleting")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert findings(page) == []
