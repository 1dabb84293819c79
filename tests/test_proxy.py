"""The application under a sub-path, behind Debian's nginx with the configurations of `docs/deployment.md`."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser
from served import CHROMIUM, ROOT
from small import HARBOUR, free_socket, running, small_app, small_store

from store.errors import InputError
from ui import settings

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
DOCUMENTED = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deployment.md").read_text("utf-8"), re.DOTALL)
WHOLE = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; absolute_redirect off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location = /favicon.ico {{ return 204; }}  # a browser asks for it beside the icon that a page names
    {location}
  }}
}}
"""
QUESTION = "How many anchor chains does the harbour hold?"
with_nginx = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is absent: apt-get install nginx-light")


@dataclass(frozen=True)
class Proxied:
    outside: str
    """Address of the proxy, with the sub-path."""
    inside: str
    """The server's own, without it."""


@contextmanager
def proxy(folder: Path, location: str) -> Iterator[str]:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder, port=port, location=location))
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "e.log")]
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "e.log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module", params=[0, 1], ids=["stripping", "keeping"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("proxied")
    with free_socket() as listener:
        inside = f"127.0.0.1:{listener.getsockname()[1]}"
        location = DOCUMENTED[request.param].replace("127.0.0.1:7860", inside)
        with running(folder, listener, root_path="/assistant"), proxy(folder / "nginx", location) as outside:
            yield Proxied(f"{outside}/assistant", f"http://{inside}")


def test_two_configurations_are_documented() -> None:
    assert ["7860/;" in one for one in DOCUMENTED] == [True, False]


@with_nginx
def test_pages_and_interface_are_below_the_path(proxied: Proxied) -> None:
    with httpx.Client(trust_env=False, timeout=30) as http:
        bare = http.get(proxied.outside)
        page = http.get(f"{proxied.outside}/statements/XX.DEL/1/18")
        answer = http.post(f"{proxied.outside}/api/ask", json={"question": QUESTION})
        script = http.get(f"{proxied.outside}/widget.js")
        document = http.get(f"{proxied.outside}/openapi.json").json()
        missing = http.get(f"{proxied.outside}/api/nothing")

    assert bare.is_redirect
    assert urlsplit(bare.headers["location"]).path == "/assistant/"
    assert HARBOUR in page.text
    assert "script" not in page.headers["content-security-policy"]
    assert {urlsplit(link).path.split("/")[1] for link in re.findall(r'(?:href|src)="(/[^"]*)"', page.text)} == {
        "assistant"
    }
    assert answer.json()["status"] == "answered"
    assert script.headers["content-type"].startswith("text/javascript")
    assert document["servers"] == [{"url": "/assistant"}]
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


@with_nginx
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium")
def test_a_question_is_answered_and_its_statement_opened_through_the_proxy(browser: Browser, proxied: Proxied) -> None:
    page = browser.new_page()
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{proxied.outside}/")
    page.wait_for_selector("#log .welcome")
    page.fill("#question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("#log .answer:not(.pending)")
    assert f"“{HARBOUR}”" in page.locator("#log .claim .quote").all_inner_texts()

    opened = page.locator('#panel .open a[href*="XX.DEL/1/18"] >> nth=0').evaluate("link => link.href")
    page.goto(opened)
    assert page.inner_text("mark") == HARBOUR
    assert errors == []
    outside = [url for url in asked if url.startswith("http") and not url.startswith(f"{proxied.outside}/")]
    assert outside == []
    page.close()


@pytest.mark.parametrize("path", ["/status", "/assistant/status"])
def test_a_path_is_the_same_with_and_without_what_a_proxy_may_take_away(tmp_path: Path, path: str) -> None:
    with small_store(tmp_path) as store, TestClient(small_app(store, root_path="/assistant/")) as http:
        page = http.get(path.replace("status", "statements/XX.DEL/1/18"))
        static = http.get(path.replace("status", "ui/statement.css"))
        admin = http.get(path.replace("status", "admin"))

    assert '<a href="/assistant/">' in page.text
    assert static.status_code == 200
    assert admin.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/statements", "of the application itself"),
        ("/api/x", "of the application itself"),
        ("assistant", "not a path"),
        ("//other.example.org", "not a path"),
        ("/a b", "not a path"),
        ("/a\r\nX: y", "not a path"),
    ],
)
def test_what_is_no_sub_path_is_refused(path: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings.load(environment={}, overrides={"server.root_path": path})
