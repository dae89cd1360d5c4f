"""Blocks are read from the accelerator's files as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.design.emitted_blocks import emitted_blocks
from hawx_hw.design.program import EmittedBlock
from hawx_hw.errors import UserError

DRUM = EmittedBlock(name="drum(k=4)", table_sha256="2", implementation="tree", instances=1)
TOP = """\
module hawx_block_drum_k_4(a, b, product);
  output signed [16:0] product;
  \\hawx_block_drum_k_4.part part (.a(a));
endmodule
"""


def written(folder: Path, **files: str) -> Path:
    (folder / "rtl").mkdir(exist_ok=True)
    names = [name.replace("__", ".") + ".v" for name in files]
    for name, text in zip(names, files.values(), strict=True):
        (folder / "rtl" / name).write_text(text)
    (folder / "rtl" / "filelist.f").write_text("".join(f"{name}\n" for name in names))
    return folder


def test_a_block_is_all_files_that_it_uses_and_no_others(tmp_path: Path) -> None:
    written(
        tmp_path,
        hawx_core="module hawx_core(); hawx_block_drum_k_4 x(); other y(); endmodule\n",
        hawx_block_drum_k_4__part="module \\hawx_block_drum_k_4.part (a); leaf x(); endmodule\n",
        hawx_block_drum_k_4=TOP,
        other="module other(); endmodule\n",
        defines="`define WIDTH 8\n",
        mine="module twig(); endmodule\nmodule leaf(); endmodule\n",
    )
    (design,) = emitted_blocks(tmp_path, [DRUM])
    assert (design.top, design.product_bits) == ("hawx_block_drum_k_4", 17)
    names = ["hawx_block_drum_k_4.part.v", "hawx_block_drum_k_4.v", "defines.v", "mine.v"]
    assert list(design.files) == names
    (tmp_path / "rtl" / "other.v").write_text("module other(); /* another */ endmodule\n")
    assert emitted_blocks(tmp_path, [DRUM])[0].digest == design.digest
    (tmp_path / "rtl" / "mine.v").write_text("module leaf(); endmodule\n")
    assert emitted_blocks(tmp_path, [DRUM])[0].digest != design.digest


def test_an_architecture_may_name_the_implementation(tmp_path: Path) -> None:
    text = "module hawx_block_drum_k_4_tree(output [15:0] product); endmodule\n"
    written(tmp_path, hawx_block_drum_k_4_tree=text.replace("(output", "(\n  output"))
    assert emitted_blocks(tmp_path, [DRUM])[0].top == "hawx_block_drum_k_4_tree"


def test_what_is_missing_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no accelerator in .*hawx emit CONFIG"):
        emitted_blocks(tmp_path, [DRUM])
    written(tmp_path, hawx_core="module hawx_core(); endmodule\n")
    with pytest.raises(UserError, match=r"No module is that of the block drum\(k=4\).*Emit it"):
        emitted_blocks(tmp_path, [DRUM])
    written(tmp_path, hawx_block_drum_k_4="module hawx_block_drum_k_4(); endmodule\n")
    with pytest.raises(UserError, match=r"The module hawx_block_drum_k_4 has no product"):
        emitted_blocks(tmp_path, [DRUM])
    (tmp_path / "rtl" / "hawx_block_drum_k_4.v").unlink()
    with pytest.raises(UserError, match=r"hawx_block_drum_k_4.v: The file cannot be read"):
        emitted_blocks(tmp_path, [DRUM])
