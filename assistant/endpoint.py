"""The language model behind an endpoint: OpenAI-compatible or Ollama, through LlamaIndex's clients.

The only importer of these clients, and only once a model is asked. Every failure becomes a RemoteError whose message
holds neither the key nor the prompt.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol

from store.errors import InputError, RemoteError

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM

LARGEST_REPLY_BYTES = 1_000_000
_UNSUPPORTED = frozenset((400, 404, 415, 422, 501))
"""What endpoints answer to a schema that they don't know."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote, and the tokens that the endpoint says it cost; None where it does not say."""

    text: str
    tokens: int | None


class LanguageModel(Protocol):
    """Messages to text."""

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        """Raises RemoteError. `schema` is the JSON schema that the text is to follow."""
        ...


class Endpoint:
    """A model at an address. Thread-safe; nothing is sent before the first question."""

    def __init__(
        self,
        kind: Literal["openai", "ollama"],
        url: str,
        model: str,
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        answer_tokens: int = 700,
        context_tokens: int = 4000,
    ) -> None:
        """`timeout` in seconds, of a whole call. Raises InputError for an address or key that can't be one."""
        if not url.startswith(("http://", "https://")):
            raise InputError(f"writer.url is {url!r}; it begins with http:// or https://")
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise InputError("writer.api_key holds characters that a key can't have; is it the right file?")
        self._kind = kind
        self._url = url.rstrip("/").removesuffix("/chat/completions")
        self._model = model
        self._api_key = api_key
        self._timeout = timeout
        self._answer_tokens = answer_tokens
        self._context_tokens = context_tokens
        self._client: LLM | None = None
        self._making = Lock()

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        from llama_index.core.llms import ChatMessage

        asked = [ChatMessage(role=message.role, content=message.text) for message in messages]
        try:
            reply = self._llm().chat(asked, **self._form(schema))
            text, raw = reply.message.content, reply.raw
        except Exception as error:
            raise self._failure(error, schema is not None) from error
        return Completion(text or "", _tokens(raw))

    def _form(self, schema: Mapping[str, Any] | None) -> dict[str, Any]:
        if schema is None:
            return {}
        if self._kind == "ollama":
            return {"format": dict(schema)}
        form = {"name": "answer", "strict": True, "schema": dict(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": form}}

    def _llm(self) -> LLM:
        with self._making:
            if self._client is None:
                self._client = self._ollama() if self._kind == "ollama" else self._openai()
            return self._client

    def _openai(self) -> LLM:
        import httpx
        from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]

        client: LLM = OpenAILike(
            model=self._model,
            api_base=self._url,
            api_key=self._api_key or "none",
            is_chat_model=True,
            temperature=0.0,
            max_tokens=self._answer_tokens,
            context_window=self._context_tokens,
            max_retries=0,
            timeout=self._timeout,
            http_client=httpx.Client(transport=_bounded(self._timeout), timeout=self._timeout),
        )
        return client

    def _ollama(self) -> LLM:
        from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]
        from ollama import Client

        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        http = Client(
            self._url.removesuffix("/v1"),
            headers=headers,
            timeout=self._timeout,
            follow_redirects=False,
            transport=_bounded(self._timeout),
        )
        client: LLM = Ollama(
            model=self._model,
            temperature=0.0,
            context_window=self._context_tokens,
            additional_kwargs={"num_predict": self._answer_tokens},
            client=http,
        )
        return client

    def _failure(self, error: Exception, with_schema: bool) -> RemoteError:
        """One line and a reason; the libraries' own messages may hold the request."""
        import httpx

        chain = list(_chain(error))
        status = next((s for e in chain if isinstance(s := getattr(e, "status_code", None), int) and s > 0), None)
        if any(isinstance(e, httpx.TimeoutException) for e in chain):
            said, reason = f"no answer within {self._timeout:g} seconds", "slow"
        elif any(isinstance(e, httpx.ConnectError | ConnectionRefusedError) for e in chain) or (
            self._kind == "ollama" and isinstance(error, ConnectionError)
        ):
            said, reason = "no connection", "refused"
        elif status is not None:
            said = f"HTTP {status}"
            reason = "unsupported" if with_schema and status in _UNSUPPORTED else "failed"
        else:
            said, reason = f"not an answer of this protocol ({type(error).__name__})", "failed"
        failure = RemoteError(f"language model {self._model} at {self._url}: {said}; see writer in docs/settings.md")
        failure.reason = reason  # type: ignore[assignment]
        return failure


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _tokens(raw: Any) -> int | None:  # noqa: ANN401
    """Total tokens as the endpoint counted them."""
    usage = raw.get("usage") if isinstance(raw, dict) else getattr(raw, "usage", None)
    total = usage.get("total_tokens") if isinstance(usage, dict) else getattr(usage, "total_tokens", None)
    return total if isinstance(total, int) and total > 0 else None


def _bounded(seconds: float) -> httpx.BaseTransport:
    """A transport that bounds a whole reply in time and size: httpx's own timeout starts anew with every byte."""
    import httpx

    class Bounded(httpx.SyncByteStream):
        def __init__(self, inner: httpx.SyncByteStream, until: float) -> None:
            self._inner, self._until = inner, until

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for piece in self._inner:
                size += len(piece)
                if size > LARGEST_REPLY_BYTES:
                    raise httpx.ReadError("the reply is too large")
                if time.monotonic() > self._until:
                    raise httpx.ReadTimeout("the reply took too long")
                yield piece

        def close(self) -> None:
            self._inner.close()

    class Transport(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            until = time.monotonic() + seconds
            response = super().handle_request(request)
            assert isinstance(response.stream, httpx.SyncByteStream)
            response.stream = Bounded(response.stream, until)
            return response

    return Transport(limits=httpx.Limits(max_keepalive_connections=0))  # nothing is left open that nobody closes


class DayBudget:
    """Tokens that may be spent in a day (UTC), by this process."""

    def __init__(self, tokens: int) -> None:
        """`tokens` 0: no bound."""
        self._tokens = tokens
        self._spent = 0
        self._day: datetime.date | None = None
        self._lock = Lock()

    @property
    def spent(self) -> int:
        return self._spent

    def take(self, tokens: int) -> bool:
        """Set tokens aside for a call; False where they would go beyond the bound."""
        with self._lock:
            today = datetime.datetime.now(datetime.UTC).date()
            if today != self._day:
                self._day, self._spent = today, 0
            if self._tokens and self._spent + tokens > self._tokens:
                return False
            self._spent += tokens
            return True

    def give_back(self, tokens: int) -> None:
        """What a call did not use; negative where it used more."""
        with self._lock:
            self._spent = max(0, self._spent - tokens)
