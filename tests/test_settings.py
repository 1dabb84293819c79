"""Settings: four sources, one order; nothing unknown, nothing undocumented, no secret shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.errors import InputError
from ui import settings

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def test_each_source_wins_over_the_one_before_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[server]\nhost = "file"\nport = 1\nbody_bytes = 10\n', encoding="utf-8")
    environment = {"STATEMENTS_SERVER_PORT": "2", "STATEMENTS_SERVER_HOST": "environment"}

    loaded = settings.load(file, environment, {"server.host": "command", "store.folder": None})

    assert (loaded.server.host, loaded.server.port, loaded.server.body_bytes) == ("command", 2, 10)
    assert loaded.server.conversations == settings.Settings().server.conversations


def test_the_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[server]\nport = 5\n", encoding="utf-8")

    assert settings.load(environment={"STATEMENTS_CONFIG": str(file)}).server.port == 5


def test_the_short_name_of_the_store_and_the_full_one(tmp_path: Path) -> None:
    assert settings.load(environment={"STATEMENTS_STORE": str(tmp_path)}).store.folder == tmp_path
    both = {"STATEMENTS_STORE": "/short", "STATEMENTS_STORE_FOLDER": str(tmp_path)}
    assert settings.load(environment=both).store.folder == tmp_path
    assert settings.load(environment={"STATEMENTS_STORE": "~/x"}).store.folder == Path.home() / "x"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert settings.load(environment={"STATEMENTS_SERVER_PORT": ""}).server.port == settings.Settings().server.port


@pytest.mark.parametrize(
    ("content", "unknown", "nearest"),
    [
        ("[server]\nprot = 1\n", "server.prot", "server.port"),
        ("[sever]\nport = 1\n", "sever", "server"),
        ("port = 1\n", "port", "store"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    tmp_path: Path, content: str, unknown: str, nearest: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(InputError) as refused:
        settings.load(file, {})

    assert f"unknown setting {unknown}" in str(refused.value)
    if nearest != "store":
        assert str(refused.value).endswith(f"is {nearest}")


def test_an_unknown_variable_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match=r"unknown setting STATEMENTS_SERVER_PROT;.* is STATEMENTS_SERVER_PORT$"):
        settings.load(environment={"STATEMENTS_SERVER_PROT": "1"})


@pytest.mark.parametrize(
    "environment",
    [{"STATEMENTS_SERVER_PORT": "99999"}, {"STATEMENTS_SERVER_PORT": "x"}, {"STATEMENTS_EMBEDDER_KIND": "other"}],
)
def test_a_value_that_does_not_fit_is_refused_in_one_line_that_names_its_source(environment: dict[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        settings.load(environment=environment)

    assert str(refused.value).startswith(f"environment variable {next(iter(environment))}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"[server\n", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)

    with pytest.raises(InputError, match="can't be read"):
        settings.load(file, {})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        settings.load(tmp_path / "none.toml", {})


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(documented) == sorted(settings.keys())


def test_documented_defaults_are_the_defaults() -> None:
    rows = re.findall(r"^\| `([a-z_]+)\.([a-z_]+)` \| `([^`/]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)

    assert rows
    for section, key, default in rows:
        assert str(getattr(getattr(settings.Settings(), section), key)) == default


FAMILY = "VM-{number}/{year}"


def test_code_families_from_the_file_and_from_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'[codes.families]\nnote = "{FAMILY}"\n', encoding="utf-8")

    assert settings.load(file, {}).codes.families == {"note": FAMILY}
    variable = {"STATEMENTS_CODES_FAMILIES": f'{{ note = "{FAMILY}" }}'}
    assert settings.load(environment=variable).codes.families == {"note": FAMILY}
    with pytest.raises(InputError, match=r"STATEMENTS_CODES_FAMILIES: codes.families: .*\{ name = "):
        settings.load(environment={"STATEMENTS_CODES_FAMILIES": FAMILY})


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    loaded = settings.load(environment={"STATEMENTS_EMBEDDER_API_KEY": "open sesame"})

    assert "sesame" not in repr(loaded) + str(loaded) + loaded.model_dump_json()
    assert settings.secret(loaded.embedder.api_key, None) == "open sesame"


def test_a_key_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("open sesame\n", encoding="utf-8")

    assert settings.secret(None, file) == "open sesame"
    assert settings.secret(None, None) is None
    with pytest.raises(InputError, match="can't be read"):
        settings.secret(None, tmp_path / "none")
