"""A gate-level netlist of somebody's own, from its file to verified Verilog of the accelerator."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.block_proofs.imports import import_verilog
from hawx_hw.blocks import by_name
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.synthesis import synthesize
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load

MIXED = """columns: 4
blocks:
  layers:
    conv1: "import:mine"
    conv2:
      - {block: "array(2,2,0)", filters: 0-1}
      - {block: exact}
    fc1:
      - {block: "import:mine", filters: 0-9}
      - {block: exact}
    fc2: "drum(k=4)"
"""


@pytest.fixture
def netlist(
    tmp_path: Path, own_cache: Path, shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """``array(1,0,4)`` in gates of generic45: ports in the order (B, A, O), under other names."""
    monkeypatch.setenv("HAWX_STORE", str(shared_store.path))
    (design,) = implementation_verilog([(by_name("array(1,0,4)"), "tree")])
    (tmp_path / "parts").mkdir()
    result = synthesize(
        design.write(tmp_path / "parts"), design.top, load("generic45"), workdir=tmp_path
    )
    text = result.netlist.read_text()
    text = re.sub(rf"\b{design.top}\b", "mine", text)
    for old, new in (("a", "weight_in"), ("b", "code_in"), ("product", "result_out")):
        text = re.sub(rf"(?<![\w.\\])\b{old}\b(?![\w(])", new, text)
    header = re.search(r"module mine\s*\(([^)]*)\);", text)
    assert header is not None
    text = text.replace(header[1], "code_in, weight_in, result_out")
    path = tmp_path / "mine.v"
    path.write_text(text)
    return path


def test_from_gates_to_a_verified_accelerator_of_mixed_blocks(
    netlist: Path, project: Path, run, edit
) -> None:
    import_verilog(
        netlist, "mine", a="weight_in", b="code_in", product="result_out", signed=True,
        technology=load("generic45"),
    )  # fmt: skip
    block = by_name("import:mine")
    np.testing.assert_array_equal(block.table, by_name("array(1,0,4)").table)
    # The same accelerator holds blocks of other families: it is compiled and simulated once.
    edit(project, "columns: 4\n", MIXED)
    run(project, "verify")
    build = project / "build"
    program = json.loads((build / "program.json").read_text())
    assert {block["name"] for block in program["blocks"]} == {
        *("import:mine", "array(ha=2,hb=2,v=0)", "exact", "drum(k=4)")
    }
    (file,) = [name for name in program["sources"] if name.startswith("hawx_import")]
    # Gate for gate; buffers have become wires, and a gate of generic45 is one expression or more.
    gates = re.findall(
        r"^  (?!BUF)[A-Z]\w+ _\d+_ \($", netlist.read_text(encoding="utf-8"), re.MULTILINE
    )
    emitted = (build / "rtl" / file).read_text()
    expressions = re.findall(r"^  assign .*[&|^~].*;$", emitted, re.MULTILINE)
    assert len(expressions) >= len(gates) > 100
    block_file = (build / "rtl" / "hawx_block_import_mine.v").read_text()
    assert file.removesuffix(".v") in block_file
    result = json.loads((build / "verify.json").read_text())
    assert (result["mismatches"], result["images"]) == (0, 2)
    assert result["cycles_per_image"] == result["cycles_predicted"]
