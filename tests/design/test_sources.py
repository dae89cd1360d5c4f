from pathlib import Path

import pytest

from hawx_hw.design.sources import verilog_sources
from hawx_hw.errors import UserError


def listing(folder: Path, text: str) -> Path:
    (folder / "rtl").mkdir()
    (folder / "rtl" / "filelist.f").write_text(text, "utf-8")
    return folder


def test_files_in_the_order_of_the_list(tmp_path: Path) -> None:
    folder = listing(tmp_path, "b.v\na.v\n")
    assert verilog_sources(folder) == [folder / "rtl" / "b.v", folder / "rtl" / "a.v"]


@pytest.mark.parametrize(
    "name", ["../b.v", "/etc/passwd", "-f", "a.sv", "+define+X", "b.v;c.v", "\u00e4.v", "a$(x).v"]
)
def test_only_files_beside_the_list(tmp_path: Path, name: str) -> None:
    folder = listing(tmp_path, f"a.v\n{name}\n")
    with pytest.raises(UserError) as caught:
        verilog_sources(folder)
    assert str(caught.value) == (
        f"{folder / 'rtl' / 'filelist.f'}: {name!r} is no name of an emitted Verilog file. "
        "Remove the folder and run hawx emit CONFIG again."
    )


def test_no_accelerator(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^There is no accelerator in .*hawx emit CONFIG$"):
        verilog_sources(tmp_path)
