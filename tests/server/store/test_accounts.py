from __future__ import annotations

import pytest

from dasa.server import session_exposure, session_rates
from dasa.settings import Settings
from dasa.storage.accounts import FREE_ATTEMPTS, IDLE_MS, MOST_TOKENS, SESSION_MS
from tests.server.store.conftest import PASSWORDS, Desk, Opener


def sign_in(desk: Desk, name: str, password: str, who: str = "", address: str = "10.0.0.9") -> int:
    """The status of an attempt to sign in."""
    return desk.call("POST", "session", who, json={"name": name, "password": password},
                     environ_base={"REMOTE_ADDR": address}).status_code


def test_loopback_has_one_owner(desk: Desk) -> None:
    session = desk.call("GET", "session").json or {}
    assert (session["owner"], session["sign_in"], session["store"]) == ("local", False, True)
    assert session["limits"]["undo_seconds"] == 30
    assert session["limits"]["faces_per_second"] is None
    answer = desk.call("POST", "session", json={"name": "a", "password": "b"})
    assert answer.status_code == 409
    assert desk.call("GET", "account/tokens").status_code == 403
    assert desk.call("DELETE", "session").status_code == 204


def test_sign_in_and_out(office: Desk) -> None:
    assert (office.call("GET", "session", "").json or {})["owner"] is None
    assert office.call("GET", "screenshots", "").status_code == 401
    session = office.call("GET", "session", "anna").json or {}
    assert (session["owner"], session["role"], session["sign_in"]) == ("anna", "user", True)
    office.saved("anna")
    assert office.call("DELETE", "session", "anna").status_code == 204
    answer = office.call("GET", "screenshots", "anna")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_cookies_are_safe(office: Desk) -> None:
    answer = office.call("POST", "session", "", json={"name": "anna", "password": PASSWORDS["anna"]})
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-dasa-session", "__Host-dasa-device"}
    for cookie in cookies:
        attributes = {part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= attributes
        assert not any(part.startswith("Domain") for part in attributes)


def test_without_tls_cookies_have_another_name(open_desk: Opener) -> None:
    desk = open_desk(base="http://dasa.example", host="0.0.0.0")
    desk.app.extensions["dasa"].accounts.add("anna", PASSWORDS["anna"])
    answer = desk.call("POST", "session", "", json={"name": "anna", "password": PASSWORDS["anna"]})
    assert all(cookie.startswith("dasa-") for cookie in answer.headers.getlist("Set-Cookie"))
    assert (desk.call("GET", "session", "").json or {})["owner"] == "anna"


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", "wrong"), ("", ""), ("$ne", "x"),
                                                ("anna", ""), ("ANNA\u0000", "x"), ("local", "x")])
def test_wrong_names_and_passwords_look_alike(untouched_office: Desk, name: str, password: str) -> None:
    answer = untouched_office.call("POST", "session", "", json={"name": name, "password": password})
    assert answer.status_code == 401
    assert (answer.json or {})["type"] == "/problems/sign-in-refused"
    assert "Set-Cookie" not in answer.headers


def test_sessions_end(office: Desk) -> None:
    office.client("anna")
    office.clock.now += IDLE_MS - 1
    assert office.call("GET", "screenshots", "anna").status_code == 200  # a use starts the idle time anew
    office.clock.now += IDLE_MS - 1
    assert office.call("GET", "screenshots", "anna").status_code == 200
    office.clock.now += IDLE_MS
    assert office.call("GET", "screenshots", "anna").status_code == 401
    office.client("bert")
    for _ in range(5):
        office.clock.now += SESSION_MS // 5
        status = office.call("GET", "screenshots", "bert").status_code
    assert status == 401


def test_a_changed_password_ends_all_sessions(office: Desk) -> None:
    first, second = office.client("anna"), office.app.test_client()
    office.people["anna again"] = second
    assert sign_in(office, "anna", PASSWORDS["anna"], "anna again") == 200
    token = (office.call("POST", "account/tokens", "anna", json={"label": "laptop"}).json or {})["token"]
    wrong = office.call("PUT", "account/password", "anna", json={"old": "wrong", "new": "another long password"})
    assert wrong.status_code == 401
    weak = office.call("PUT", "account/password", "anna", json={"old": PASSWORDS["anna"], "new": "short"})
    assert weak.status_code == 422
    right = office.call("PUT", "account/password", "anna",
                        json={"old": PASSWORDS["anna"], "new": "another long password"})
    assert right.status_code == 204
    assert first.get("/api/v1/screenshots", base_url=office.base).status_code == 200  # it got a new session
    assert office.call("GET", "screenshots", "anna again").status_code == 401
    assert sign_in(office, "anna", PASSWORDS["anna"]) == 401
    assert sign_in(office, "anna", "another long password") == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert office.call("GET", "screenshots", "nobody", headers=headers).status_code == 200


def test_tokens(office: Desk) -> None:
    made = office.call("POST", "account/tokens", "anna", json={"label": " my laptop "})
    assert made.status_code == 201
    fresh = made.json or {}
    assert (fresh["label"], fresh["used"]) == ("my laptop", None)
    headers = {"Authorization": f"Bearer {fresh['token']}"}
    office.saved("script", headers=headers)
    assert office.count("anna") == 1
    listed = (office.call("GET", "account/tokens", "anna").json or {})["tokens"]
    assert [entry["id"] for entry in listed] == [fresh["id"]]
    assert "token" not in listed[0]
    assert listed[0]["used"] is not None
    assert fresh["token"] not in str(listed)
    assert office.call("GET", "account/tokens", "script", headers=headers).status_code == 403  # not for scripts
    assert office.call("DELETE", f"account/tokens/{fresh['id']}", "bert").status_code == 404
    assert office.call("DELETE", f"account/tokens/{fresh['id']}", "anna").status_code == 204
    assert office.call("GET", "screenshots", "script", headers=headers).status_code == 401


def test_tokens_are_kept_as_hashes(office: Desk) -> None:
    text = (office.call("POST", "account/tokens", "anna", json={"label": "x"}).json or {})["token"]
    for kept in office.store.accounts.tokens("anna"):
        assert text not in str(kept)
    assert "correct horse" not in str(office.store.accounts.get("anna"))


def test_there_is_a_limit_to_tokens(open_desk: Opener) -> None:
    desk = open_desk(host="0.0.0.0")
    accounts = desk.app.extensions["dasa"].accounts
    accounts.add("anna", PASSWORDS["anna"])
    for n in range(MOST_TOKENS):
        accounts.make_token("anna", str(n))
    assert desk.call("POST", "account/tokens", "anna", json={"label": "one more"}).status_code == 409


def test_guessing_costs_time_and_locks_nobody_else_out(office: Desk) -> None:
    home = office.client("anna")  # her browser has signed in before, from the flask client's own address
    home.delete("/api/v1/session", base_url=office.base)
    guesses = [sign_in(office, "anna", f"guess {n}", address="127.0.0.1") for n in range(FREE_ATTEMPTS + 3)]
    assert guesses == [401] * FREE_ATTEMPTS + [429] * 3
    refused = office.call("POST", "session", "", json={"name": "anna", "password": PASSWORDS["anna"]},
                          environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    # From elsewhere, for another name, and from her own browser even at the guesser's address nothing changed.
    assert sign_in(office, "anna", PASSWORDS["anna"], "elsewhere", "10.1.2.3") == 200
    assert sign_in(office, "bert", PASSWORDS["bert"], "bert here", "127.0.0.1") == 200
    assert sign_in(office, "anna", PASSWORDS["anna"], "anna", "127.0.0.1") == 200
    office.clock.forward(1)
    assert sign_in(office, "anna", "guess", "x", "127.0.0.1") == 401  # one more, and the wait doubles
    office.clock.forward(1.5)
    assert sign_in(office, "anna", PASSWORDS["anna"], "x", "127.0.0.1") == 429
    office.clock.forward(1)
    assert sign_in(office, "anna", PASSWORDS["anna"], "x", "127.0.0.1") == 200


def test_a_stolen_device_cookie_of_another_account_does_not_help(office: Desk) -> None:
    office.client("bert")  # the guesser has an account of his own
    guesses = [sign_in(office, "anna", f"guess {n}", "bert") for n in range(FREE_ATTEMPTS + 1)]
    assert guesses[-1] == 429
    forged = {"Cookie": "__Host-dasa-device=0011223344556677." + "0" * 64}
    answer = office.call("POST", "session", "", headers=forged, json={"name": "anna", "password": "guess"},
                         environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert answer.status_code == 429


def test_networks_of_ipv6_count_as_one(office: Desk) -> None:
    for n in range(FREE_ATTEMPTS):
        assert sign_in(office, "anna", "guess", "", f"2001:db8:1:2::{n}") == 401
    assert sign_in(office, "anna", "guess", "", "2001:db8:1:2:ffff::1") == 429
    assert sign_in(office, "anna", PASSWORDS["anna"], "", "2001:db8:1:3::1") == 200


def test_every_rate_is_for_a_call_that_there_is(office: Desk) -> None:
    assert {*session_rates.RATES, *session_rates.LIVE} <= set(office.app.view_functions)


def test_rates(open_desk: Opener) -> None:
    desk = open_desk(host="0.0.0.0", faces_per_second=2.0)
    for name in ("anna", "bert"):
        desk.app.extensions["dasa"].accounts.add(name, PASSWORDS[name])
    answers = [desk.call("POST", "faces", "anna", data=b"x", content_type="image/jpeg") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 2
    assert refused[0].mimetype == "application/problem+json"
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert desk.call("POST", "faces", "bert", data=b"x", content_type="image/jpeg").status_code != 429
    tries = [sign_in(desk, "nobody", str(n)) for n in range(30)]
    assert tries.count(401) == FREE_ATTEMPTS
    assert tries[-1] == 429


def test_removing_an_account_shuts_it_out(office: Desk) -> None:
    office.saved("anna")
    office.store.accounts.remove("anna")
    assert office.call("GET", "screenshots", "anna").status_code == 401


def test_public_and_private(office: Desk) -> None:
    nobody = office.client("")
    far = {"REMOTE_ADDR": "10.0.0.9"}
    for path in ("/healthz", "/api/v1/bundle", "/openapi.json", "/api/v1/session"):
        assert nobody.get(path, base_url=office.base, environ_base=far).status_code == 200, path
    for path in ("/readyz", "/metrics", "/api/v1/screenshots", "/api/v1/screenshots/totals",
                 "/api/v1/screenshots/archive", "/api/v1/account/tokens"):
        answer = nobody.get(path, base_url=office.base, environ_base=far)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), path
    for path in ("/api/v1/faces", "/api/v1/frames"):
        assert nobody.post(path, base_url=office.base, data=b"x", content_type="image/jpeg").status_code == 401
    assert nobody.get("/nowhere", base_url=office.base, environ_base=far).status_code == 404
    metrics = office.client("bert").get("/metrics", base_url=office.base, environ_base=far)
    assert metrics.status_code == 403
    assert office.client("chief").get("/metrics", base_url=office.base, environ_base=far).status_code == 200


def test_whether_somebody_could_sign_in(office: Desk, tmp_path: object) -> None:
    settings = office.app.extensions["dasa"].settings
    assert session_exposure.has_accounts(settings)
    assert not session_exposure.has_accounts(Settings(store=f"sqlite:///{tmp_path}/empty.db"))
    assert session_exposure.has_accounts(Settings(store="mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=100"))
