from pathlib import Path

import pytest

from hawx_hw.design.sources import accelerator_digest, memory_images, verilog_sources
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


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = listing(tmp_path, "a.v\n")
    (folder / "rtl" / "a.v").write_text("module a; endmodule\n")
    (folder / "mem").mkdir()
    image = folder / "mem" / "b.hex"
    image.write_text("00\n")
    before = accelerator_digest(folder)
    assert memory_images(folder) == [image]
    assert accelerator_digest(folder) == before
    image.write_text("01\n")
    assert accelerator_digest(folder) != before
    image.write_text("00\n")
    image.rename(folder / "mem" / "c.hex")
    assert accelerator_digest(folder) != before
