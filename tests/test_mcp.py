"""The Model Context Protocol, spoken by the SDK's own client over HTTP and over a pipe."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent, TextResourceContents
from served import ROOT, environment, sample_server, sample_store
from small_app import HARBOUR, REFUSED, listening, small_server
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from store.types import Filters
from ui import render
from ui.mcp_server import PAGE, http_routes, mcp_server

TOOLS = {"ask", "search", "list_statements", "get_statement"}
INSPECTOR = shutil.which("mcp-inspector")
T = TypeVar("T")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with small_server(tmp_path_factory.mktemp("mcp") / "store") as address:
        yield address


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both generations of the protocol: without and with a handshake."""
    return str(request.param)


def talk(server: Any, work: Callable[[Client], Awaitable[T]], mode: str = "auto") -> T:  # noqa: ANN401  as Client
    async def run() -> T | MCPError:
        async with Client(server, mode=mode) as client:
            try:
                return await work(client)
            except MCPError as error:  # raised from here it would come out wrapped in a group
                return error

    found = anyio.run(run)
    if isinstance(found, MCPError):
        raise found
    return found


def call(address: str, tool: str, mode: str = "auto", **arguments: object) -> CallToolResult:
    return talk(f"{address}/mcp", lambda client: client.call_tool(tool, dict(arguments)), mode)


def content(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    return dict(result.structured_content or {})


def said(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_the_tools_say_that_they_only_read(address: str, mode: str) -> None:
    tools = talk(f"{address}/mcp", lambda client: client.list_tools(), mode).tools

    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.output_schema is not None


@pytest.mark.parametrize("question", [HARBOUR, REFUSED])
def test_ask_gives_the_answer_of_the_other_ways_in(address: str, mode: str, question: str) -> None:
    answer = httpx.post(f"{address}/api/ask", json={"question": question}).json()

    assert lasting(content(call(address, "ask", mode, question=question))) == lasting(answer)


def test_search_and_its_filters(address: str) -> None:
    found = content(call(address, "search", question="weir", language=["German"], limit=2))

    assert [passage["language"] for passage in found["passages"]] == ["de"]
    assert found["filters"]["language"] == ["de"]


def test_statements_are_listed_in_pages_and_filtered(address: str) -> None:
    everything = httpx.get(f"{address}/api/statements").json()["statements"]
    first = content(call(address, "list_statements", limit=1))
    second = content(call(address, "list_statements", limit=1, offset=1))

    assert first["more"]
    assert first["statements"] + second["statements"] == everything[:2]
    assert [s["code"] for s in content(call(address, "list_statements", delegation=["Ruritania"]))["statements"]] == [
        "XX.DEL/1/20"
    ]


def test_a_statement_in_any_spelling(address: str) -> None:
    page = content(call(address, "get_statement", code="xx.del 2 20", language="de"))

    assert (page["code"], page["language"]) == ("XX.DEL/2/20", "de")
    assert page == httpx.get(f"{address}/api/statements/XX.DEL/2/20", params={"language": "de"}).json()


def test_every_statement_is_a_resource(address: str, mode: str) -> None:
    async def read(client: Client) -> dict[str, str]:
        texts = {}
        for resource in (await client.list_resources()).resources:
            (part,) = (await client.read_resource(resource.uri)).contents
            assert isinstance(part, TextResourceContents)
            texts[resource.name] = part.text
        return texts

    texts = talk(f"{address}/mcp", read, mode)

    assert set(texts) == {"XX.DEL/1/20 en", "XX.DEL/2/20 en", "XX.DEL/2/20 de", "MC(27).JOUR/1 Annex 2 en"}
    assert "[2] The harbour office would have nine clerks." in texts["XX.DEL/1/20 en"]
    assert "Das" not in texts["XX.DEL/2/20 en"]
    assert "names the harbour" in texts["MC(27).JOUR/1 Annex 2 en"]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {"question": " "}, "empty"),
        ("ask", {"question": "x", "issued_from": "soon"}, "not a date"),
        ("ask", {"question": "x", "language": ["Klingon!"]}, "not a language"),
        ("search", {"question": "x", "limit": 1000}, "100"),
        ("list_statements", {"limit": 0}, "1"),
        ("list_statements", {"code": ["x"] * 51}, "50"),
        ("get_statement", {"code": "ZZ.DEL/9/99"}, "no statement"),
        ("get_statement", {}, "code"),
        ("delete", {}, "Unknown tool"),
    ],
)
def test_what_cannot_be_done_is_told(address: str, tool: str, arguments: dict[str, Any], words: str) -> None:
    result = call(address, tool, **arguments)

    assert result.is_error
    assert words in said(result)


@pytest.mark.parametrize("uri", ["statement:///ZZ.DEL/9/99", "file:///etc/passwd", "statement:///../../etc/passwd"])
def test_a_resource_that_is_not_there(address: str, mode: str, uri: str) -> None:
    with pytest.raises(MCPError):
        talk(f"{address}/mcp", lambda client: client.read_resource(uri), mode)


@pytest.mark.skipif(
    INSPECTOR is None, reason="needs the command mcp-inspector: npm install @modelcontextprotocol/inspector"
)
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "tools/list"], "list_statements"),
        (["--method", "tools/call", "--tool-name", "list_statements", "--tool-arg", "limit=1"], "MC(27).JOUR/1"),
        (["--method", "resources/read", "--uri", "statement:///XX.DEL/2/20?language=de"], "Sylvanien"),
    ],
)
def test_the_inspector_reads_it(address: str, arguments: list[str], words: str) -> None:
    command = [str(INSPECTOR), "--cli", f"{address}/mcp", "--transport", "http", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def test_what_is_sent_is_bounded_and_comes_from_this_machine(address: str) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    large = b'{"x": "' + b"x" * 1_100_000 + b'"}'

    assert httpx.post(f"{address}/mcp", content=large, headers=headers).status_code == 413
    assert httpx.post(f"{address}/mcp", content=b"{", headers=headers).status_code == 400
    foreign = {**headers, "Host": "outside.invalid"}
    assert httpx.post(f"{address}/mcp", content=b"{}", headers=foreign).status_code == 421
    assert httpx.post(f"{address}/mcp", content=b"{}", headers=headers).headers["x-request-id"]


class Many:
    """A reader of so many statements that they do not fit on one page; it notes for whom it is asked."""

    def __init__(self) -> None:
        self.asked_by: set[str] = set()

    def ask(self, question: str, filters: Filters) -> render.AnswerJson:
        raise RuntimeError("the insides")

    def search(self, question: str, filters: Filters, limit: int) -> render.SearchJson:
        raise RuntimeError("the insides")

    def statement(self, code: str, part: str | None, language: str | None) -> render.StatementPageJson:
        raise RuntimeError("the insides")

    def page(self, filters: Filters, limit: int, offset: int) -> render.StatementListJson:
        self.asked_by.add(ASKING.get())
        rows = [row(number) for number in range(offset, min(offset + limit, 2 * PAGE + 1))]
        return {"statements": rows, "limit": limit, "offset": offset, "more": offset + limit < 2 * PAGE + 1}


ASKING: ContextVar[str] = ContextVar("ASKING", default="nobody")


def row(number: int) -> render.StatementJson:
    return {
        "code": f"XX.DEL/{number}/20", "part": None, "language": "en", "original_language": None, "issued": None,
        "event_from": None, "event_to": None, "title": None, "speaker": None, "delegation": None,
        "distribution": None, "meeting": None, "code_made": False, "superseded_by": None, "file": "x.txt",
        "doubts": [], "paragraph_count": 1, "url": "/",
    }  # fmt: skip


def test_resources_come_in_pages() -> None:
    async def read(client: Client) -> list[int]:
        sizes, cursor = [], None
        while not sizes or cursor:
            page = await client.list_resources(cursor=cursor)
            sizes.append(len(page.resources))
            cursor = page.next_cursor
        return sizes

    assert talk(mcp_server(Many()), read) == [PAGE, PAGE, 1]
    with pytest.raises(MCPError, match="cursor"):
        talk(mcp_server(Many()), lambda client: client.list_resources(cursor="-1"))


def test_a_failure_of_the_program_is_told_without_its_insides() -> None:
    result = talk(mcp_server(Many()), lambda client: client.call_tool("ask", {"question": "x"}))

    assert result.is_error
    assert "insides" not in said(result)


def test_a_tool_runs_in_the_context_of_its_request(mode: str) -> None:
    """Who asks is known from the request on, in a variable of the context."""
    reader = Many()
    server = mcp_server(reader)
    inner = Starlette(routes=http_routes(server, "127.0.0.1"), lifespan=lambda app: server.session_manager.run())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ASKING.set(Headers(scope=scope).get("user-agent", "") if scope["type"] == "http" else "")
        await inner(scope, receive, send)

    async def work(client: Client) -> None:
        await client.list_resources()
        await client.call_tool("list_statements", {})

    with listening(app) as address:
        talk(f"{address}/mcp", work, mode)

    assert len(reader.asked_by) == 1
    assert "httpx" in reader.asked_by.pop()


def pipe(store: Path) -> StdioServerParameters:
    command = ["-m", "ui", "--store", str(store), "mcp"]
    return StdioServerParameters(command=sys.executable, args=command, env=environment(), cwd=ROOT)


def test_over_a_pipe_the_running_server_is_asked() -> None:
    address = sample_server()
    question = "How many duty officers would suffice for the Centre?"

    async def work(client: Client) -> tuple[set[str], CallToolResult]:
        return {tool.name for tool in (await client.list_tools()).tools}, await client.call_tool(
            "ask", {"question": question}
        )

    tools, result = talk(pipe(sample_store()), work)
    answer = httpx.post(f"{address}/api/ask", json={"question": question}, trust_env=False, timeout=60).json()

    assert tools == TOOLS
    assert answer["status"] == "answered"
    assert lasting(content(result)) == lasting(answer)


def test_over_a_pipe_the_store_is_opened_where_no_server_runs(tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(sample_store(), store, ignore=shutil.ignore_patterns("*.lock"))

    async def work(client: Client) -> CallToolResult:
        return await client.call_tool("list_statements", {"code": ["CC.DEL/14/19"]})

    assert [s["code"] for s in content(talk(pipe(store), work))["statements"]] == ["CC.DEL/14/19"]
