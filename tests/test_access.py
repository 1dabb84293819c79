"""Who is let in, with which role, and by which key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from houses import GROUPS, PROXY, application, client, fill, settings_of
from served import run
from words import WordEmbedder

from store.access import FILE, AccessDatabase, Keys
from store.errors import InputError, SignInError
from store.statements import StatementStore
from store.types import Header
from ui.access import Access, check
from ui.settings import Settings, load

OPEN = {
    "a.txt": (Header("XX.DEL/1/20", "en", distribution="General"), ["The harbour holds fourteen anchor chains."]),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "store")


@pytest.fixture
def keys(settings: Settings) -> Iterator[Keys]:
    with closing(AccessDatabase(settings.store.folder)) as database:
        yield Keys(database)


@pytest.fixture
def app(settings: Settings, keys: Keys) -> Iterator[FastAPI]:
    with StatementStore.open(settings.store.folder, WordEmbedder()) as store:
        fill(store, OPEN)
        with application(settings, store, Access(settings.access, keys)) as made:
            yield made


def test_without_sign_in_only_this_machine_is_served() -> None:
    check(load(environment={}))
    for host in ("0.0.0.0", "::", "192.0.2.7", ""):
        with pytest.raises(InputError, match="open_to_everyone_on_the_network"):
            check(load(environment={}, overrides={"server.host": host}))
        forced = {"server.host": host, "access.open_to_everyone_on_the_network": True}
        check(load(environment={}, overrides=forced))


def test_the_server_does_not_start_open_to_the_network(tmp_path: Path) -> None:
    done = run("--store", tmp_path / "store", "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.code == 2
    assert "access.open_to_everyone_on_the_network" in done.err


def test_half_a_sign_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"access\.groups is empty"):
        check(settings_of(tmp_path, groups={}))
    with pytest.raises(InputError, match=r"access\.proxy_addresses names none"):
        check(settings_of(tmp_path, proxy_addresses=[]))
    with pytest.raises(InputError, match=r"access\.groups\.public: statements can not be kept apart"):
        check(settings_of(tmp_path))
    check(settings_of(tmp_path, groups={"desk": GROUPS["desk"]}))
    with pytest.raises(InputError, match="is no address"):
        settings_of(tmp_path, proxy_addresses=["proxy.example"])


def test_nobody_reads_anything_without_signing_in(app: FastAPI) -> None:
    nobody = client(app)
    for method, path in (
        ("GET", "/api/status"), ("GET", "/api/statements"), ("GET", "/api/statements/XX.DEL/1/20"),
        ("POST", "/api/ask"), ("POST", "/api/search"), ("GET", "/api/report"), ("GET", "/api/uploads"),
        ("POST", "/api/uploads"), ("GET", "/api/doctor"), ("GET", "/api/none"), ("GET", "/openapi.json"),
        ("GET", "/"), ("GET", "/config"), ("GET", "/gradio_api/info"), ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data?session_hash=x"), ("GET", "/statements/XX.DEL/1/20"), ("GET", "/admin"),
    ):  # fmt: skip
        reply = nobody.request(method, path, headers={"Accept": "application/json"})
        assert reply.status_code == 401, (path, reply.text)
        assert "anchor" not in reply.text
        assert reply.headers["x-content-type-options"] == "nosniff"
        if path.startswith("/api/"):
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.headers["www-authenticate"].startswith("Bearer")
    page = nobody.get("/", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert nobody.get("/healthz").status_code == 200


def test_the_proxy_is_believed_and_nobody_else(app: FastAPI) -> None:
    assert client(app, "Ann", "public").get("/api/status").status_code == 200
    assert client(app, "Ann", "public", peer="10.0.0.6").get("/api/status").status_code == 401
    assert client(app, "Ann", "public", peer="10.0.0.6", X_Forwarded_For=PROXY).get("/api/status").status_code == 401
    assert client(app, "Ann", "unheard").get("/api/status").status_code == 403
    assert client(app, "Ann").get("/api/status").status_code == 403
    twice = [("X-Forwarded-User", "Ann"), ("X-Forwarded-User", "Eve"), ("X-Forwarded-Groups", "staff")]
    assert client(app).get("/api/status", headers=twice).status_code == 401


@pytest.mark.parametrize(
    ("group", "allowed"), [("staff", set()), ("desk", {"/api/uploads"}), ("registry", {"/api/uploads", "/admin"})]
)
def test_roles(app: FastAPI, group: str, allowed: set[str]) -> None:
    person = client(app, "Ann", group)
    if "/admin" in allowed:
        allowed = allowed | {"/api/report", "/api/doctor"}
    for path in ("/api/uploads", "/admin", "/api/report", "/api/doctor"):
        assert person.get(path).status_code == (200 if path in allowed else 403), path
    sent = person.post("/api/uploads", files=[("files", ("a.exe", b"MZ"))])
    assert sent.status_code == (202 if "/api/uploads" in allowed else 403)


def test_another_site_changes_nothing(app: FastAPI) -> None:
    ann = client(app, "Ann", "public")
    body = {"question": "Which anchor chains?"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://outside.invalid"}, {"Origin": "null"}):
        for path in ("/api/ask", "/gradio_api/queue/join"):
            assert ann.post(path, json=body, headers=headers).status_code == 403, (path, headers)
    assert ann.post("/api/ask", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert ann.post("/api/ask", json=body, headers={"Origin": "http://testserver"}).status_code == 200


def test_a_key_counts_until_it_is_revoked(app: FastAPI, keys: Keys, settings: Settings) -> None:
    key, text = keys.add("archive", "reader", ["staff"], None)
    program = client(app, peer="192.0.2.1", Authorization=f"Bearer {text}")
    assert program.get("/api/status").status_code == 200
    assert program.get("/api/report").status_code == 403
    assert program.post("/api/ask", json={"question": "Which chains?"}).status_code == 200
    for wrong in (text[:-1], text + "a", f"stk_{key.id}_", "stk", "", "stk_0000000000_x", text.swapcase()):
        reply = client(app, peer="192.0.2.1", Authorization=f"Bearer {wrong}").get("/api/status")
        assert reply.status_code == 401, wrong
    kept = b"".join(path.read_bytes() for path in settings.store.folder.glob(f"{FILE}*"))
    assert key.id.encode() in kept
    assert text.encode() not in kept
    assert text.rpartition("_")[2].encode() not in kept

    keys.revoke("archive")
    reply = program.get("/api/status")
    assert (reply.status_code, reply.json()["detail"]) == (401, "the key archive was revoked")


def test_a_key_ends_with_its_day(keys: Keys) -> None:
    now = datetime.now(UTC)
    _, text = keys.add("late", "reader", ["staff"], now + timedelta(days=1))
    assert keys.known(text).name == "late"
    _, over = keys.add("over", "reader", ["staff"], now - timedelta(seconds=1))
    with pytest.raises(SignInError, match="expired"):
        keys.known(over)


def test_keys_from_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    groups = "\n".join(f'[access.groups.{name}]\nmarks = "*"' for name in GROUPS)
    config.write_text(f'[access]\nsign_in = "keys"\n{groups}\n', encoding="utf-8")
    call = ("--store", tmp_path / "store", "--config", config, "keys")
    made = run(*call, "add", "archive", "--role", "editor", "--group", "staff", "--expires", "2999-01-31")
    assert made.code == 0, made.err
    with closing(AccessDatabase(tmp_path / "store")) as database:
        known = Keys(database).known(made.out.strip())
    assert (known.name, known.role, known.groups) == ("archive", "editor", ("staff",))
    listed = run(*call, "list", "--json").out
    assert "archive" in listed
    assert made.out.strip() not in listed
    assert "2999-02-01T00:00:00" in listed
    assert run(*call, "add", "archive", "--group", "staff").code == 2
    assert run(*call, "add", "other", "--group", "unheard").code == 2
    assert run(*call, "add", "other", "--group", "staff", "--role", "king").code == 2
    assert run(*call, "add", "other", "--group", "staff", "--expires", "2001-01-01").code == 2
    assert run(*call, "revoke", "archive").code == 0
    assert run(*call, "revoke", "archive").code == 1
    assert "revoked" in run(*call, "list").out
