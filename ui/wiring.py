"""Settings to store and assistant: the only place where parts are joined."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from store.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path
    from threading import Event

    import numpy as np
    from numpy.typing import NDArray

    from assistant.assistant import Assistant
    from assistant.writers import Writer
    from ingest.pipeline import IngestReport
    from store.statements import StatementStore
    from store.types import Embedder, Vectors
    from ui.access import Access
    from ui.settings import Settings

    Progress = Callable[[int, int], None]

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""What keeps the libraries from calling home; read by them when they are imported."""


def stay_quiet() -> None:
    """To be called before any heavy library is imported."""
    os.environ.update(QUIET)


def open_store(
    settings: Settings, *, address: str | None = None, any_index: bool = False, wary: bool = False
) -> StatementStore:
    """The store of the settings, to be closed by the caller. `any_index` is for a rebuild, `wary` for a check."""
    stay_quiet()
    from ingest.chunker import CHUNKING
    from store.statements import StatementStore

    know_codes(settings)
    return StatementStore.open(
        settings.store.folder,
        embedder(settings),
        chunking=CHUNKING,
        address=address,
        chroma_url=settings.store.chroma_url,
        any_index=any_index,
        wary=wary,
    )


@contextmanager
def open_access(settings: Settings) -> Iterator[Access]:
    """What finds out who asks, with its database open where people sign in."""
    from ui.access import Access

    if settings.access.sign_in == "off":
        yield Access(settings.access, None)
        return
    from store.access import AccessDatabase, Keys

    with closing(AccessDatabase(settings.store.folder)) as database:
        yield Access(settings.access, Keys(database))


def know_codes(settings: Settings) -> None:
    """Let this process, and the workers that it starts, know the house's own document codes."""
    from store.codes import register

    try:
        register(list(settings.codes.families.values()))
    except InputError as error:
        raise InputError(f"codes.families: {error}; see docs/settings.md") from error


class PreparedEmbedder:
    """The prepared model, loaded when the first text comes: look-ups need no more than its fingerprint."""

    def __init__(self, folder: Path) -> None:
        from store.models import E5_SMALL

        self.fingerprint = E5_SMALL.fingerprint
        self._folder = folder
        self._model: Embedder | None = None
        self._loading = Lock()

    @property
    def dimension(self) -> int:
        return self._loaded().dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._loaded().embed_passages(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._loaded().embed_query(text)

    def _loaded(self) -> Embedder:
        """Raises ModelError where the model is not prepared."""
        with self._loading:
            if self._model is None:
                from store.embedder import E5Embedding

                self._model = E5Embedding.load(self._folder)
            return self._model


def embedder(settings: Settings) -> Embedder:
    """The embedder of the settings."""
    chosen = settings.embedder
    if chosen.kind == "local":
        return PreparedEmbedder(settings.models.folder)
    if not chosen.url or not chosen.model:
        missing = "url" if not chosen.url else "model"
        raise InputError(f"embedder.kind is remote but embedder.{missing} is not set; see docs/settings.md")
    from store.embedder import RemoteEmbedding
    from ui.settings import secret

    return RemoteEmbedding(
        chosen.url,
        chosen.model,
        api_key=secret(chosen.api_key, chosen.api_key_file),
        query_prefix=chosen.query_prefix,
        passage_prefix=chosen.passage_prefix,
        timeout=chosen.timeout_seconds,
    )


def build_assistant(settings: Settings, store: StatementStore) -> Assistant:
    """The assistant over an open store."""
    from assistant.assistant import Assistant
    from assistant.reranker import CrossEncoder

    reranker = CrossEncoder.load(settings.models.folder) if settings.answer.reranker == "auto" else None
    return Assistant(
        store,
        reranker=reranker,
        model=_model(settings),
        threshold=settings.answer.threshold,
        question_characters=settings.answer.question_characters,
    )


def _model(settings: Settings) -> Callable[[Writer], Writer] | None:
    """What makes the writer `llm`, where a language model is set. Raises InputError where half of it is."""
    chosen = settings.writer
    if chosen.kind == "off":
        return None
    if not chosen.url or not chosen.model:
        missing = "url" if not chosen.url else "model"
        raise InputError(f"writer.kind is {chosen.kind} but writer.{missing} is not set; see docs/settings.md")
    from assistant.endpoint import DayBudget, Endpoint
    from assistant.llm_writer import LlmWriter
    from ui.settings import secret

    endpoint = Endpoint(
        chosen.kind,
        chosen.url,
        chosen.model,
        api_key=secret(chosen.api_key, chosen.api_key_file),
        timeout=chosen.timeout_seconds,
        answer_tokens=chosen.answer_tokens,
        context_tokens=chosen.prompt_tokens + chosen.answer_tokens,
    )
    return lambda extractive: LlmWriter(
        endpoint,
        extractive,
        prompt_tokens=chosen.prompt_tokens,
        answer_tokens=chosen.answer_tokens,
        budget=DayBudget(chosen.day_tokens),
    )


def ingest_folder(
    folder: Path, store: StatementStore, *, metadata: Path | None, prune: bool, progress: Progress
) -> IngestReport:
    """Take in a folder, with both sides of the layers joined."""
    from ingest.pipeline import ingest

    return ingest(folder, store, metadata=metadata, prune=prune, progress=lambda step: progress(step.done, step.total))


def follow_folder(
    folder: Path,
    store: StatementStore,
    *,
    metadata: Path | None,
    prune: bool,
    done: Callable[[IngestReport], object],
    failed: Callable[[str], object],
    stop: Event,
    progress: Progress | None = None,
) -> None:
    """Take in a folder and then what changes in it, until `stop` is set. `done` hears of each pass."""
    from ingest.pipeline import ingest
    from ingest.watch import watch

    def take_in(only: Collection[str] | None) -> None:
        report = ingest(
            folder,
            store,
            metadata=metadata,
            prune=prune,
            only=only,
            may_be_empty=True,
            progress=(lambda step: progress(step.done, step.total)) if progress else None,
            stop=stop,
        )
        done(report)

    watch(folder, take_in, metadata=metadata, failed=failed, stop=stop)


def rebuild_store(store: StatementStore, progress: Progress) -> None:
    """Make the indexes again, with the chunker of the ingest."""
    from ingest.chunker import chunk

    store.rebuild(chunk, progress)
