"""The programs of docs/how-to/write-a-simt-kernel.md and docs/simt.md run as described."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import typer

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.stepper import COMMANDS
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.cli import simt as commands
from hawx_hw.cli.main import main
from hawx_hw.cli.simt_sources import Image
from hawx_hw.config.load import load_config
from tests.architectures.simt.networks import lenet5
from tests.docs.pages import ROOT, Block, Walk, blocks

DOCS = Path(__file__).parents[2] / "docs"
KERNEL = DOCS / "how-to" / "write-a-simt-kernel.md"
PAGE = KERNEL.read_text("utf-8") + (DOCS / "simt.md").read_text("utf-8")
PROGRAMS = re.findall(r"```asm\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_program(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    weights = rng.integers(-127, 128, (256, 8)).astype(np.int8)
    constants = np.stack(
        [rng.integers(0, 300, (2, 8)), rng.integers(-(2**15), 2**15, (2, 8))], axis=2
    )
    np.save(tmp_path / "weights.npy", weights)
    np.save(tmp_path / "constants.npy", constants)
    codes = rng.integers(-128, 128, (16, 8)).astype(np.int8)
    program = assemble(PROGRAMS[0], folder=tmp_path)
    outcome = simulate(program, codes, limit=1000)
    sums = np.einsum("wkf,k->wf", weights.reshape(2, 128, 8).astype(int), codes.ravel())
    shifted = (sums * constants[..., 0] + constants[..., 1]) >> 9
    np.testing.assert_array_equal(outcome.memories.result[:2], np.clip(shifted, -128, 127))
    assert outcome.trap is None
    timing = time_program(program)
    assert outcome.cycles == timing.cycles
    assert f"{timing.cycles} cycles for 2,048 products" in PAGE
    assert timing.layers[0].products == 2048
    walking = sum(timing.layers[0].causes[cause] for cause in ("useful", "stretched"))
    assert f"the multiply engine walks {walking:.0f}" in PAGE


def test_other_directives_of_the_page_are_right() -> None:
    for text in PROGRAMS[1:]:
        assemble(f".unit lanes=8\n{text}\nHALT")


def test_defaults_of_the_page() -> None:
    unit = SimtConfig().unit()
    lines = dict(re.findall(r"\| `(\w+)` \| [^|]* \| (\d+) \|", PAGE))
    assert lines == {
        "lanes": "8", "registers": "8", "taps": "8", "block_register": "0",
        "register_bits": "24", "scalar_bits": "16", "loops": "2", "predicates": "3",
    }  # fmt: skip
    for name, value in lines.items():
        assert int(getattr(unit, name)) == int(value)


# Commands of the page -------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A terminal at which lines are typed, which shows what is typed."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        line = super().readline(size)
        typer.echo(line, nl=False)
        return line


def sessions() -> list[tuple[str, list[str]]]:
    """The commands of the page, each with the lines below it."""
    result: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                result.append((line[2:], []))
            else:
                result[-1][1].append(line)
    return result


def pattern(lines: list[str]) -> str:
    """What output must match: ``...`` stands for anything, to the end of a line or for lines."""
    parts = []
    for line in lines:
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        elif line.endswith(" ..."):
            parts.append(re.escape(line[:-4]) + r".*\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return "".join(parts)


@pytest.fixture
def hawx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dot.s").write_text(PROGRAMS[0], encoding="utf-8")
    network = plan(lenet5(), SimtConfig(lanes=8))

    # Weights do not change the program: those of the tests' network are not trained.
    def plan_of(name: str, build: Path, *, silent: bool) -> Plan:
        text = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
        Path(name).write_text(text, encoding="utf-8")
        assert load_config(Path(name)).accelerator == SimtConfig(lanes=8)
        return network

    def image_of(config: str, image: str) -> Image:
        return Image(image, np.zeros(network.compiled.image.shape, dtype=np.int8))

    monkeypatch.setattr(commands, "plan_of", plan_of)
    monkeypatch.setattr(commands, "image_of", image_of)

    def run(command: str, typed: str) -> str:
        words = command.split()
        if words == ["python", "make.py"]:
            script = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
            exec(script, {})
            return ""
        assert words[0] == "hawx"
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        with pytest.raises(SystemExit) as end:
            main(words[1:])
        assert not end.value.code, capsys.readouterr().err
        return capsys.readouterr().out

    return run


def test_commands_of_the_page(hawx) -> None:
    commands_seen = []
    for command, lines in sessions():
        prompts = [line for line in lines if line.startswith("(hawx) ")]
        typed = "".join(f"{line.removeprefix('(hawx) ')}\n" for line in prompts)
        output = hawx(command, typed)
        assert re.fullmatch(pattern(lines), output), f"$ {command}\n{output}"
        commands_seen.append(command.split()[1])
    assert {"assemble", "simulate", "step", "disassemble"} <= set(commands_seen)


def test_every_command_of_step_is_in_its_help() -> None:
    (section,) = re.findall(r"\n## Tools\n(.*?)\n## ", PAGE, re.DOTALL)
    for name in ("assemble", "simulate", "step", "disassemble"):
        assert f"`hawx {name} " in section
    shown = re.findall(r"\(hawx\) (\w+)", PAGE)
    assert set(shown) <= {usage.split()[0] for usage in COMMANDS}


@pytest.mark.slow
def test_the_kernel_on_the_hardware(tmp_path: Path) -> None:
    """In its simulation; the packet of the network's own program is the one that was emitted."""
    shutil.copytree(ROOT / "examples" / "driver", tmp_path / "examples" / "driver")
    walk = Walk(tmp_path, seconds=600)
    assert walk.follow(blocks(KERNEL)) == 7
    same = Block(KERNEL, 0, "sh", "python pack.py net.s net.s same.bin", run=0)
    assert walk.follow([same]) == 1
    emitted = (tmp_path / "build" / "kernel" / "mem" / "parameters.bin").read_bytes()
    assert (tmp_path / "same.bin").read_bytes() == emitted
    results = [
        (tmp_path / name).read_text().splitlines()[-2:] for name in ("before.txt", "after.txt")
    ]
    assert results[0] == results[1]
    wider = "sed '/ result$/s/low=-128/low=0/' net.s > wider.s; python pack.py net.s wider.s x.bin"
    assert walk.follow([Block(KERNEL, 0, "sh", wider, run=1)]) == 1
    assert "stores: 7 words of 20 bits do not fit 7 of 12" in walk.printed
