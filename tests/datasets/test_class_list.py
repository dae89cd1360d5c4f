"""Lists of classes, and labels that name a class of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.datasets.class_list import class_list_in, of_names, read_class_list, whole_number
from hawx_hw.errors import UserError
from tests import material
from tests.datasets.images import folder


def test_names_in_lines(tmp_path: Path) -> None:
    folder(tmp_path, {"classes.txt": "\ufeffdog\r\nwild cat\n\n"})
    listed = read_class_list(tmp_path / "classes.txt")
    assert listed.names == ("dog", "wild cat")
    assert [listed.number(label, "f") for label in ("wild cat", "0", "1", "dog")] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "table",
    [
        "index,synset,name\n1,n02,crane\n0,n01,crane\n2,n03,egret\n",
        "Name,synset, Index \ncrane,n02,001\ncrane,n01,000\negret,n03,002\n",
        "name,synset\ncrane,n01\ncrane,n02\negret,n03\n",
    ],
)
def test_tables(tmp_path: Path, table: str) -> None:
    folder(tmp_path, {"classes.csv": table})
    listed = class_list_in(tmp_path)
    assert listed is not None
    assert listed.names == ("crane", "crane", "egret")
    assert [listed.number(label, "f") for label in ("n02", "egret", "0", "002")] == [1, 2, 0, 2]
    with pytest.raises(UserError) as caught:
        listed.number("crane", "f")
    assert str(caught.value) == (
        "f: The label 'crane' may be any of the classes 0, 1 of classes.csv. Write the number of "
        "the class, or another name of it."
    )


def test_a_name_that_is_the_number_of_another_class() -> None:
    listed = of_names(["0", "2", "1"], "classes.txt", "f")
    assert listed.number("0", "f") == 0
    with pytest.raises(UserError, match="The label '1' may be any of the classes 1, 2"):
        listed.number("1", "f")


def test_a_folder_without_a_list(tmp_path: Path) -> None:
    assert class_list_in(tmp_path) is None


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"classes.txt": "a\nb\na\n"}, "classes.txt has the class 'a' twice, as 0 and 2."),
        ({"classes.txt": "a\n\nb\n"}, "Class 1 of classes.txt has no name."),
        ({"classes.txt": "\n"}, "A list of classes has 1 to 65,536 of them, not 0."),
        ({"classes.txt": b"\xff\xfe"}, "The file cannot be read: It is no text in UTF-8"),
        (
            {"classes.csv": "index,name\n1,a\n2,b\n"},
            "The field index must have the numbers 0 to 1, each once. Number the classes from 0 on",
        ),
        ({"classes.csv": "index,name\n0,a\n0,b\n"}, "The field index must have the numbers 0 to 1"),
        ({"classes.csv": "index,name\nx,a\n"}, "The field index must have the numbers 0 to 0"),
        ({"classes.csv": "index\n0\n"}, "There is no field with names of the classes."),
        ({"classes.csv": "name\n"}, "A list of classes has 1 to 65,536 of them, not 0."),
        (
            {"classes.csv": "name,name\na,b\n"},
            "This is no list of classes: the name 'name' stands twice.",
        ),
        (
            {"classes.csv": "name\na", "classes.txt": "a"},
            "Both classes.csv and classes.txt state the classes. Remove one of them.",
        ),
    ],
)
def test_lists_that_are_none(tmp_path: Path, files: dict[str, str], message: str) -> None:
    folder(tmp_path, files)
    with pytest.raises(UserError) as caught:
        class_list_in(tmp_path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))


def test_whole_numbers_are_plain_digits() -> None:
    assert [whole_number(text) for text in ("7", "007", "-3", "0")] == [7, 7, -3, 0]
    for text in ("", "-", "+1", " 1", "1.0", "1e3", "٣", "²", "--1", "1" * 19):
        assert whole_number(text) is None


def test_the_classes_of_imagenet() -> None:
    listed = class_list_in(material.material("data/imagenet_sample"))
    assert listed is not None and len(listed.names) == 1000
    assert listed.number("n01443537", "f") == listed.number("goldfish", "f") == 1
    with pytest.raises(UserError, match="may be any of the classes 134, 517"):
        listed.number("crane", "f")
