"""What a report rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.block_proofs.proofs import Counterexample, Proof
from hawx_hw.block_proofs.result import ProofsResult
from hawx_hw.design.emitted_blocks import emitted_blocks
from hawx_hw.report.html.evidence import outside_sentences, proof_pairs, reproduce_pairs
from hawx_hw.util.results import Header
from tests.report.html.pages import CONFIG, whole_summary
from tests.report.samples import EMIT, VERIFY

WRONG = Counterexample("simulation", 1, 2, 3, 4, 9)
MISSING = "not proven apart from the accelerator yet: hawx blocks prove --of tiny.yaml;"
BLOCKS = ("block exact, tree", "block drum(k=4), multiply")


def test_the_verification_in_full(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    VERIFY.write(tmp_path, Header(stage="verify", config="c", versions={"verilator": "5.048"}))
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert pairs["verification"].startswith("20 images bit-exact")
    assert pairs["inferences"].startswith("40 results")
    assert pairs["layers"].startswith("every word that conv1 store compared, of 2 images")
    assert pairs["simulator"] == "verilator, verilator 5.048"
    assert pairs["seed"].startswith("0: ")


def test_blocks_are_proven_or_the_command_is_named(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert "hawx blocks prove --of tiny.yaml" in pairs["block exact, tree"]
    exact, drum = with_verilog(tmp_path)
    proofs = (
        Proof("exact", "1", exact, "tree", True, ()),
        Proof("exact", "1", exact, "booth", True, (WRONG,)),
        Proof("drum(k=4)", "2", drum, "multiply", False, (WRONG,)),
    )
    ProofsResult(simulator="verilator", proofs=proofs).write(tmp_path)
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert pairs["block exact, tree"].startswith(
        "all 65,536 products simulated with verilator and equal to its table, and proven equal to "
        "its specification for all operands (formally, by Yosys)"
    )
    assert pairs["block drum(k=4), multiply"].startswith("WRONG: simulation: a = 1, b = 2 gives 4")


def with_verilog(folder: Path) -> list[str]:
    """The files of the blocks of an emitted accelerator; returns the digest of each."""
    rtl = folder / "rtl"
    rtl.mkdir()
    for name in ("exact", "drum_k_4"):
        text = f"module hawx_block_{name}(a, b, product);\n  output [15:0] product;\nendmodule\n"
        (rtl / f"hawx_block_{name}.v").write_text(text)
    (rtl / "filelist.f").write_text("hawx_block_exact.v\nhawx_block_drum_k_4.v\n")
    return [design.digest for design in emitted_blocks(folder, EMIT.blocks)]


def test_a_proof_of_other_verilog_is_none(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    exact, drum = with_verilog(tmp_path)
    proofs = (
        Proof("exact", "1", exact, "tree", True, ()),
        Proof("drum(k=4)", "2", drum, "multiply", False, ()),
    )
    ProofsResult(simulator="verilator", proofs=proofs).write(tmp_path)
    # The table and the implementation stay.
    with (tmp_path / "rtl" / "hawx_block_exact.v").open("a") as file:
        file.write("// another circuit\n")
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert pairs["block exact, tree"].startswith(MISSING)
    assert pairs["block drum(k=4), multiply"].startswith("all 65,536 products simulated")
    # Without the Verilog nothing is known of it.
    (tmp_path / "rtl" / "hawx_block_exact.v").unlink()
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert all(pairs[name].startswith(MISSING) for name in BLOCKS)


@pytest.mark.parametrize("change", [{"schema": 1}, {"proofs": 3}])
def test_proofs_of_an_earlier_version_are_none(tmp_path: Path, change: dict[str, int]) -> None:
    summary = whole_summary(tmp_path)
    exact, _ = with_verilog(tmp_path)
    proofs = (Proof("exact", "1", exact, "tree", True, ()),)
    ProofsResult(simulator="verilator", proofs=proofs).write(tmp_path)
    file = tmp_path / ProofsResult.FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    pairs = dict(proof_pairs(summary.results, CONFIG, "tiny.yaml"))
    assert all(pairs[name].startswith(MISSING) for name in BLOCKS)


def test_what_makes_it_again(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    pairs = dict(reproduce_pairs(summary.results, "tiny.yaml", {"emit": 2.5, "verify": 30.0}))
    assert pairs["this design"] == "hawx run tiny.yaml"
    assert pairs["this design, whatever the constraints"] == "hawx run tiny.yaml --index 1"
    assert pairs["this page"] == "hawx report tiny.yaml"
    picked = dict(reproduce_pairs(summary.results, "tiny.yaml", {}, 1))
    assert picked["this design"] == "hawx run tiny.yaml --index 1"
    assert picked["this page"] == "hawx report tiny.yaml --index 1"
    assert pairs["time of the stages, when they last ran"] == (
        "emit 2.5 s, verify 30.0 s; 32 s together"
    )
    assert pairs["SHA-256 of the data set"] == "cd"


def test_each_prediction_outside_of_its_interval_gets_a_sentence(tmp_path: Path) -> None:
    sentences = list(outside_sentences(whole_summary(tmp_path)))
    assert len(sentences) == 3
    assert sentences[0] == (
        "Area, um2: 83,394 was measured, below the interval's lower bound 90,000 by 7.3 % of it."
    )
    assert sentences[-1].startswith("Of ten predictions, one is expected")
