"""Markdown marks taken off, so that a paragraph is what a reader reads. Letters and digits stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?:(.*?)\r?\n)??---[ \t]*\r?\n", re.DOTALL)
_HEADING = re.compile(r"^(#{2,6})\s*(?!#)(.*?)\s*#*$|^(#)\s+(.*?)\s*#*$")
_LINK = re.compile(
    r"(?<!\\)!?\[(?P<text>(?:[^\[\]\n]|\\.|\n(?!\s*\n))*)\]\(\s*(?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\s*\)"
)
_TAG = re.compile(r"</?(?!su[bp]\b)[A-Za-z][^<>]{0,300}>|<!--.*?-->")
"""Tags of raised and lowered letters stay: they stand inside words, and the letters of a file are kept as they are."""
_STRONG = re.compile(r"(?<!\*)\*\*(?!\s)(.+?)\*\*(?!\*)|(?<!\w)__(?!\s)(.+?)__(?!\w)")
_EMPHASIS = re.compile(
    r"(?<![\w*\\])\*(?P<star>[^\s*](?:[^*\n]|\n(?!\s*\n)){0,600}?)(?<![\s\\])\*(?![\w*])"
    r"|(?<![\w\\])_(?P<score>[^\s_](?:[^_\n]|\n(?!\s*\n)){0,600}?)(?<![\s\\])_(?!\w)"
)
_CODE = re.compile(r"`([^`\n]+)`")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_RULE = re.compile(r"^\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$")


@dataclass(frozen=True, slots=True)
class Plain:
    """A line without its marks."""

    text: str
    bold: bool = False
    """The whole line stood in strong marks."""
    level: int | None = None
    """Level of a `#` heading."""


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The `key: value` lines of a YAML front matter (quoted and folded values too) and the text behind it."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    fields: dict[str, str] = {}
    key = None
    for line in (match[1] or "").splitlines():
        pair = re.match(r"([A-Za-z_][\w-]*):\s*(.*)$", line)
        if pair:
            key = pair[1].lower()
            fields[key] = pair[2].strip()
        elif key and line.startswith((" ", "\t")):
            value, more = fields[key], line.strip()
            fields[key] = value[:-1] + more.removeprefix("\\") if value.endswith("\\") else f"{value} {more}".strip()
    return {key: _unquote(value) for key, value in fields.items() if value}, text[match.end() :]


def uses_markdown(text: str) -> bool:
    """Whether a plain text file clearly uses strong marks."""
    return text.count("**", 0, 200_000) >= 2 and "**" in text[:4000]


def without_inline_marks(text: str) -> str:
    """Links as their words and emphasis as plain words, also where they run over a line's end."""
    text = _LINK.sub(lambda match: match["text"], text)
    return _EMPHASIS.sub(lambda match: match["star"] or match["score"], text)


def without_markdown(lines: Sequence[str], *, headings: bool) -> list[Plain]:
    """The lines without marks, one for one. Strong marks may run over several lines, as they do in titles."""
    result: list[Plain] = []
    strong = False
    for raw in lines:
        line = _TAG.sub("", raw.removeprefix("> ").strip()).strip()
        level = None
        if headings and (match := _HEADING.match(line)):
            level = len(match[1] or match[3])
            line = match[2] if match[1] else match[4]
        if _RULE.match(line):
            result.append(Plain(""))
            continue
        opened, marks = strong, len(re.findall(r"(?<![\\*])\*\*(?!\*)", line))
        if marks % 2:
            strong = not strong
        if not line:
            strong = False
        bold = bool(line) and (
            (opened and (strong or line.endswith("**")))
            or (line.startswith("**") and (strong or (marks == 2 and line.rstrip(": ").endswith("**"))))
        )
        line = _STRONG.sub(lambda match: match[1] or match[2], line).replace("**", "")
        line = re.sub(r"^\*([^*\s].*[^*\s])\*$", r"\1", line)
        line = _ESCAPE.sub(r"\1", _CODE.sub(r"\1", line))
        result.append(Plain(line.strip(), bold, level))
    return result


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = re.sub(
            r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))",
            lambda match: chr(int(match[1] or match[2], 16)) if match[1] or match[2] else _yaml_escape(match[3]),
            value[1:-1],
        )
    elif len(value) >= 2 and value[0] == value[-1] == "'":
        value = value[1:-1].replace("''", "'")
    return re.sub(r"\s+", " ", value).strip()


def _yaml_escape(sign: str) -> str:
    return {"_": "\u00a0", "n": " ", "t": " ", "N": " ", " ": " "}.get(sign, sign)
