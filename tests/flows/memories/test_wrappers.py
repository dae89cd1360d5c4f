"""RAMs made of macros, simulated beside the plain memories whose place they take."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.instances import Memory
from hawx_hw.flows.memories.plan import MemoryPlan, plan_memories
from hawx_hw.flows.memories.wrappers import boxes_text, ram_text, replace_memories
from hawx_hw.gateware.layout import index_width
from hawx_hw.util.resources import rtl_templates
from tests.flows.memories.macro_models import BENCH, model_text

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog")

SP, SDP = "hawx_sp_ram", "hawx_sdp_ram"
#: (kind, width, depth): words wider and narrower than a macro's, one bank and several, not a power
#: of two, exactly a macro, fewer words than a macro has.
SHAPES = {
    "openram_sky130": [
        (SDP, 10, 1572),
        (SDP, 64, 358),
        (SDP, 32, 256),
        (SP, 40, 600),
        (SP, 8, 1024),
        (SP, 33, 513),
    ],
    "ihp_sg13g2": [
        (SDP, 10, 1572),
        (SDP, 40, 358),
        (SDP, 368, 12),
        (SP, 64, 2048),
        (SP, 90, 124),
        (SP, 17, 5000),
    ],
    "gf180mcu": [(SP, 17, 1100), (SP, 8, 512), (SP, 64, 65)],
    "fakeram45": [(SP, 40, 600), (SP, 34, 256), (SP, 130, 33)],
}


def memories(shapes: list[tuple[str, int, int]]) -> list[Memory]:
    return [
        Memory(f"core.memory_{number}.macro", kind, width, depth, index_width(depth))  # type: ignore[arg-type]
        for number, (kind, width, depth) in enumerate(shapes)
    ]


def plan(family: str, number: int | None = None) -> MemoryPlan:
    """The plan for the first ``number`` shapes."""
    shapes = SHAPES[family][:number]
    made = plan_memories(memories(shapes), families()[family])
    assert len(made.arrangements) == len(shapes)
    return made


def bench(shapes: list[tuple[str, int, int]]) -> str:
    lines = ["module bench;", "    reg clk = 0;", "    always #10 clk = !clk;"]
    names = []
    for number, (kind, width, depth) in enumerate(shapes):
        bits = index_width(depth)
        module = "compare_sdp" if kind == SDP else "compare_sp"
        lines.append(f"    {module} #({width}, {depth}, {bits}, {number + 1}) c{number} (clk);")
        names.append((f"c{number}", f"{kind} {width} {depth}"))
    most = max(depth for _, _, depth in shapes)
    lines += ["    initial begin", f"        #({20 * (most + 1500)});"]
    lines += [
        f'        $display("%0d of %0d: {name}", {each}.errors, {each}.compared);'
        for each, name in names
    ]
    return "\n".join([BENCH, *lines, "        $finish;", "    end", "endmodule", ""])


def simulated(
    folder: Path, family: str, changed: tuple[str, str] | None = None, number: int | None = None
) -> list[str]:
    """Lines of the bench, one a shape; ``changed`` is a text to replace in the Verilog."""
    made, shapes = plan(family, number), SHAPES[family][:number]
    rtl = folder / "rtl"
    shutil.copytree(rtl_templates(), rtl)
    names = replace_memories(made, rtl)
    kinds = sorted({kind for kind, _, _ in shapes})
    assert names == [f"{kind}_cells.v" for kind in kinds]
    if changed is not None:
        texts = {kind: (rtl / f"{kind}.v").read_text("utf-8") for kind in kinds}
        assert any(changed[0] in text for text in texts.values())
        for kind, text in texts.items():
            (rtl / f"{kind}.v").write_text(text.replace(*changed), "utf-8")
    models = [model_text(families()[family], macro) for macro in made.macros.values()]
    (folder / "models.v").write_text("\n".join(models), "utf-8")
    (folder / "bench.v").write_text(bench(shapes), "utf-8")
    sources = [f"rtl/{kind}{end}.v" for kind in kinds for end in ("", "_cells")]
    command = ["iverilog", "-g2005", "-Wall", "-Wno-timescale", "-s", "bench", "-o", "b.vvp",
               "bench.v", "models.v", *sources]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=100)
    done = subprocess.run(["vvp", "-N", "b.vvp"], cwd=folder, capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr.decode()
    return [line for line in done.stdout.decode().splitlines() if " of " in line]


@needs_icarus
@pytest.mark.parametrize("family", SHAPES)
def test_macros_behave_as_the_plain_memory(family: str, tmp_path: Path) -> None:
    lines = simulated(tmp_path, family)
    assert len(lines) == len(SHAPES[family])
    for line in lines:
        match = re.fullmatch(r"0 of (\d+): .*", line)
        assert match, line
        assert int(match[1]) > 1000, line


@needs_icarus
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("family", SHAPES)
def test_macros_of_random_sizes_behave_as_the_plain_memory(
    family: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hawx_hw.flows.memories.plan.MOST_FLIP_FLOPS", 0)
    draw = random.Random(f"{family} {seed}")
    kinds = sorted({kind for kind, _, _ in SHAPES[family]})
    shapes = {
        (width, depth): (draw.choice(kinds), width, depth)
        for width, depth in ((draw.randint(1, 300), draw.randint(2, 1500)) for _ in range(6))
    }
    monkeypatch.setitem(SHAPES, family, list(shapes.values()))
    for line in simulated(tmp_path, family):
        assert line.startswith("0 of "), line


@needs_icarus
@pytest.mark.parametrize(
    ("family", "changed"),
    [
        ("openram_sky130", ("assign read_data = fresh ?", "assign read_data = 1'b1 ?")),
        ("openram_sky130", (".wmask0(4'b1111)", ".wmask0(4'b0111)")),
        ("ihp_sg13g2", ("if (read) bank <=", "bank <=")),
        ("ihp_sg13g2", ("bank_1_part_0 (\n        .A_CLK(clk),\n        .A_MEN(write_1)",
                        "bank_1_part_0 (\n        .A_CLK(clk),\n        .A_MEN(write_0)")),
    ],
    ids=["no register behind the output", "mask", "bank of the last read", "bank of a write"],
)  # fmt: skip
def test_a_mistake_in_the_connections_is_caught(
    family: str, changed: tuple[str, str], tmp_path: Path
) -> None:
    lines = simulated(tmp_path, family, changed, 2)
    assert any(not line.startswith("0 of") for line in lines), lines


@pytest.mark.parametrize("family", SHAPES)
def test_the_empty_macros_have_the_connected_ports(family: str) -> None:
    """Slang elaborates the RAMs over the empty modules: a missing or unknown port is an error."""
    from pyslang import Bag
    from pyslang.ast import Compilation, CompilationOptions
    from pyslang.syntax import SyntaxTree

    made = plan(family)
    kinds = sorted({kind for kind, _, _ in SHAPES[family]})
    plain = [(rtl_templates() / f"{kind}.v").read_text("utf-8") for kind in kinds]
    texts = [
        *(ram_text(made, kind) for kind in kinds),  # type: ignore[arg-type]
        *(
            text.replace(f"module {kind} #", f"module {kind}_cells #")
            for text, kind in zip(plain, kinds, strict=True)
        ),
        boxes_text(made),
    ]
    options = CompilationOptions()
    names = {f"{kind}_{depth}x{width}" for kind, width, depth in SHAPES[family]}
    options.topModules = names
    compilation = Compilation(Bag([options]))
    for text in texts:
        compilation.addSyntaxTree(SyntaxTree.fromText(text))
    tops = {each.name for each in compilation.getRoot().topInstances}
    assert tops == names
    codes = {str(each.code) for each in compilation.getAllDiagnostics()}
    # Outputs of ports that are not used are left open on purpose.
    codes -= {"DiagCode(EmptyOutputPortConn)"}
    assert not [code for code in codes if "Port" in code or "Connection" in code], codes
    assert not [each for each in compilation.getAllDiagnostics() if each.isError()], codes


def test_a_plain_memory_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hawx_sp_ram.v").write_text("module other; endmodule\n", "utf-8")
    with pytest.raises(ValueError, match="must have one 'module hawx_sp_ram #'"):
        replace_memories(plan("gf180mcu"), tmp_path)
