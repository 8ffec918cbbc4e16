"""Archives between the Lambdas and the endpoint: only expected, regular, small files, each once."""

import io
import re
import tarfile

import pytest

from likeness.archives import ArchiveError, pack, unpack

NAMES = re.compile(r"a[0-9]{2}\.png|result\.json")
FILES = [("result.json", b"{}"), ("a01.png", b"picture")]


def packed(files):
    body = io.BytesIO()
    pack(files, body)
    return body.getvalue()


def unpacked(content, largest=100):
    return list(unpack(content, allowed=NAMES, largest=largest))


def test_files_come_back_in_order():
    assert unpacked(packed(FILES)) == FILES


def test_the_same_files_give_the_same_bytes():
    assert packed(FILES) == packed(FILES)


@pytest.mark.parametrize("name", ["../a01.png", "x/a01.png", "a01.png\n", "/a01.png", "a1.png"])
def test_a_name_that_is_not_allowed_is_rejected(name):
    with pytest.raises(ArchiveError, match="not allowed"):
        unpacked(packed([(name, b"x")]))


def test_a_file_that_occurs_twice_is_rejected():
    with pytest.raises(ArchiveError, match="a01.png twice"):
        unpacked(packed([*FILES, FILES[1]]))


def test_a_file_may_have_the_largest_size_and_not_a_byte_more():
    assert unpacked(packed(FILES), largest=7) == FILES
    with pytest.raises(ArchiveError, match="a01.png has more than 6 bytes"):
        unpacked(packed(FILES), largest=6)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_links_and_folders_are_rejected(kind):
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        member = tarfile.TarInfo("a01.png")
        member.type, member.linkname = kind, "/etc/hostname"
        archive.addfile(member)

    with pytest.raises(ArchiveError, match="not allowed"):
        unpacked(body.getvalue())


@pytest.mark.parametrize("content", [b"not an archive", packed(FILES)[:700]])
def test_a_broken_archive_is_rejected(content):
    with pytest.raises(ArchiveError, match="not a whole tar archive"):
        unpacked(content)
