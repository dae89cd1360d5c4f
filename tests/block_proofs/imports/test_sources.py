"""Texts of the user's files: any encoding, includes of the same folder, nothing that hides text."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports.sources import gather
from hawx_hw.errors import UserError

MODULE = "module m; // Müller\nendmodule\n"


def texts(folder: Path, *names: str, defines: tuple[str, ...] = ()) -> dict[str, str]:
    files = [(name, folder / name) for name in names]
    return {text.shown: text.text for text in gather(files, defines)[1].values()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "mine.v").write_bytes(MODULE.encode(encoding))
    assert texts(tmp_path, "mine.v") == {"mine.v": MODULE}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"//\nmodule \0", r"mine\.v:2: The file holds a zero byte.* save it as UTF-8"),
        (MODULE.encode("utf-16-le"), r"mine\.v:1: The file holds a zero byte"),
        (b"\xff\xfem\x00o", r"begins with a mark of UTF-16-LE, but is not"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "mine.v").write_bytes(content)
    with pytest.raises(UserError, match=message):
        texts(tmp_path, "mine.v")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "mine.v").open("wb") as file:
        file.truncate((32 << 20) + 1)
    with pytest.raises(UserError, match=r"mine\.v: The file has 33,554,433 bytes"):
        texts(tmp_path, "mine.v")


def test_includes_of_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine.v").write_text('`include "sub/one.vh"\n`include "sub/../three.vh"\n')
    (tmp_path / "sub" / "one.vh").write_text('`include "two.vh"\n`include "three.vh"\n')
    (tmp_path / "sub" / "two.vh").write_text("// two")
    (tmp_path / "three.vh").write_text("// three")
    read = texts(tmp_path, "mine.v")
    assert set(read) == {"mine.v", "sub/one.vh", "sub/two.vh", "three.vh", "sub/../three.vh"}
    assert read["three.vh"] == "// three\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('`include "/etc/passwd"', "'/etc/passwd' is not in the folder"),
        ('`include "../out.v"', "'../out.v' is not in the folder"),
        ('`include "link.v"', "'link.v' is not in the folder"),
        ('`define I `include "../out.v"', "'../out.v' is not in the folder"),
        ('`\\include "../out.v"', "'../out.v' is not in the folder"),
        ("`include <out.v>", "must name its file in quotes, not <"),
        ("`include `FILE", "must name its file in quotes, not `FILE"),
        ("`include", "must name its file in quotes, not nothing"),
    ],
)
def test_other_includes(tmp_path: Path, line: str, message: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "out.v").write_text(MODULE)
    (folder / "link.v").symlink_to(tmp_path / "out.v")
    (folder / "mine.v").write_text(f"`ifdef X\n\n{line}\n`endif\n")
    with pytest.raises(UserError, match=r"^mine\.v:3: ") as result:
        texts(folder, "mine.v")
    assert message in str(result.value)


@pytest.mark.parametrize(
    "line",
    [
        "`systemc_header",
        "`systemc_imp_header",
        "`verilator_config",
        "`pragma protect begin",
        "`protect",
        "`unconnected_drive pull1",
        "`uselib",
    ],
)
def test_directives_of_one_tool(tmp_path: Path, line: str) -> None:
    (tmp_path / "mine.v").write_text(f"// one\n  {line}\n")
    with pytest.raises(UserError, match=r"^mine\.v:2: The directive `\w+ is refused"):
        texts(tmp_path, "mine.v")


@pytest.mark.parametrize(
    "comment",
    [
        "// synopsys translate_off",
        "/* synthesis translate_off */",
        "//pragma translate_on",
        "//  verilator TRANSLATE_OFF",
        "// translate_off",
        "/* a\n synthesis_off */",
        "// ambit synthesis translate_off",
    ],
)
def test_comments_that_hide_text(tmp_path: Path, comment: str) -> None:
    (tmp_path / "mine.v").write_text(f"// Müller\nmodule m;\n {comment}\nendmodule\n")
    with pytest.raises(UserError, match=r"^mine\.v:3: The comment '\w+' hides text"):
        texts(tmp_path, "mine.v")


def test_comments_that_hide_nothing(tmp_path: Path) -> None:
    text = "// we need no translate_off here\n// verilator lint_off WIDTH\n// synopsys full_case\n"
    (tmp_path / "mine.v").write_text(text)
    assert texts(tmp_path, "mine.v") == {"mine.v": text}


@pytest.mark.parametrize(
    "macro", ["VERILATOR", "__ICARUS__", "YOSYS", "SYNTHESIS", "SV_COV_START", "MODEL_TECH"]
)
@pytest.mark.parametrize("form", ["`ifdef {}", "`ifndef {}", "`ifdef A\n`elsif {}"])
def test_conditions_that_depend_on_the_tool(tmp_path: Path, macro: str, form: str) -> None:
    text = form.format(macro)
    (tmp_path / "mine.v").write_text(f"{text}\n`endif\n")
    line = text.count("\n") + 1
    with pytest.raises(UserError, match=rf"^mine\.v:{line}: .* --define {macro}\."):
        texts(tmp_path, "mine.v")
    assert texts(tmp_path, "mine.v", defines=(macro,))
    (tmp_path / "mine.v").write_text(f"`define {macro}\n{text}\n`endif\n")
    assert texts(tmp_path, "mine.v")


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    for name, message in (("none.v", "no such Verilog file"), (".", "cannot be read: Is a dir")):
        with pytest.raises(UserError, match=message):
            texts(tmp_path, name)


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "mine.v").write_text(MODULE)
    path = tmp_path / "mine.v"
    sources, _ = gather([("mine.v", path), ("./mine.v", path)])
    assert [source.shown for source in sources] == ["mine.v"]
