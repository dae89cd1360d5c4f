"""``hawx assemble`` and ``hawx simulate``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.cli import main as cli

SOURCE = """\
        .unit   lanes=4 warps=1 activation_words=8
        .stream s taps=4 step=1
        .store  o shift=1 result
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .weight 1, 2, 3, 4
        .constant 2, 0
        LI      s8, 1
        MAC.z   v0, s4, s
        LI      s6, 1
        LI      s7, 1
        WAITR
        QST     v0, s4, o
        HALT
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("k.s").write_text(SOURCE, encoding="utf-8")
    np.save("x.npy", np.array([1, 2, 3, 4, 5]))


def hawx(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    """What a call prints; its message where it ends with another status than 0."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    output = capsys.readouterr()
    assert (end.value.code or 0) == status, output
    return output.err if status else output.out


def test_a_program_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    text = hawx(capsys, "assemble", "k.s")
    assert "    1  c0010100          MAC.z   v0, s4, s" in text
    assert "weight words           4" in text
    assert len([line for line in text.splitlines() if line[:5].strip().isdigit()]) == 7


def test_a_program_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(hawx(capsys, "assemble", "k.s", "--json"))
    assert content["code"][-1] == "08000000"
    assert content["instructions"] == 7


def test_a_program_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = hawx(capsys, "simulate", "k.s", "--image", "x.npy")
    assert "result[0] 10 20 30 40" in text
    assert "4 cycles" not in text
    assert "16 products" in text
    content = json.loads(hawx(capsys, "simulate", "k.s", "--json", "--image", "x.npy"))
    assert content["result"] == {"0": [10, 20, 30, 40]}
    assert content["cycles"] == sum(layer["cycles"] for layer in content["layers"])
    assert f"{content['cycles']} cycles, {content['instructions']} instructions" in text


def test_without_an_image_the_memory_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert "result[0] 0 0 0 0" in hawx(capsys, "simulate", "k.s")


def test_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    lines = hawx(capsys, "simulate", "k.s", "--trace", "--image", "x.npy").splitlines()
    assert lines[0].split() == ["3", "warp", "0", "0", "LI", "s8,", "1", "s8", "=", "1"]
    assert lines[1].endswith("v0 = (10, 20, 30, 40)")
    assert "HALT" in lines[6]


def test_a_trap_has_the_line_of_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.s").write_text(SOURCE.replace("s8, 1", "s8, 0"), encoding="utf-8")
    message = hawx(capsys, "simulate", "k.s", status=1)
    assert "k.s:10: Trap BEATS of warp 0 at 1 in cycle 16: no beats" in message


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.array([128]), "--image x.npy: Codes must be in [-128, 127]"),
        (np.zeros(33, dtype=np.int8), "33 codes are 9 words, more than 8. Give .unit more"),
        (np.zeros(3), "x.npy: This holds no integers"),
        (np.zeros((3, 0), dtype=int), "--image x.npy: This array is empty. Give it the codes"),
        (np.array(3), "--image x.npy: This is a single number, not an array. Give it"),
    ],
)
def test_images_that_are_refused(
    capsys: pytest.CaptureFixture[str], codes: np.ndarray, message: str
) -> None:
    np.save("x.npy", codes)
    assert message in hawx(capsys, "simulate", "k.s", "--image", "x.npy", status=2)


def test_messages_have_file_line_and_column(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.s").write_text(SOURCE.replace("QST ", "QTS "), encoding="utf-8")
    message = hawx(capsys, "assemble", "k.s", status=2)
    assert "k.s:14:9: There is no instruction QTS. Write QST?" in message


def test_a_program_without_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.s").write_text(".unit lanes=1\nhere: JMP here\n", encoding="utf-8")
    message = hawx(capsys, "simulate", "k.s", "--watchdog", "50", status=1)
    assert "Trap WATCHDOG of warp 0 at 0 in cycle 50" in message
    assert message.endswith(
        "watchdog allows. Allow more with --watchdog, or let the program end.\n"
    )
    assert "0: 0" not in message


def test_cycles_of_causes_are_rounded(capsys: pytest.CaptureFixture[str]) -> None:
    """Products of three lanes are thirds of a cycle."""
    source = SOURCE.replace("lanes=4", "lanes=3").replace(", 3, 4\n", ", 3\n")
    source = source.replace("taps=4", "taps=2")
    source = source.replace("MAC.z   v0, s4, s", "PLT     p1, s8\n        MAC.z   v0, s4, s @p1")
    Path("k.s").write_text(source, encoding="utf-8")
    text = hawx(capsys, "simulate", "k.s", "--json")
    causes = [cycles for layer in json.loads(text)["layers"] for cycles in layer["causes"].values()]
    assert any(cycles % 1 for cycles in causes), text
    assert all(cycles == round(cycles, 3) for cycles in causes)


def test_a_source_is_no_config(capsys: pytest.CaptureFixture[str]) -> None:
    message = hawx(capsys, "disassemble", "k.s", status=2)
    assert "k.s: This is a source, not a config. hawx assemble k.s lists its program." in message
