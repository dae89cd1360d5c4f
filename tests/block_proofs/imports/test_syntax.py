"""The files as one syntax tree: Verilog-2005 or SystemVerilog by file, with places."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports.syntax import SyntaxUnit
from hawx_hw.errors import UserError


def unit(folder: Path, defines: dict[str, str] | None = None, **texts: str) -> SyntaxUnit:
    files = []
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_text(text)
        files.append((path.name, path))
    return SyntaxUnit(files, defines or {})


def test_keywords_are_those_of_each_file(tmp_path: Path) -> None:
    both = unit(
        tmp_path,
        a_v="`define W 4\nmodule one; wire bit, logic; endmodule\n",
        b_sv="module two;\n logic [`W:0] x; endmodule\n",
        c_v="`resetall\nmodule three; reg do; endmodule\n",
    )
    assert both.systemverilog
    places = [both.place(module.header.name.location) for module in both.members]
    assert places == ["a.v:2", "b.sv:1", "c.v:2"]
    assert not unit(tmp_path, a_v="module one; endmodule").systemverilog


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module m;\n\n assign = 3; endmodule", r"^a\.v:3: Expected "),
        ("module m; wire x;\n", r"^a\.v:1: The text ends too early"),
        ("module m;\nwire x = `Y; endmodule", r"^a\.v:2: Unknown macro or compiler directive '`Y'"),
        ("`ifdef A\nmodule", r"^a\.v:1: Missing `endif"),
        ('`include "none.vh"\nmodule m; endmodule', r"^a\.v:1: .*none\.vh.*: No such file"),
        ("module m;\n typedef logic t; endmodule", r"^a\.v:2: .*: give a\.v the ending \.sv"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        unit(tmp_path, a_v=text)


def test_places_of_what_a_macro_writes(tmp_path: Path) -> None:
    result = unit(tmp_path, a_v='`line 90 "other.v" 0\n`define M(n) module n; endmodule\n`M(x)\n')
    (module,) = result.members
    assert result.place(module.header.moduleKeyword.location) == "a.v:3"


def test_an_include_that_a_macro_makes_up(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^a\.v:2: An `include must name its file in quotes"):
        unit(tmp_path, a_v='`define P(a) `a "/etc/passwd"\n`P(include)\n')


def test_macros(tmp_path: Path) -> None:
    text = "`ifdef MINE\nmodule `MINE; endmodule\n`endif\n"
    (module,) = unit(tmp_path, {"MINE": "m"}, a_v=text).members
    assert module.header.name.valueText == "m"


def test_an_included_file_twice(tmp_path: Path) -> None:
    (tmp_path / "w.vh").write_text("wire x;\n")
    text = 'module a;\n`include "w.vh"\nendmodule\nmodule b;\n`include "w.vh"\nendmodule\n'
    assert len(unit(tmp_path, a_v=text).members) == 2
