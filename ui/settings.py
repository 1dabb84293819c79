"""What the program can be told: defaults, a TOML file, `STATEMENTS_…` variables, then the command line.

The only reader of the environment and of the settings file. Each source wins over the one before it. A key that is not
known is refused with the nearest known one. `docs/settings.md` lists every setting; a test keeps it complete.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from store.errors import InputError
from ui.people import Role

PREFIX = "STATEMENTS_"
CONFIG_VARIABLE = "STATEMENTS_CONFIG"
SHORT_VARIABLES = {"STATEMENTS_STORE": "store.folder"}
"""Variables that do not follow `STATEMENTS_<SECTION>_<KEY>`."""
APPLICATION = "statements-assistant"
ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")
"""What a policy takes for a site: nothing else may come into a header."""
SUB_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")
OWN_PATHS = frozenset(
    (
        "admin",
        "api",
        "assets",
        "compare",
        "gradio_api",
        "healthz",
        "lookup",
        "mcp",
        "fragments",
        "openapi.json",
        "originals",
        "shared",
        "statements",
        "ui",
        "v1",
    )
)
"""First parts of the application's own paths: below such a one it could not tell whether a proxy took that away."""

Location = Annotated[Path, AfterValidator(Path.expanduser)]


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False) / "store"


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path(APPLICATION, appauthor=False) / "models"


def _table(example: str) -> Callable[[object], object]:
    """A variable of the environment is text: a table in it is written as TOML writes one in one line."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tomllib.loads(f"table = {value}")["table"]
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"write {example}") from error

    return read


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address; write 10.0.0.5 or 10.0.0.0/24") from error
    return text


def _listed(value: object) -> object:
    """A variable of the environment is text: a list in it has commas."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not ORIGIN.fullmatch(value):
            raise ValueError(f"{value!r} is not an origin; write https://intranet.example.org, without a path")
    return values


def _sub_path(value: str) -> str:
    path = value.rstrip("/")
    if path and not SUB_PATH.fullmatch(path):
        raise ValueError(f"{value!r} is not a path; write /assistant, in letters, digits, - and _")
    if path.split("/")[1:2] and path.split("/")[1] in OWN_PATHS:
        raise ValueError(f"{value!r} begins like a path of the application itself; choose another, such as /assistant")
    return path


CITED = ("code", "paragraph", "title", "speaker", "delegation", "issued", "language")


def _citation(value: str) -> str:
    try:
        places = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    except ValueError as error:
        raise ValueError(f"{value!r} is no template ({error}); write {{code}}, para. {{paragraph}}") from error
    if not {"code", "paragraph"} <= places <= set(CITED):
        raise ValueError(f"{value!r} names {{code}}, {{paragraph}} and maybe {', '.join(CITED[2:])}, nothing else")
    return value


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False, hide_input_in_errors=True)


class StoreSettings(Section):
    folder: Location = Field(default_factory=_data_folder)
    """Where statements and indexes are kept."""
    chroma_url: str | None = None
    """A Chroma server that holds the vectors: `http://127.0.0.1:8000`; else they are in the folder."""


class ModelSettings(Section):
    folder: Location = Field(default_factory=_cache_folder)
    """Where prepared model files are kept."""


class EmbedderSettings(Section):
    kind: Literal["local", "remote"] = "local"
    """`local`: the prepared multilingual model; `remote`: an OpenAI-compatible `/v1/embeddings` endpoint."""
    url: str | None = None
    """Base address of the endpoint, ending in `/v1`."""
    model: str | None = None
    """Name of the model at the endpoint."""
    api_key: SecretStr | None = None
    api_key_file: Location | None = None
    """A file that holds the key alone; used when `api_key` is not set."""
    query_prefix: str = ""
    passage_prefix: str = ""
    """What the model wants before a question and before a text."""
    timeout_seconds: float = Field(default=60.0, gt=0)


class IngestSettings(Section):
    watch: Location | None = None
    """A folder that the server follows: what changes in it is taken in while it answers."""
    metadata: Location | None = None
    """The metadata table of that folder, where it is not its own `manifest.csv`."""
    prune: bool = False
    """Statements whose file is gone from that folder are removed."""


class CodeSettings(Section):
    families: Annotated[dict[str, str], BeforeValidator(_table('{ name = "VM-{number}/{year}" }'))] = Field(
        default_factory=dict
    )
    """A house's own document codes: name, chosen freely -> how such a code is printed, `VM-{number}/{year}`."""


class AnswerSettings(Section):
    reranker: Literal["auto", "off"] = "auto"
    """`auto`: the English reranker orders English passages of English questions."""
    question_characters: int = Field(default=4000, ge=1)
    """A longer question is refused."""
    threshold: float = Field(default=0.48, ge=0, le=1)
    """Below this confidence, 0 to 1, the assistant says that the statements do not tell."""
    history_tokens: int = Field(default=2000, ge=0)
    """Turns of a conversation are dropped, oldest first, beyond this."""
    citation: Annotated[str, AfterValidator(_citation)] = "{code}, para. {paragraph}"
    """How a citation is copied; also {title}, {speaker}, {delegation}, {issued}, {language}."""


class WriterSettings(Section):
    kind: Literal["off", "openai", "ollama"] = "off"
    """`off`: answers are quotes; `openai`: an OpenAI-compatible endpoint; `ollama`: an Ollama server."""
    url: str | None = None
    """Base address: `http://127.0.0.1:8080/v1`, or `http://127.0.0.1:11434` of Ollama."""
    model: str | None = None
    """Name of the model at the endpoint."""
    api_key: SecretStr | None = None
    api_key_file: Location | None = None
    """A file that holds the key alone; used when `api_key` is not set."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """Of one call; there are two at most for an answer."""
    prompt_tokens: int = Field(default=3000, ge=1500)
    """Evidence is cut so that a prompt has no more."""
    answer_tokens: int = Field(default=700, ge=50)
    """What the model may write for one answer."""
    day_tokens: int = Field(default=1_000_000, ge=0)
    """Prompts and replies of one day (UTC) together; beyond it answers are quotes. 0: no bound."""


class ServerSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    body_bytes: int = Field(default=1_000_000, ge=1)
    """A larger request is refused."""
    conversations: int = Field(default=100_000, ge=1)
    """Conversations kept; beyond it the one unused for longest goes."""
    concurrency: int = Field(default=16, ge=1)
    """Questions of the chat page answered at once."""
    upload: Literal["auto", "on", "off"] = "auto"
    """Whether there is a page to upload files and read the report; `auto`: when only this machine can reach it."""
    upload_bytes: int = Field(default=50_000_000, ge=1)
    """A larger file is refused."""
    frame_ancestors: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_origins)] = ()
    """Sites whose pages may show the chat in a frame, as the widget does; this one always may."""
    root_path: Annotated[str, AfterValidator(_sub_path)] = ""
    """Where a reverse proxy shows the application: `/assistant`; empty where it has a host of its own."""


class Group(Section):
    """What those who belong to a group may do and read."""

    role: Role = "reader"
    marks: Literal["*"] | tuple[str, ...] = ()
    """Distribution marks as printed, in any case; `*`: every statement."""


class AccessSettings(Section):
    sign_in: Literal["off", "proxy", "keys"] = "off"
    """How people are known: not at all, by a header that a proxy sets, or by API keys alone."""
    groups: Annotated[
        dict[str, Group], BeforeValidator(_table('{ staff = { marks = ["General"] }, desk = { marks = "*" } }'))
    ] = Field(default_factory=dict)
    unmarked_for_all: bool = True
    """A statement without a distribution mark may be read by everybody who is signed in."""
    proxy_addresses: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_listed)] = ()
    """Addresses or networks of the proxies whose headers are believed."""
    proxy_user_header: str = "X-Forwarded-User"
    proxy_groups_header: str = "X-Forwarded-Groups"
    """Groups in it are separated by commas."""
    public_url: str | None = None
    """The address that browsers know the server by, where a proxy stands before it."""
    open_to_everyone_on_the_network: bool = False
    """Serve other machines although nobody signs in."""
    key: SecretStr | None = None
    """What the commands show to a running server."""
    key_file: Location | None = None


class Settings(Section):
    """Everything that can be set."""

    store: StoreSettings = Field(default_factory=StoreSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    embedder: EmbedderSettings = Field(default_factory=EmbedderSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    codes: CodeSettings = Field(default_factory=CodeSettings)
    answer: AnswerSettings = Field(default_factory=AnswerSettings)
    writer: WriterSettings = Field(default_factory=WriterSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)


def keys() -> tuple[str, ...]:
    """Every setting as `section.key`."""
    return tuple(_keys(Settings))


def variables() -> dict[str, str]:
    """Environment variable -> setting."""
    by_rule = {PREFIX + key.replace(".", "_").upper(): key for key in keys()}
    return by_rule | SHORT_VARIABLES


def load(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Read all sources.

    `environment` defaults to the process's own; `overrides` holds `section.key` -> value from the command line, where
    None means not given. Raises InputError for an unknown key, a value that does not fit, or an unreadable file.
    """
    environment = os.environ if environment is None else environment
    if config is None and environment.get(CONFIG_VARIABLE):
        config = Path(environment[CONFIG_VARIABLE])
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    sources = [
        *_from_file(config),
        *_from_environment(environment),
        *((key, value, "command line") for key, value in (overrides or {}).items() if value is not None),
    ]
    for key, value, origin in sources:
        section, _, name = key.partition(".")
        values.setdefault(section, {})[name] = value
        origins[key] = origin
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        raise InputError(f"{origins.get(key, 'settings')}: {key}: {first['msg']}; see docs/settings.md") from error


def secret(value: SecretStr | None, file: Path | None) -> str | None:
    """The secret itself, from the setting or from its file; None where neither is set."""
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"key file {file} can't be read: {error}") from error


def _keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _keys(field.annotation, f"{before}{name}.")
        else:
            yield before + name


def _from_file(path: Path | None) -> Iterator[tuple[str, object, str]]:
    if path is None:
        return
    try:
        content = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"settings file {path} does not exist") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"settings file {path} can't be read: {error}") from error
    known = set(keys())
    sections = {key.partition(".")[0] for key in known}
    for section, table in content.items():
        if section not in sections or not isinstance(table, dict):
            raise InputError(_unknown(f"settings file {path}", section, sorted(known | sections)))
        for name, value in table.items():
            key = f"{section}.{name}"
            if key not in known:
                raise InputError(_unknown(f"settings file {path}", key, sorted(known)))
            yield key, value, f"settings file {path}"


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, object, str]]:
    known = variables()
    # The short names come first, so that the full name wins where both are set.
    for name in sorted(environment, key=lambda name: (name not in SHORT_VARIABLES, name)):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE:
            continue
        if name not in known:
            raise InputError(_unknown("environment", name, [*known, CONFIG_VARIABLE]))
        if environment[name]:
            yield known[name], environment[name], f"environment variable {name}"


def _unknown(where: str, key: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return f"{where}: unknown setting {key}; the nearest known one is {nearest[0]}"
