"""Small files of every format, made by hand: what a word processor or an e-mail program would write."""

from __future__ import annotations

import io
import struct
import zipfile
from email.message import EmailMessage

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(members: dict[str, str | bytes]) -> bytes:
    """A ZIP with these members, packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def docx(body: str, **parts: str) -> bytes:
    """A DOCX with this body; parts are given without their root element: `numbering="<w:num …"`, `header1=…`."""
    roots = {"document": "document", "header1": "hdr", "header2": "hdr"}
    inside = {"document": f"<w:body>{body}</w:body>", **parts}
    spaces = (
        f'xmlns:w="{W}" xmlns:r="{_REL}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    )
    members: dict[str, str | bytes] = {
        f"word/{name}.xml": f"<w:{roots.get(name, name)} {spaces}>{text}</w:{roots.get(name, name)}>"
        for name, text in inside.items()
    }
    package = "http://schemas.openxmlformats.org/package/2006"
    links = "".join(
        f'<Relationship Id="{name}" Type="{_REL}/{name.rstrip("0123456789")}" Target="{name}.xml"/>' for name in parts
    )
    members["word/_rels/document.xml.rels"] = f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
    members["_rels/.rels"] = (
        f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="d" Type="{_REL}/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    members["[Content_Types].xml"] = f'<Types xmlns="{package}/content-types"/>'
    return zipped(members)


def run(text: str, properties: str = "") -> str:
    """A run of a DOCX."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def par(text: str, properties: str = "") -> str:
    """A paragraph of a DOCX; `text` is what stands in it as XML, or plain words."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{text if text.startswith('<') or not text else run(text)}</w:p>"


def numbered(text: str, level: int = 0, number: int = 1) -> str:
    """A paragraph of a DOCX with a number made by the word processor."""
    return par(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def odt(body: str, styles: str = "", manifest: str = "") -> bytes:
    """An ODT with this body and these automatic styles."""
    names = {"office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing"}
    spaces = " ".join(f'xmlns:{short}="{_ODF}:{name}:1.0"' for short, name in names.items())
    spaces += f' xmlns:fo="{_ODF}:xsl-fo-compatible:1.0"'
    members: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
    }
    if manifest:
        members["META-INF/manifest.xml"] = manifest
    return zipped(members)


def eml(text: str, attachments: dict[str, bytes] | None = None, html: str | None = None) -> bytes:
    """An e-mail with attachments of unknown type."""
    message = EmailMessage()
    message["From"], message["To"] = "a@example.org", "b@example.org"
    message["Subject"], message["Date"] = "FW: A statement", "Tue, 01 Jul 2008 10:00:00 +0200"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, content in (attachments or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def ole(streams: dict[str, bytes]) -> bytes:
    """An OLE file, version 3, with these streams; `a/b` lies in the storage `a`.

    Layout of [MS-CFB]: header; then in sectors of 512 bytes their table, directory, mini table, mini stream, streams.
    """
    names = sorted({"/".join(path.split("/")[:depth]) for path in streams for depth in range(1, path.count("/") + 2)})
    mini = b""
    mini_table: list[int] = []
    places: dict[str, int] = {}
    large: list[str] = []
    for name, data in streams.items():
        if len(data) >= 4096:
            large.append(name)
            continue
        count = max(1, -(-len(data) // 64))
        places[name] = len(mini_table)
        mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), 0xFFFFFFFE]
        mini += data.ljust(count * 64, b"\0")
    directory_sectors = -(-(len(names) + 1) * 128 // 512)
    parts = [b"\0" * 512 * directory_sectors, struct.pack(f"<{len(mini_table)}L", *mini_table), mini]
    parts += [streams[name] for name in large]
    table: list[int] = []
    starts: list[int] = []
    sectors = sum(-(-len(part) // 512) for part in parts)
    tables = -(-(sectors + 1) // 127)
    for _ in range(tables):
        table.append(0xFFFFFFFD)
    for part in parts:
        count = -(-len(part) // 512)
        starts.append(len(table) if count else 0xFFFFFFFE)
        table += [*range(len(table) + 1, len(table) + count), 0xFFFFFFFE] if count else []
    places |= {name: starts[3 + index] for index, name in enumerate(large)}
    children = {parent: [name for name in names if name.rpartition("/")[0] == parent] for parent in ("", *names)}
    index = {name: number for number, name in enumerate(names, 1)}
    none = 0xFFFFFFFF
    entries = [_entry("Root Entry", 5, index[children[""][0]], none, starts[2], len(mini))]
    for name in names:
        siblings = children[name.rpartition("/")[0]]
        place = siblings.index(name)
        right = index[siblings[place + 1]] if place + 1 < len(siblings) else none
        below = index[children[name][0]] if children[name] else none
        kind = 2 if name in streams else 1
        entries.append(
            _entry(name.rpartition("/")[2], kind, below, right, places.get(name, 0), len(streams.get(name, b"")))
        )
    parts[0] = b"".join(entries).ljust(512 * directory_sectors, b"\0")
    table += [none] * (tables * 128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<LLLLLLLLL", 0, tables, starts[0], 0, 4096, starts[1], -(-len(parts[1]) // 512), 0xFFFFFFFE, 0
    )
    header += struct.pack("<109L", *range(tables), *[none] * (109 - tables))
    body = b"".join(part.ljust(-(-len(part) // 512) * 512, b"\0") for part in parts)
    return header + struct.pack(f"<{len(table)}L", *table) + body


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    head = struct.pack("<64sHBBLLL", encoded, len(encoded) + 2, kind, 1, 0xFFFFFFFF, right, child)
    return head + b"\0" * 36 + struct.pack("<LQ", start, size)


def msg(subject: str, body: str, attachments: dict[str, bytes] | None = None) -> bytes:
    """An e-mail of Outlook, sent on 1 July 2008."""
    sent = 128_593_872_000_000_000
    streams = {
        "__properties_version1.0": b"\0" * 32 + struct.pack("<HHLQ", 0x0040, 0x0039, 6, sent),
        "__substg1.0_001A001F": "IPM.Note".encode("utf-16-le"),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
    }
    for number, (name, content) in enumerate((attachments or {}).items()):
        place = f"__attach_version1.0_#{number:08X}"
        streams[f"{place}/__properties_version1.0"] = b"\0" * 8
        streams[f"{place}/__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{place}/__substg1.0_37010102"] = content
    return ole(streams)


def doc(paragraphs: list[str], *, encrypted: bool = False) -> bytes:
    """A Word 97 file with one piece of text: header, text, and a table of pieces ([MS-DOC])."""
    text = ("\r".join(paragraphs) + "\r").encode("cp1252")
    start = 1024
    pieces = struct.pack("<LL", 0, len(text)) + struct.pack("<HLH", 0, (start * 2) | 0x40000000, 0)
    table = b"\x02" + struct.pack("<L", len(pieces)) + pieces
    styles = struct.pack("<HHHHHHHHHHH", 18, 1, 10, 1, 0, 0, 0, 0, 0, 0, 0)
    fib = bytearray(start)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x409, 0, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<LL", fib, 0x18, start, start + len(text))
    struct.pack_into("<H", fib, 0x20, 14)
    struct.pack_into("<H", fib, 0x3E, 22)
    struct.pack_into("<L", fib, 0x4C, len(text))
    struct.pack_into("<H", fib, 0x98, 0x5D)
    struct.pack_into("<LL", fib, 0xA2, len(table), len(styles))
    struct.pack_into("<LL", fib, 0x1A2, 0, len(table))
    return ole({"WordDocument": (bytes(fib) + text).ljust(8192, b"\0"), "1Table": (table + styles).ljust(4096, b"\0")})


RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fswiss\fcharset204 Arial Cyr;}}"
    rb"{\stylesheet{\s1 heading 1;}}"
    rb"{\header XX.DEL/1/20\par}"
    rb"{\pard\s1\b Security in Europe\par}"
    rb"\pard{\listtext\tab 1.\tab}We \{all\} agree\'85 caf\'e9.\par"
    rb"{\listtext 2.\tab}{\f1 \'cc\'fb \'e7\'e0} peace"
    rb"{\super\chftn{\footnote\pard {\super\chftn} See the treaty.}} now.\par "
    rb"Seen {\v never }{\deleted not }\u1052?\u-10179?\u-8704?\par"
    rb"\trowd\cellx1\cellx2\pard\intbl left\cell right\cell\row\pard"
    rb"{\*\unknown never}{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}\par}"
)
