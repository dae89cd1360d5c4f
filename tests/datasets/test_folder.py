"""Folders of images: which structures are understood, and what each other one is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hawx_hw.datasets.folder import Listing, list_images
from hawx_hw.errors import UserError
from tests.datasets.images import folder


def listed(tmp_path: Path, *names: str, **contents: str) -> Listing:
    """The listing of a folder with these files; contents by names without their endings."""
    files = dict.fromkeys(names, "")
    files |= {
        f"{name}.{'txt' if name == 'classes' else 'csv'}": contents[name] for name in contents
    }
    return list_images(folder(tmp_path / "data", files))


def summary(listing: Listing) -> list[tuple[str, str, str]]:
    return [(entry.file, entry.label, entry.part) for entry in listing.entries]


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    listing = listed(
        tmp_path, "dog/b.PNG", "dog/a.jpeg", "cat/x.webp", "cat/.x.png", ".git/x.png", "cat/n.txt"
    )
    assert summary(listing) == [
        ("cat/x.webp", "cat", "train"),
        ("dog/a.jpeg", "dog", "train"),
        ("dog/b.PNG", "dog", "train"),
    ]
    assert (listing.name, listing.others, listing.listed) == ("data/", ("cat/n.txt",), None)


def test_parts(tmp_path: Path) -> None:
    listing = listed(tmp_path, "Train/0/a.png", "test/0/a.png", "val/1/a.png", "README.md")
    assert summary(listing) == [
        ("test/0/a.png", "0", "test"),
        ("Train/0/a.png", "0", "train"),
        ("val/1/a.png", "1", "val"),
    ]
    assert listing.others == ("README.md",)


def test_images_that_are_named_by_their_class(tmp_path: Path) -> None:
    listing = listed(tmp_path, "0.png", "dog.png", classes="cat\ndog\n")
    assert summary(listing) == [("0.png", "0", "train"), ("dog.png", "dog", "train")]
    assert listing.listed is not None and listing.listed.names == ("cat", "dog")
    assert (listing.tables, listing.others) == (("classes.txt",), ())


def test_a_table_alone_counts(tmp_path: Path) -> None:
    listing = listed(tmp_path, "b.png", "a/c.png", "d.gif", labels="file,label\nb.png,3\n")
    assert summary(listing) == [("b.png", "3", "train")]
    assert (listing.name, listing.tables) == ("data/", ("labels.csv",))
    other = list_images(folder(tmp_path / "data", {"o.csv": "file,label\na/c.png,3\n"}) / "o.csv")
    assert (other.name, other.tables) == ("o.csv", ("o.csv",))
    assert summary(other) == [("a/c.png", "3", "train")]


def test_an_empty_folder_is_a_class(tmp_path: Path) -> None:
    (tmp_path / "data" / "bird").mkdir(parents=True)
    assert listed(tmp_path, "cat/x.png").empty == ("bird",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "There is no image: no file ends in .png, .jpg, .jpeg, .webp. Give each class"),
        (("a/n.txt",), "There is no image"),
        (("1.png",), "The image 1.png has no label. Give each class a folder, a labels.csv"),
        (("train/1.png",), "The image train/1.png has no label."),
        (("1.png", "cat/1.png"), "The image 1.png lies beside the folder cat: it has no class."),
        (("1.png", "train/cat/1.png"), "The image 1.png lies beside the folder train."),
        (("cat/1.png", "train/cat/1.png"), "The folder cat lies beside train: a folder has either"),
        (("train/c/1.png", "training/c/1.png"), "The folder training lies beside train"),
        (("cat/old/1.png",), "The folder cat of a class has the folder old."),
        (("train/cat/old/1.png",), "The folder train/cat of a class has the folder old."),
        (("cat/1.png", "cat/2.tiff"), ".tiff is no format that is read. Convert it to PNG"),
        (("classes.csv", "classes.txt", "1.png"), "Both classes.csv and classes.txt state"),
    ],
)
def test_structures_that_are_not_understood(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError) as caught:
        listed(tmp_path, *names)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "data"))


def test_what_is_not_there(tmp_path: Path) -> None:
    for name in ("gone", "gone.csv"):
        with pytest.raises(UserError, match="There is no such file or folder"):
            list_images(tmp_path / name)


def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    root = folder(tmp_path / "data", {"cat/1.png": ""})
    folder(tmp_path, {"private/1.png": ""})
    Path(root / "cat" / "2.png").symlink_to("1.png")
    assert [entry.file for entry in list_images(root).entries] == ["cat/1.png", "cat/2.png"]
    # The folder itself may be a link.
    Path(tmp_path / "link").symlink_to("data")
    assert list_images(tmp_path / "link") == list_images(root)
    for at, target in (("dog", "../private"), ("cat/3.png", "../../private/1.png")):
        Path(root / at).symlink_to(target)
        with pytest.raises(UserError, match=f"'{at}' leads out of the folder"):
            list_images(root)
        (root / at).unlink()
    Path(root / "cat" / "again").symlink_to(".")
    with pytest.raises(UserError, match="The folder cat of a class has the folder again"):
        list_images(root)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    root = folder(tmp_path / "data", {"cat/1.png": ""})
    try:
        (root / os.fsdecode(b"cat/\xff.png")).touch()
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    with pytest.raises(UserError, match="is no text in UTF-8"):
        list_images(root)


def test_the_order_is_that_of_paths(tmp_path: Path) -> None:
    names = [f"c{c}/{n}.png" for c in (2, 10, 1) for n in (3, 20, 1)]
    assert [entry.file for entry in listed(tmp_path, *names).entries] == sorted(names)
