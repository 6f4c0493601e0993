"""Archives that people upload, and those that someone made to do harm."""

import stat
import zipfile

import pytest

from openstl_seqinterp.apps.web import archives
from openstl_seqinterp.apps.web.archives import as_sequence, packed
from openstl_seqinterp.errors import UserError


@pytest.fixture
def pack(tmp_path):
    """A function from the content of members by name to an archive in a folder of its own."""

    def build(members, name="own.zip"):
        (tmp_path / "upload").mkdir()
        path = tmp_path / "upload" / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return build


def _everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_images_become_a_folder_of_the_archive_s_name(pack):
    path = pack({"in/a_1.png": b"1", "in/a_2.png": b"2", "__MACOSX/in/._a_1.png": b"x", "in/.DS_Store": b"x"})
    folder = as_sequence([path])
    assert folder == path.with_name("own")
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {"a_1.png": b"1", "a_2.png": b"2"}


def test_one_file_is_that_file(pack):
    assert as_sequence([pack({"clip.mp4": b"film"})]).name == "clip.mp4"


def test_several_files_are_their_folder_and_one_is_itself(tmp_path):
    files = [tmp_path / "images" / name for name in ("a.png", "b.png")]
    assert as_sequence(files) == tmp_path / "images"
    assert as_sequence(files[:1]) == files[0]


@pytest.mark.parametrize("name", ["../out.png", "a/../../out.png", "/tmp/out.png", "a\\..\\out.png"])
def test_a_member_that_leads_elsewhere_is_refused_and_nothing_written(pack, tmp_path, name):
    path = pack({"a.png": b"1", name: b"evil"})
    with pytest.raises(UserError, match="which leads elsewhere; pack plain files"):
        as_sequence([path])
    assert _everything(tmp_path) == ["upload/own.zip"]


def test_a_link_is_refused(pack):
    link = zipfile.ZipInfo("passwd.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UserError, match="leads elsewhere"):
        as_sequence([pack({link: b"/etc/passwd"})])


def test_two_folders_are_two_sequences(pack):
    with pytest.raises(UserError, match=r"several folders \(a, b\)"):
        as_sequence([pack({"a/1.png": b"1", "b/1.png": b"2"})])


def test_a_bomb_is_not_unpacked(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "UNPACKED", 1)
    with pytest.raises(UserError, match="holds 2 MB unpacked, expected at most 1"):
        as_sequence([pack({"a.png": bytes(2_000_000)})])
    assert _everything(tmp_path) == ["upload/own.zip"]


def test_too_many_files(pack, monkeypatch):
    monkeypatch.setattr(archives, "IMAGES", 2)
    with pytest.raises(UserError, match="holds 3 files, expected at most 2"):
        as_sequence([pack({f"{number}.png": b"" for number in range(3)})])


def test_a_damaged_or_empty_archive(pack):
    path = pack({})
    with pytest.raises(UserError, match="is empty"):
        as_sequence([path])
    path.write_bytes(b"PK\3\4 no archive")
    with pytest.raises(UserError, match=r"own\.zip is no zip archive or a damaged one"):
        as_sequence([path])


def test_a_folder_is_packed_the_same_each_time(tmp_path):
    (tmp_path / "res").mkdir()
    for name in ("b.png", "a.png"):
        (tmp_path / "res" / name).write_bytes(name.encode())
    first = packed(tmp_path / "res", tmp_path / "one.zip").read_bytes()
    assert packed(tmp_path / "res", tmp_path / "two.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "res/a.png": b"a.png",
            "res/b.png": b"b.png",
        }
