import pytest

from hawx_hw.errors import UserError
from hawx_hw.inspection.plots import draw
from tests.inspection.samples import EXACT, INSPECTION

pytest.importorskip("matplotlib")


def test_the_same_inspection_gives_the_same_bytes(tmp_path):
    for name in ("one.svg", "two.svg"):
        draw(INSPECTION, tmp_path / name)
    content = (tmp_path / "one.svg").read_bytes()
    assert content == (tmp_path / "two.svg").read_bytes()
    text = content.decode("utf-8")
    for label in ("conv1", "fc", "input", "float to int8", "int8 to built",
                  "lenet5_digits, 256 images"):  # fmt: skip
        assert f">{label}</text>" in text, label


def test_without_blocks_there_are_no_curves_of_them(tmp_path):
    draw(EXACT, tmp_path / "exact.svg")
    text = (tmp_path / "exact.svg").read_text("utf-8")
    assert "float to int8" in text
    assert "int8 to blocks" not in text and "int8 to built" not in text


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"\.svg"):
        draw(INSPECTION, tmp_path / "picture.pdf")
