"""Upload and report in the interface: who may, what is kept, what is refused, how it looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize
from served import CHROMIUM, serving
from test_chat import PHONE
from test_pipeline import TEXT

from ui.intake import MOST_NAME_BYTES, safe_name

PATIENCE = 120.0
HOSTILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("upload") / "store"


@pytest.fixture(scope="module")
def address(place: Path, models_folder: Path) -> Iterator[str]:
    with serving(place) as found:
        yield found


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        yield client


def statement(number: int) -> bytes:
    return TEXT.format(number=number).encode()


def upload(http: httpx.Client, *files: tuple[str, bytes], **headers: str) -> httpx.Response:
    return http.post("/api/uploads", files=[("files", file) for file in files], headers=headers)


def done(http: httpx.Client) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        work = dict(http.get("/api/uploads").json()["uploads"])
        if not work["running"] and work["finished"]:
            return work
        assert time.monotonic() < deadline, work
        time.sleep(0.1)


def codes(http: httpx.Client) -> set[str]:
    return {one["code"] for one in http.get("/api/statements").json()["statements"]}


def test_files_are_taken_in_and_what_cannot_be_is_said(http: httpx.Client, place: Path) -> None:
    reply = upload(
        http,
        ("../../one.txt", statement(1)),
        ("same name.txt", statement(2)),
        ("same name.txt", statement(3)),
        ("again.txt", statement(1)),
        ("program.exe", b"MZ\x00\x01"),
        ("empty.txt", b""),
        ("README.txt", b"About this."),
    )
    assert reply.status_code == 202, reply.text
    body = reply.json()
    assert body["received"] == ["one.txt", "same name.txt", "same name.txt", "empty.txt"]
    reasons = {one["file"]: one["reason"] for one in body["refused"]}
    assert set(reasons) == {"again.txt", "program.exe", "README.txt"}
    assert reasons["again.txt"] == "is here already, as one.txt"
    assert "is not read" in reasons["program.exe"]
    report = done(http)["report"]
    assert report["taken"] == 3
    assert [one["reason"] for one in report["refused"]] == ["holds no text"]
    assert codes(http) >= {"XX.DEL/1/20", "XX.DEL/2/20", "XX.DEL/3/20"}
    kept = sorted(path.name for path in (place / "uploads").rglob("*") if path.is_file())
    assert kept == ["one.txt", "same name.txt", "same name.txt"]
    assert not list(place.parent.rglob("../one.txt"))
    again = upload(http, ("other name.txt", statement(2))).json()
    assert again["received"] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://outside.invalid"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "outside.invalid"}, 403),
        ({"X-Forwarded-For": "192.0.2.7"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 422),
        ({}, 422),
    ],
)
def test_another_site_can_send_nothing(http: httpx.Client, headers: dict[str, str], status: int) -> None:
    for path in ("/api/uploads", "/admin"):
        reply = http.post(path, files=[("other", ("a.txt", statement(9)))], headers=headers)
        assert reply.status_code == status, (path, reply.text)
    assert "XX.DEL/9/20" not in codes(http)


def test_a_name_that_points_here_reads_nothing(http: httpx.Client) -> None:
    for path in ("/admin", "/api/report", "/api/uploads"):
        assert http.get(path).status_code == 200
        assert http.get(path, headers={"Host": "outside.invalid"}).status_code == 403


def test_no_simple_form_and_not_too_many_files(http: httpx.Client) -> None:
    assert http.post("/api/uploads", data={"files": "x"}).status_code == 415
    many = [(f"{number}.txt", b"x") for number in range(21)]
    assert upload(http, *many).status_code == 400


def test_a_file_is_bounded(place: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("served.environment", _with(STATEMENTS_SERVER_UPLOAD_BYTES="2000"))
    with (
        serving(place.with_name("bounded")) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as http,
    ):
        body = upload(http, ("large.txt", b"x" * 2001), ("small.txt", statement(1))).json()
        assert body["refused"] == [{"file": "large.txt", "member": "", "reason": "is larger than 2,000 bytes"}]
        assert body["received"] == ["small.txt"]
        assert upload(http, ("huge.txt", b"x" * 1_100_000)).status_code == 413
        assert http.post("/api/search", content=b"x" * 1_001_000).status_code == 413
        done(http)


@pytest.mark.parametrize(("host", "setting"), [("0.0.0.0", "auto"), ("127.0.0.1", "off")])
def test_it_is_not_offered(
    place: Path, models_folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, setting: str
) -> None:
    forced = {"STATEMENTS_ACCESS_OPEN_TO_EVERYONE_ON_THE_NETWORK": "true"}
    monkeypatch.setattr("served.environment", _with(STATEMENTS_SERVER_UPLOAD=setting, **forced))
    with (
        serving(place.with_name(f"closed-{setting}"), "--host", host) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as http,
    ):
        for path in ("/admin", "/api/report", "/api/uploads"):
            assert http.get(path).status_code == 404, path
        assert upload(http, ("a.txt", statement(1))).status_code in (404, 413)
        assert http.post("/admin", files=[("files", ("a.txt", statement(1)))]).status_code == 404


def _with(**more: str) -> Any:  # noqa: ANN401
    from served import environment

    return lambda: environment(**more)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\scans\\a.pdf", "a.pdf"),
        ("a\x00b\u202ecod.txt", "abcod.txt"),
        (".hidden.txt", "hidden.txt"),
        ("..", "upload"),
        ("", "upload"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_long_names_are_cut_and_keep_their_ending() -> None:
    name = safe_name("я" * 500 + ".docx")
    assert name.endswith("я.docx")
    assert len(name.encode()) <= MOST_NAME_BYTES


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium")
@pytest.mark.parametrize(("scheme", "size"), [("light", {"width": 1200, "height": 800}), ("dark", PHONE)])
def test_the_page_works_without_scripts(
    browser: Browser,
    address: str,
    http: httpx.Client,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
    tmp_path: Path,
) -> None:
    page = browser.new_context(java_script_enabled=False, color_scheme=scheme, viewport=size).new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    number = 40 + size["width"]
    page.goto(f"{address}/admin")
    page.set_input_files(
        "#files",
        [
            {"name": f"<b>{number}</b>.txt", "mimeType": "text/plain", "buffer": statement(number)},
            {"name": HOSTILE, "mimeType": "text/plain", "buffer": b"The seventh boat of %d is late today." % number},
        ],
    )
    page.get_by_role("button", name="Take in").click()
    page.wait_for_url("**/admin")
    done(http)
    page.goto(f"{address}/admin")
    assert "2 taken in" in page.inner_text("section:nth-of-type(2)")
    assert "code made from file name" in page.inner_text("main")
    assert page.locator("main img, main b, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_input_files("#files", [{"name": "a.exe", "mimeType": "text/plain", "buffer": b"MZ"}])
    page.get_by_role("button", name="Take in").click()
    page.wait_for_selector("text=is not read")
    page.screenshot(path=str(tmp_path / "admin.png"), full_page=True)
    assert [line for line in errors if "422" not in line] == []
