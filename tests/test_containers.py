"""Archives and e-mails: members by their content, bounds that hold whatever a file says of itself, hostile names."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from formats import RTF, docx, eml, msg, ole, par, zipped

from ingest import archive, package
from ingest.archive import printable
from ingest.reader import Document, documents, formats
from store.errors import InputError


def read(tmp_path: Path, name: str, data: bytes) -> list[Document]:
    file = tmp_path / name
    file.write_bytes(data)
    return list(documents(file))


def firsts(found: list[Document]) -> dict[str, str]:
    """The first line, or the reason, of each member."""
    return {
        one.member: next(line.text for line in one.pages.lines if line.text) if one.pages else f"! {one.reason}"
        for one in found
    }


def test_a_zip_of_all_formats(tmp_path: Path) -> None:
    inner = zipped({"deep/a.docx": docx(par("In a DOCX.")), "b.xls": b"x"})
    data = zipped(
        {
            "one.txt": "One.",
            "folder/two.RTF": RTF,
            "inner.zip": inner,
            "mail.eml": eml("A letter.", {"three.txt": b"Three."}),
            "mail.msg": msg("S", "From Outlook.", {"four.txt": b"Four."}),
            "wrong.txt": docx(par("Another DOCX.")),
            "empty.txt": "",
            ".hidden.txt": "x",
            "__MACOSX/one.txt": "x",
            "no ending": "Five.",
        }
    )
    assert firsts(read(tmp_path, "a.zip", data)) == {
        "one.txt": "One.",
        "folder/two.RTF": "XX.DEL/1/20",
        "inner.zip/deep/a.docx": "In a DOCX.",
        "inner.zip/b.xls": f"! format .xls is not read ({formats()} are)",
        "mail.eml": "A letter.",
        "mail.eml/three.txt": "Three.",
        "mail.msg": "From Outlook.",
        "mail.msg/four.txt": "Four.",
        "wrong.txt": "Another DOCX.",
        "empty.txt": "! holds no text",
        "no ending": "Five.",
    }


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="archive without files"):
        read(tmp_path, "a.zip", zipped({"folder/": ""}))


def test_an_email_gives_its_plain_text_once(tmp_path: Path) -> None:
    found = read(
        tmp_path, "a.eml", eml("Plain text.", {"a.txt": b"Attached.", "a.txt ": b"Again."}, html="<p>Marked</p>")
    )
    assert firsts(found) == {"": "Plain text.", "a.txt": "Attached.", "a.txt (2)": "Again."}
    assert found[0].pages is not None
    assert found[0].pages.fields == {"title": "A statement", "date": "2008-07-01"}


def test_an_email_of_html_with_a_picture_inside(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "x"
    message.set_content("<p>Только <b>разметка</b></p>", subtype="html", charset="koi8-r")
    message.add_related(b"\x89PNG", "image", "png", cid="<1>", filename="logo.png")
    assert firsts(read(tmp_path, "a.eml", message.as_bytes())) == {"": "Только разметка"}


def test_an_attachment_whose_name_is_an_ending(tmp_path: Path) -> None:
    assert firsts(read(tmp_path, "a.eml", eml("", {".txt": b"Text."}))) == {"unnamed.txt": "Text."}


def test_a_member_without_a_name(tmp_path: Path) -> None:
    data = zipped({"AAAA.txt": "Text."}).replace(b"AAAA.txt", b"\0AAA.txt")
    assert firsts(read(tmp_path, "a.zip", data)) == {"unnamed": "Text."}


def test_an_email_that_only_carries(tmp_path: Path) -> None:
    found = read(tmp_path, "a.eml", eml("", {"a.rtf": RTF}))
    assert firsts(found) == {"a.rtf": "XX.DEL/1/20"}


def test_emails_in_emails(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "outer"
    message.set_content("Outer.")
    message.add_attachment(message_from_bytes(eml("Inner.", {"a.txt": b"Deep."}), policy=policy.default))
    assert firsts(read(tmp_path, "a.eml", message.as_bytes())) == {
        "": "Outer.",
        "FW: A statement.eml": "Inner.",
        "FW: A statement.eml/a.txt": "Deep.",
    }


def test_flowed_lines_of_an_email_are_joined(tmp_path: Path) -> None:
    data = b'From: a@example.org\r\nContent-Type: text/plain; format="flowed"\r\n\r\nOne line \r\nwraps.\r\nTwo.\r\n'
    (found,) = read(tmp_path, "a.eml", data)
    assert found.pages is not None
    assert [line.text for line in found.pages.lines if line.text] == ["One line wraps.", "Two."]


def test_outlook(tmp_path: Path) -> None:
    found = read(tmp_path, "a.msg", msg("RE: Peace", "Body.", {"a.txt": b"Large. " * 2_000, "b.xls": b"x"}))
    assert [(one.member, one.pages is None) for one in found] == [("", False), ("a.txt", False), ("b.xls", True)]
    assert found[0].pages is not None
    assert found[0].pages.fields == {"title": "Peace", "date": "2008-07-01"}


def test_outlook_with_only_html_and_a_message_inside(tmp_path: Path) -> None:
    inner = "__attach_version1.0_#00000000/__substg1.0_3701000D"
    streams = {
        "__properties_version1.0": b"\0" * 32 + struct.pack("<HHLQ", 3, 0x3FFD, 6, 1251),
        "__substg1.0_0037001E": "Мир".encode("cp1251"),
        "__substg1.0_10130102": b"<p>Marked</p>",
        "__attach_version1.0_#00000000/__properties_version1.0": b"\0" * 8,
        "__attach_version1.0_#00000000/__substg1.0_3001001F": "Nested".encode("utf-16-le"),
        f"{inner}/__properties_version1.0": b"\0" * 24,
        f"{inner}/__substg1.0_1000001F": "Inside.".encode("utf-16-le"),
    }
    found = read(tmp_path, "a.msg", ole(streams))
    assert firsts(found) == {"": "Marked", "Nested.msg": "Inside."}
    assert found[0].pages is not None
    assert found[0].pages.fields == {"title": "Мир"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("/root/a.txt", "root/a.txt"),
        ("C:\\folder\\a.txt", "folder/a.txt"),
        ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("a\x07\x1b[1m.txt", "a[1m.txt"),
        ("\U0001f54a.txt", "\U0001f54a.txt"),
        ("\ud800.txt", "?.txt"),
        ("..", "unnamed"),
        ("x" * 5_000 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_names_are_labels_that_can_be_printed(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_hostile_names_in_an_archive(tmp_path: Path) -> None:
    names = ("../../up.txt", "/abs.txt", "nul\0cut.txt", "n\u202eame.txt", "\U0001f54a.txt", "x" * 3_000 + ".txt")
    place = tmp_path / "in"
    place.mkdir()
    found = read(place, "a.zip", zipped(dict.fromkeys(names, "Text.")))
    assert len(found) == len(names)
    assert all(one.member.isprintable() and ".." not in one.member for one in found)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]


def test_names_in_the_code_page_of_a_system(tmp_path: Path) -> None:
    data = zipped({"AAAAAA.txt": "Text."}).replace(b"AAAAAA", "Россия".encode("cp866"))
    assert firsts(read(tmp_path, "a.zip", data)) == {"Россия.txt": "Text."}


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    assert firsts(read(tmp_path, "a.zip", stream.getvalue())) == {"link.txt": "! is a link or a device, no file"}


def test_encrypted_members_are_refused_one_by_one(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": "Text.", "b.txt": "Text."}))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    assert firsts(read(tmp_path, "a.zip", bytes(data))) == {
        "a.txt": "! is encrypted: its password is not known here",
        "b.txt": "Text.",
    }


def test_a_damaged_member_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    data = zipped({"a.txt": "Text of some length. " * 9, "b.txt": "Text."})
    start = data.index(b"a.txt") + 5
    broken = data[:start] + b"\xff" * 8 + data[start + 8 :]
    found = firsts(read(tmp_path, "a.zip", broken))
    assert found["a.txt"].startswith("! is damaged")
    assert found["b.txt"] == "Text."


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    data = bytearray(zipped({"bomb.txt": b"a" * 60_000_000, "b.txt": "Text."}))
    place = data.index(b"PK\1\2")
    data[place + 24 : place + 28] = struct.pack("<L", 100)
    found = firsts(read(tmp_path, "a.zip", bytes(data)))
    assert found["bomb.txt"].startswith("! ")
    assert found["b.txt"] == "Text."


def test_a_bomb_that_tells_its_size(tmp_path: Path) -> None:
    found = firsts(read(tmp_path, "a.zip", zipped({"bomb.txt": b"a" * 60_000_000})))
    assert found == {"bomb.txt": f"! unpacks to more than {package.MOST_RATIO} times its size: taken for a ZIP bomb"}


def test_a_bomb_in_a_docx(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="taken for a ZIP bomb"):
        read(tmp_path, "a.docx", docx(par("a" * 60_000_000)))


def test_the_total_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.Budget.__init__, "__defaults__", (10_000, 1_000, False))
    found = read(tmp_path, "a.zip", zipped({f"{number}.txt": "Text. " * 50 for number in range(9)}))
    assert [one.pages is not None for one in found] == [True, True, True, False]
    assert "nor is what follows" in (found[-1].reason or "")


def test_the_count_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.Budget.__init__, "__defaults__", (3, 1_000_000, False))
    inner = zipped({f"{number}.txt": "Text." for number in range(9)})
    found = read(tmp_path, "a.zip", zipped({"a.zip": inner, "b.txt": "Text."}))
    assert [one.member for one in found] == ["a.zip/0.txt", "a.zip/1.txt", "a.zip/2.txt"]
    assert "nor is what follows" in (found[-1].reason or "")


@pytest.mark.parametrize("wrap", [lambda data: zipped({"a.zip": data}), lambda data: eml("x", {"a.zip": data})])
def test_the_depth_is_bounded(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    data = zipped({"a.txt": "Text."})
    for _ in range(5):
        data = wrap(data) if data.startswith(b"PK") else zipped({"m.eml": data})
    found = read(tmp_path, "a.zip" if data.startswith(b"PK") else "a.eml", data)
    assert "deep: taken for a trap" in (found[-1].reason or "")


def test_a_directory_that_would_fill_the_memory(tmp_path: Path) -> None:
    data = zipped({"a.txt": "Text."})
    place = data.rindex(b"PK\5\6")
    forged = data[: place + 12] + struct.pack("<L", 900_000_000) + data[place + 16 :]
    with pytest.raises(InputError, match="lists too many files"):
        read(tmp_path, "a.zip", forged)


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        (
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
            "trap",
        ),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "trap"),
        ('<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">', "trap"),
    ],
)
def test_entities_are_refused(tmp_path: Path, declaration: str, reason: str) -> None:
    content = '<office:x xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">&a;</office:x>'
    content = content if "ENTITY" in declaration else content.replace("&a;", "")
    members: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": declaration + content,
    }
    with pytest.raises(InputError, match=reason):
        read(tmp_path, "a.odt", zipped(members))


@pytest.mark.parametrize("depth", [5, 2_000])
def test_parts_in_parts_of_an_email_end(tmp_path: Path, depth: int) -> None:
    head = b"From: a@example.org\r\n"
    lines = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    data = head + b"".join(lines) + b"Content-Type: text/plain\r\n\r\nText.\r\n"
    if depth == 5:
        assert firsts(read(tmp_path, "a.eml", data)) == {"": "Text."}
    else:
        with pytest.raises(InputError, match="is a damaged e-mail"):
            read(tmp_path, "a.eml", data)


def test_an_encrypted_email(tmp_path: Path) -> None:
    data = b"From: a@example.org\r\nContent-Type: application/pkcs7-mime\r\n\r\nAAAA\r\n"
    with pytest.raises(InputError, match="is encrypted"):
        read(tmp_path, "a.eml", data)
