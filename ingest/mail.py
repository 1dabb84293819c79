"""E-mails, EML and MSG: the text, and what is attached."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.archive import printable
from ingest.encodings import decode, decode_as
from ingest.html import decode_html, html_pages
from ingest.kinds import open_compound
from ingest.plain import text_pages
from ingest.reader import Pages
from store.errors import InputError

if TYPE_CHECKING:
    import olefile  # type: ignore[import-untyped]

MOST_MAIL = 100_000_000
"""Bytes of an e-mail with all that is attached."""
_MOST_STREAM = 50_000_000
_DEEPEST = 10
"""E-mails inside one another."""
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_SUBJECT = re.compile(r"^(?:(?:re|fw|fwd|aw|wg|tr|rv|rif|i|отв|пересл)\s?:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What hangs on an e-mail: a file, or another e-mail."""

    name: str
    """A label that can be printed."""
    content: bytes | Mail


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail."""

    body: Pages | None
    """None where it has no text of its own."""
    attachments: tuple[Attachment, ...]
    """In order; pictures inside the text are none."""


def read_eml(path: Path) -> Mail:
    """An e-mail as it is sent. Raises InputError where it is damaged, encrypted or too large."""
    if path.stat().st_size > MOST_MAIL:
        raise InputError(f"is an e-mail of more than {MOST_MAIL // 1_000_000} MB")
    try:
        return _message(message_from_bytes(path.read_bytes(), policy=policy.default), 1)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"is a damaged e-mail ({type(error).__name__}: {error})") from error


def _message(message: EmailMessage, depth: int) -> Mail:
    if depth > _DEEPEST:
        raise InputError(f"holds e-mails more than {_DEEPEST} deep: taken for a trap")
    if message.get_content_type() in ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"):
        raise InputError("is encrypted: its key is not known here")
    part = message.get_body(("plain", "html"))
    body = _body(part, message) if isinstance(part, EmailMessage) else None
    return Mail(body, tuple(_attachments(message, part, depth)))


def _body(part: EmailMessage, message: EmailMessage) -> Pages:
    data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    charset = part.get_content_charset()
    fields = _fields(str(message["subject"] or ""), _date(message))
    if part.get_content_subtype() == "html":
        pages = html_pages(_decoded(data, charset) if charset else decode_html(data))
    else:
        text = _decoded(data, charset)
        flowed = str(part.get_param("format", "")).lower() == "flowed"
        pages = text_pages(_unflowed(text) if flowed else text, markdown=False)
    return Pages(pages.lines, whole=pages.whole, fields=fields)


def _attachments(message: EmailMessage, body: object, depth: int) -> Iterator[Attachment]:
    """All leaves but the text itself, its other form, signatures and the pictures inside it."""
    other = message.get_body(("html",)) if body is not None else None
    stack = [message]
    number = 0
    while stack:
        part = stack.pop()
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            stack.extend(one for one in reversed(list(part.iter_parts())) if isinstance(one, EmailMessage))
            continue
        inline = part.get_content_disposition() == "inline" or part["content-id"] is not None
        if part is body or part is other or kind in _SIGNATURES or (kind.startswith("image/") and inline):
            continue
        if part is message and body is None and kind.startswith("text/"):
            continue
        number += 1
        name = _label(part.get_filename() or f"attachment {number}{_ending(kind)}")
        if kind == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            if isinstance(inner, EmailMessage):
                title = str(inner["subject"] or f"attachment {number}")
                name = _label(part.get_filename() or f"{title.replace('/', ' ')}.eml")
                yield Attachment(name, _message(inner, depth + 1))
            continue
        data = part.get_payload(decode=True)
        yield Attachment(name, data if isinstance(data, bytes) else b"")


def read_msg(path: Path) -> Mail:
    """An e-mail as Outlook keeps it. Raises InputError where it is damaged or too large."""
    if path.stat().st_size > MOST_MAIL:
        raise InputError(f"is an e-mail of more than {MOST_MAIL // 1_000_000} MB")
    try:
        with open_compound(path) as ole:
            return _outlook(ole, (), 1)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"is a damaged Outlook e-mail ({type(error).__name__}: {error})") from error


def _outlook(ole: olefile.OleFileIO, place: tuple[str, ...], depth: int) -> Mail:
    """The e-mail in a folder of the file. Numbers are those of [MS-OXPROPS]: 1000 body, 1013 HTML, 0037 subject."""
    if depth > _DEEPEST:
        raise InputError(f"holds e-mails more than {_DEEPEST} deep: taken for a trap")
    numbers = _numbers(ole, place, 32 if not place else 24)
    encoding = f"cp{numbers.get(0x3FFD, numbers.get(0x3FDE, 1252))}"
    if (_property(ole, place, "001A", encoding) or "").lower().startswith("ipm.note.smime") and not _property(
        ole, place, "1000", encoding
    ):
        raise InputError("is encrypted or signed as a whole: its text can't be taken out")
    fields = _fields(_property(ole, place, "0037", encoding) or "", _filetime(numbers.get(0x0039, numbers.get(0x0E06))))
    text = _property(ole, place, "1000", encoding)
    pages = text_pages(text, markdown=False) if text and text.strip() else None
    if pages is None:
        html = _stream(ole, (*place, "__substg1.0_10130102"))
        page = decode_html(html) if html else _property(ole, place, "1013", encoding)
        pages = html_pages(page) if page and page.strip() else None
    body = Pages(pages.lines, whole=pages.whole, fields=fields) if pages else None
    folders = sorted(
        {
            tuple(parts[: len(place) + 1])
            for parts in ole.listdir()
            if tuple(parts[: len(place)]) == place
            and len(parts) > len(place) + 1
            and parts[len(place)].lower().startswith("__attach_version1.0_#")
        }
    )
    return Mail(body, tuple(_outlook_attachments(ole, folders, encoding, depth)))


def _outlook_attachments(
    ole: olefile.OleFileIO, folders: list[tuple[str, ...]], encoding: str, depth: int
) -> Iterator[Attachment]:
    for number, folder in enumerate(folders, 1):
        name = next((name for tag in ("3707", "3704", "3001") if (name := _property(ole, folder, tag, encoding))), None)
        inner = (*folder, "__substg1.0_3701000D")
        if ole.exists(list(inner)):
            yield Attachment(_label(f"{name or f'attachment {number}'}.msg"), _outlook(ole, inner, depth + 1))
            continue
        kind = (_property(ole, folder, "370E", encoding) or mimetypes.guess_type(name or "")[0] or "").lower()
        inline = _property(ole, folder, "3712", encoding) or _numbers(ole, folder, 8).get(0x7FFE)
        if kind.startswith("image/") and inline:
            continue
        data = _stream(ole, (*folder, "__substg1.0_37010102"))
        yield Attachment(_label(name or f"attachment {number}{_ending(kind)}"), data or b"")


def _property(ole: olefile.OleFileIO, place: tuple[str, ...], tag: str, encoding: str) -> str | None:
    """A text of a message or attachment, Unicode or in its code page."""
    data = _stream(ole, (*place, f"__substg1.0_{tag}001F"))
    if data is not None:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    data = _stream(ole, (*place, f"__substg1.0_{tag}001E"))
    return _decoded(data, encoding).rstrip("\0") if data is not None else None


def _stream(ole: olefile.OleFileIO, place: tuple[str, ...]) -> bytes | None:
    path = list(place)
    if not ole.exists(path) or ole.get_type(path) != 2:
        return None
    if ole.get_size(path) > _MOST_STREAM:
        raise InputError(f"holds an attachment of more than {_MOST_STREAM // 1_000_000} MB")
    data = ole.openstream(path).read()
    return data if isinstance(data, bytes) else None


def _numbers(ole: olefile.OleFileIO, place: tuple[str, ...], head: int) -> dict[int, int]:
    """The properties of fixed length: entries of 16 bytes behind a head, each with tag, flags and value."""
    data = (_stream(ole, (*place, "__properties_version1.0")) or b"")[head:]
    entries = (data[start : start + 16] for start in range(0, min(len(data), 64_000) - 15, 16))
    return {int.from_bytes(entry[2:4], "little"): int.from_bytes(entry[8:16], "little") for entry in entries}


def _filetime(ticks: int | None) -> str | None:
    """An ISO date of a count of 100 ns since 1601."""
    if not ticks:
        return None
    try:
        return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)).date().isoformat()
    except OverflowError:
        return None


def _date(message: EmailMessage) -> str | None:
    date = getattr(message["date"], "datetime", None)
    return date.date().isoformat() if isinstance(date, datetime) else None


def _fields(subject: str, date: str | None) -> dict[str, str]:
    subject = " ".join(_SUBJECT.sub("", subject).split())
    return {name: value for name, value in (("title", subject), ("date", date)) if value}


def _decoded(data: bytes, charset: str | None) -> str:
    """By the encoding that is named, where the bytes are in it, else by what comes out."""
    if charset and charset.lower() not in ("us-ascii", "ascii", "unknown-8bit"):
        return decode_as(data, charset)
    return decode(data) if data else ""


def _unflowed(text: str) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line.removeprefix(" ")
        if lines and lines[-1].endswith(" ") and lines[-1] != "-- " and line:
            lines[-1] += line
        else:
            lines.append(line)
    return "\n".join(lines)


def _label(name: str) -> str:
    """A name that can be printed; one that is an ending alone gets something to stand on."""
    name = printable(name)
    place, _, last = name.rpartition("/")
    return f"{place}/unnamed{last}".lstrip("/") if last.startswith(".") else name


def _ending(kind: str) -> str:
    return mimetypes.guess_extension(kind, strict=False) or ""
