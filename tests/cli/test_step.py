"""``hawx step``: commands from a file, and from a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hawx_hw.cli import main as cli
from hawx_hw.cli import step as module
from tests.cli.test_simt import SOURCE


class Input(io.StringIO):
    """Standard input, from a terminal or not."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def hawx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    Path("k.s").write_text(SOURCE, encoding="utf-8")

    def run(text: str, *, terminal: bool = False, status: int = 0) -> str:
        given = Input(text)
        given.terminal = terminal
        monkeypatch.setattr(module.sys, "stdin", given)
        with pytest.raises(SystemExit) as end:
            cli.main(["step", "k.s"])
        output = capsys.readouterr()
        assert (end.value.code or 0) == status, output
        return output.err if status else output.out

    return run


def test_commands_from_a_file(hawx) -> None:
    lines = hawx("step\n\nbreak 5\nrun\nregs\nquit\nnothing\n").splitlines()
    assert lines[0].split() == ["warp", "0", "0", "LI", "s8,", "1", "k.s:9"]
    assert lines[1].endswith("s8 = 1")
    assert lines[2].split()[:2] == ["breakpoint", "5"]
    assert lines[3] == "4 instructions, up to cycle 37"
    assert "v0 = 0 0 0 0" in lines


def test_a_wrong_command_ends_it(hawx) -> None:
    message = hawx("step\nstpe\nstep\n", status=2)
    assert "hawx: line 2: There is no command 'stpe'. Write step?" in message


def test_a_terminal_is_asked_and_goes_on(hawx) -> None:
    text = hawx("stpe\nstep\n", terminal=True)
    assert "(hawx) There is no command 'stpe'. Write step?\n(hawx) " in text
    assert text.splitlines()[2].endswith("s8 = 1")
    assert text.endswith("(hawx) \n")


def test_what_is_no_text_is_refused() -> None:
    given = io.TextIOWrapper(io.BytesIO(b"step\n\xff\n"), encoding="utf-8")
    with pytest.raises(Exception, match="The input is no text"):
        list(module._lines(given, False))


def test_halves_of_characters_are_no_text(hawx) -> None:
    """What Python makes of other bytes where the locale is C."""
    given = b"step\n\xff\xfe\n".decode("utf-8", "surrogateescape")
    message = hawx(given, status=2)
    assert "hawx: line 2: This is no text. Write commands in UTF-8, one a line." in message
    # A terminal is asked again.
    text = hawx(f"{given}step\n", terminal=True)
    assert "(hawx) This is no text." in text
    assert text.encode("utf-8")
