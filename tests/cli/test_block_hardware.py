"""What the two commands print, and what they refuse."""

import dataclasses
import json
import sys
from importlib.util import cache_from_source
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from amaranth.hdl import Module
from typer.testing import CliRunner

from hawx_hw.block_proofs.result import ProofsResult
from hawx_hw.blocks import by_name, registry
from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.cli.block_hardware import implementations, prove
from hawx_hw.config.models import Config
from hawx_hw.design.emitted_blocks import emitted_blocks
from hawx_hw.design.program import EmittedBlock
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.report.html.evidence import proof_pairs
from hawx_hw.report.run_results import RunResults
from tests.report.samples import EMIT


class Flipped(BlockComponent):
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.product.eq((self.a * self.b) ^ ((self.a == 3) & (self.b == 7)))
        return m


@dataclasses.dataclass(frozen=True)
class Wrong(Exact):
    family = "wrong"
    implementations = ("multiply", "flipped")

    def component(self, implementation=None):
        flipped = self._implementation(implementation) == "flipped"
        return Flipped() if flipped else super().component("multiply")


@pytest.fixture
def hawx(monkeypatch, tmp_path):
    app = typer.Typer()
    app.command()(prove)
    app.command()(implementations)
    monkeypatch.setitem(sys.modules, "family_of_a_test", SimpleNamespace(Wrong=Wrong))
    families = {"exact": registry.FAMILIES["exact"], "wrong": ("family_of_a_test", "Wrong")}
    monkeypatch.setattr(registry, "FAMILIES", families)
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "store.sqlite"))

    def run(*words):
        result = CliRunner().invoke(app, words)
        return result.stdout, result.exception if result.exit_code else None

    return run


def test_proofs_as_a_table(hawx):
    names = by_name("exact").implementations
    printed, error = hawx("prove", "exact")
    assert error is None
    lines = [line.split() for line in printed.splitlines()]
    assert lines == [
        ["block", "implementation", "simulation", "formal"],
        *(["exact", name, "equal", "proven"] for name in names),
        ["exact", "specification", "equal"],
    ]


def test_a_failed_proof(hawx):
    printed, error = hawx("prove", "wrong", "--json")
    assert isinstance(error, VerificationError)
    assert str(error) == (
        "1 of 3 proofs failed. wrong, flipped: simulation: a = 3, b = 7 gives 20, not 21 "
        "(1 of 65536 pairs are wrong)"
    )
    proofs = {proof["implementation"]: proof for proof in json.loads(printed)}
    assert list(proofs) == ["multiply", "flipped", "specification"]
    assert [proof["holds"] for proof in proofs.values()] == [True, False, True]
    assert [c["method"] for c in proofs["flipped"]["counterexamples"]] == ["simulation", "formal"]


def test_implementations(hawx):
    printed, error = hawx("implementations", "wrong", "--objective", "delay", "--json")
    assert error is None
    (choice,) = json.loads(printed)
    assert (choice["block"], choice["technology"]) == ("wrong", "generic45")
    multiply, flipped = choice["metrics"]
    assert multiply["cells"] < flipped["cells"]
    best = min(choice["metrics"], key=lambda each: each["delay_ns"])
    assert choice["implementation"] == best["implementation"]

    printed, error = hawx("implementations", "wrong", "wrong")
    assert error is None
    lines = printed.splitlines()
    assert lines[0] == "generic45, by area"
    row = ["wrong", "multiply", f"{multiply['area']:.1f}", f"{multiply['delay_ns']:.3f}"]
    assert lines[2].split() == [*row, str(multiply["cells"]), "area"]
    assert lines[3].split()[:2] == ["wrong", "flipped"]
    assert len(lines) == 4, "a block that is named twice is shown once"
    assert len(lines[3].split()) == 5, "and only one is chosen"


#: Of names, a family and a config, two.
_SEVERAL = "--family: Name blocks, a family or a config, not several of them."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("prove", "steam"), "Unknown block 'steam'. "),
        (("prove", "--family", "steam"), "--family: There is no family 'steam'. The "),
        (
            ("prove", "exact", "--family", "exact"),
            _SEVERAL,
        ),
        (("prove", "exact", "--of", "x.yaml"), _SEVERAL),
        (
            ("prove", "exact", "--simulator", "steam"),
            "--simulator: There is no simulator 'steam'. It must be one of auto, verilator,",
        ),
        (
            ("implementations", "exact", "--objective", "power"),
            "--objective: There is no objective 'power'. It must be area or delay.",
        ),
    ],
)
def test_what_is_refused(hawx, words, message):
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    assert str(error).startswith(message)


BUILT = EMIT.model_copy(
    update={
        "blocks": (
            EmittedBlock(
                name="exact",
                table_sha256=by_name("exact").digest,
                implementation=by_name("exact").implementations[0],
                instances=4,
            ),
        )
    }
)


@pytest.fixture
def built(tmp_path):
    """A config whose accelerator was emitted."""
    (tmp_path / "tiny.yaml").write_text("name: tiny\nnetwork: {model: lenet5, dataset: digits}\n")
    emitted(tmp_path / "build" / "tiny", by_name("exact"))
    return tmp_path


def emitted(folder, block):
    """What the stage emit leaves of an accelerator that has one block, in its first way."""
    emission = Emission()
    emission.define(f"hawx_block_{block.identifier}", block.component())
    modules = verilog_modules(emission)
    (folder / "rtl").mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / "rtl" / f"{name}.v").write_text(text)
    (folder / "rtl" / "filelist.f").write_text("".join(f"{name}.v\n" for name in modules))
    each = EmittedBlock(
        name=block.name,
        table_sha256=block.digest,
        implementation=block.implementations[0],
        instances=4,
    )
    result = EMIT.model_copy(update={"blocks": (each,)})
    result.write(folder)
    return result


def test_the_blocks_of_an_accelerator_are_proven_as_they_are_built(hawx, built):
    printed, error = hawx(
        "prove", "--of", str(built / "tiny.yaml"), "--build", str(built / "build"), "--json"
    )
    assert error is None
    result = ProofsResult.read(built / "build" / "tiny")
    assert [proof.as_dict() for proof in result.proofs] == json.loads(printed)
    (design,) = emitted_blocks(built / "build" / "tiny", BUILT.blocks)
    proof = result.of(by_name("exact").digest, BUILT.blocks[0].implementation, design.digest)
    assert proof is not None and proof.holds and proof.formal
    # That implementation alone, and the specification if there is one.
    assert len(result.proofs) <= 2


def test_a_block_that_has_changed_since_is_refused(hawx, built):
    (block,) = BUILT.blocks
    other = block.model_copy(update={"table_sha256": "0"})
    BUILT.model_copy(update={"blocks": (other,)}).write(built / "build" / "tiny")
    words = ("prove", "--of", str(built / "tiny.yaml"), "--build", str(built / "build"))
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    assert "The block exact has changed since" in str(error)
    assert not (built / "build" / "tiny" / "proofs.json").exists()


def test_the_emitted_file_itself_is_proven(hawx, built):
    path = built / "build" / "tiny" / "rtl" / "hawx_block_exact.v"
    text = path.read_text()
    assert text.count("$signed(a) * $signed(b)") == 1
    path.write_text(text.replace("$signed(a) * $signed(b)", "$signed(a) * $signed(a)"))
    _, error = hawx("prove", "--of", str(built / "tiny.yaml"), "--build", str(built / "build"))
    assert isinstance(error, VerificationError)
    assert "proofs failed. exact, multiply: simulation: a = -128, b = -127" in str(error)


NETWORK = {"model": "lenet5", "dataset": "digits"}
OWN = """
from amaranth.hdl import Module
from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact

class Circuit(BlockComponent):
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.product.eq(self.a * self.b)
        return m

class Own(Exact):
    implementations = ("own",)
    def component(self, implementation=None):
        return Circuit()
"""


def test_a_block_whose_circuit_changes_after_its_proof_is_not_proven(hawx, tmp_path):
    """The table stays, and the new circuit does not have its products."""
    (tmp_path / "tiny.yaml").write_text("name: tiny\nnetwork: {model: lenet5, dataset: digits}\n")
    folder = tmp_path / "build" / "tiny"
    words = ("prove", "--of", str(tmp_path / "tiny.yaml"), "--build", str(tmp_path / "build"))
    config = Config.model_validate({"name": "tiny", "network": NETWORK})

    def written(text):
        (tmp_path / "mine_proven.py").write_text(text)
        sys.modules.pop("mine_proven", None)
        # An edit within the same second would not be noticed.
        Path(cache_from_source(str(tmp_path / "mine_proven.py"))).unlink(missing_ok=True)
        return emitted(folder, by_name("python:mine_proven:Own", tmp_path))

    def reported(emit):
        results = RunResults(folder, ("emit",), emit=emit)
        (answer,) = dict(proof_pairs(results, config, "tiny.yaml")).values()
        return answer

    first = written(OWN)
    assert reported(first).startswith("not proven apart from the accelerator yet")
    _, error = hawx(*words)
    assert error is None
    assert reported(first).startswith("all 65,536 products simulated")
    second = written(OWN.replace("self.a * self.b", "(self.a * self.b) ^ (self.a == 3)"))
    assert second == first
    assert reported(second).startswith("not proven apart from the accelerator yet: hawx blocks")
    _, error = hawx(*words)
    assert isinstance(error, VerificationError)
    assert reported(second).startswith("WRONG: simulation: a = 3, b = -128")
