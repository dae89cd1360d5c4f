"""Tables of images: what names files and labels, and that no file outside is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.datasets.label_table import Entry, check_inside, read_table
from hawx_hw.errors import UserError
from tests.datasets.images import folder


def read(tmp_path: Path, table: str) -> tuple[Entry, ...]:
    folder(tmp_path, {"a/1.png": "", "a/2.png": "", "t.csv": table})
    return read_table(tmp_path / "t.csv", tmp_path.resolve())


@pytest.mark.parametrize(
    "table",
    [
        "file,label\na/2.png,7\na/1.png,cat\n",
        "\ufeffLabel, Filename ,size\r\n7,./a/2.png,3\r\ncat, a/1.png ,4\r\n",
        'path,class\n"a/2.png","7"\na//1.png, cat\n',
    ],
)
def test_files_and_labels_in_their_order(tmp_path: Path, table: str) -> None:
    assert read(tmp_path, table) == (
        Entry("a/2.png", "7", "train"),
        Entry("a/1.png", "cat", "train"),
    )


def test_parts(tmp_path: Path) -> None:
    table = "file,label,split\na/1.png,0,test\na/1.png,0,Train\na/2.png,1,valid\n"
    assert [entry.part for entry in read(tmp_path, table)] == ["test", "train", "val"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "t.csv: The table has no image."),
        ("file,label\n", "t.csv: The table has no image."),
        (
            "a/1.png,0\na/2.png,1\n",
            "t.csv: There is no field file; there are a/1.png, 0. The first line names",
        ),
        ("file,size\na/1.png,1\n", "t.csv: There is no field label; there are file, size."),
        (
            "file,path,label\na,b,c\n",
            "t.csv: Both the fields 'file' and 'path' may be the file. Name one",
        ),
        ("file,label\na/1.png\n", "t.csv: This is no table of images: record 0 has not 2 fields"),
        (
            "file,label\na/1.png,0\na/1.png,1\n",
            "t.csv: 'a/1.png' stands twice, in records 1 and 2.",
        ),
        ("file,label\na/1.png,\n", "t.csv: record 1: The label is empty."),
        ("file,label\n,1\n", "t.csv: record 1: The file is empty."),
        (
            "file,label,split\na/1.png,1,some\n",
            "t.csv: record 1: The split must be train, test or val, not 'some'.",
        ),
        (
            "file,label,split\na/1.png,1,\n",
            "t.csv: record 1: The split must be train, test or val, not ''.",
        ),
        (
            "file,label\ngone.png,1\n",
            "t.csv: record 1: 'gone.png' cannot be read: No such file or directory.",
        ),
        (
            "file,label\n/etc/passwd,1\n",
            "t.csv: record 1: '/etc/passwd' leads out of the folder. Nothing outside",
        ),
        (
            "file,label\n../../../etc/passwd,1\n",
            "t.csv: record 1: '../../../etc/passwd' cannot be read",
        ),
        ("file,label\n..,1\n", "t.csv: record 1: '..' leads out of the folder."),
        ("file,label\na\0b,1\n", "t.csv"),
        (f"file,label\n{'a' * 300},1\n", "t.csv: record 1: "),
    ],
)
def test_tables_that_are_none(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, table)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)


def test_no_text(tmp_path: Path) -> None:
    folder(tmp_path, {"t.csv": b"file,label\n\xff,1\n"})
    with pytest.raises(UserError, match=r"t\.csv: The file cannot be read: It is no text in UTF-8"):
        read_table(tmp_path / "t.csv", tmp_path)


def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    root = folder(tmp_path / "data", {"a/1.png": ""}).resolve()
    folder(tmp_path, {"secret.png": ""})
    Path(root / "good.png").symlink_to("a/1.png")
    Path(root / "bad.png").symlink_to("../secret.png")
    Path(root / "loop.png").symlink_to("loop.png")
    Path(root / "up").symlink_to("..")
    check_inside(root / "good.png", root, "good.png")
    for name in ("bad.png", "up", "up/secret.png"):
        with pytest.raises(UserError, match=f"'{name}' leads out of the folder"):
            check_inside(root / name, root, name)
    with pytest.raises(UserError, match=r"'loop\.png' cannot be read"):
        check_inside(root / "loop.png", root, "loop.png")
