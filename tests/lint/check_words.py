"""Refuses words outside the project's vocabulary: ``python tests/lint/check_words.py``.

Names, messages, docstrings, comments and pages share one vocabulary, docs/glossary.md. This script
lists the words that it replaced, each with the word to write instead, and finds them

- in identifiers of Python and C;
- in prose: comments, docstrings and other strings, and Markdown outside of code.

It also refuses docstrings that begin with "Of", lines of Markdown over 120 characters (tables and
code excepted), and in the neutral rooms the words of one architecture. Exit status 1 if it finds
anything.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120

#: Whole identifiers, and what they are called instead.
IDENTIFIERS = {
    "chunk": "output_tile, batch, part",
    "chunks": "output_tiles, batches, parts",
    "dealt": "assigned",
    "figures": "metrics (numbers), plots (drawings)",
    "found": "the thing itself: result, match, points",
    "held": "observed, supported, assigned, contained",
    "kept": "cached, remaining, selected",
    "meant": "target, intended, exact",
    "mend": "hint",
    "met": "observed, activations, histogram",
    "odd_blocks": "synthetic_blocks",
    "slot": "channel_position",
    "slots": "channel_positions",
    "told": "report, summary",
    "truth": "ground_truth, exact",
    "useless": "reference_point",
    "wanted": "requested, expected, target",
    "worlds": "synthetic_designs",
}

#: Words between underscores, and what they are called instead.
NAME_PARTS = {
    "dealt": "assigned",
    "figures": "metrics (numbers), plots (drawings)",
    "foreseen": "predicted",
    "foresight": "prediction",
    "foretold": "predicted",
    "mend": "hint",
    "screen": "low_fidelity",
    "screened": "low_fidelity",
    "screening": "low_fidelity",
    "told": "report, summary",
    "wanted": "requested, expected, target",
}

#: Words and phrases of prose, as regular expressions, and what to write instead.
PROSE = {
    r"accounts?": "summary, report",
    r"bears?": "tolerates",
    r"dealt": "assigned",
    r"figures": "metrics (numbers), plots (drawings)",
    r"foretells?|foretold|foresees?|foreseen|foresight": "predict, prediction",
    r"knows|minds|says": "what it is or does",
    r"(?:loses?|lost) \S+ points|points(?: of accuracy)? lost": "accuracy drop",
    r"mak(?:es?|ing) up for|made up for": "compensate",
    r"mends?|mended": "hint",
    r"screens|screened|screening": "low-fidelity evaluation",
    r"tells?|told": "report, show, state",
    r"(?<!ground\W)truths?(?! tables?)": "exhaustive ground truth, measured value",
    r"useless": "reference point",
}

#: Words of one architecture, which the neutral rooms do without.
ARCHITECTURE_WORDS = ("columns", "rows", "systolic")
NEUTRAL_ROOMS = ("hawx_hw/", "sim/")

#: Where a word is the right one: file, word and reason.
ALLOWED = {
    ("docs/sweeps.md", "account"): "the account of a batch system",
    ("hawx_hw/sweep/clusters.py", "account"): "the account of a batch system",
    ("hawx_hw/cli/predict.py", "figures"): "the name of the group of optional dependencies",
    ("hawx_hw/architectures/registry.py", "systolic"): "the registry lists every architecture",
    **{
        (f"hawx_hw/{path}.py", word): "of a kernel: values of the key search.slices"
        for path in ("assignment/units", "config/search")
        for word in ("rows", "columns")
    },
}

#: The room of the systolic architecture, and this file, which lists the words.
NOT_NEUTRAL = ("hawx_hw/architectures/systolic/",)
NOT_CHECKED = ("tests/lint/",)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_C_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_SUFFIXES = {".py", ".c", ".h", ".md"}
_PROSE_TOKENS = {"STRING", "COMMENT", "FSTRING_MIDDLE"}
# A phrase may go on in the next line of a comment.
_PHRASES = [
    (re.compile(rf"\b(?:{phrase})\b".replace(" ", r"[\s#*]+"), re.IGNORECASE), instead)
    for phrase, instead in PROSE.items()
]


class Problem(NamedTuple):
    """A word in a file."""

    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}; write: {self.instead}"


def check(path: str, text: str) -> list[Problem]:
    """The problems of a file, in the order of its lines.

    Parameters
    ----------
    path : str
        Relative to the repository, with forward slashes; its suffix decides what is checked.
    text : str
    """
    if path.endswith(".md"):
        problems = [*_markdown_words(path, text), *_long_lines(path, text)]
    elif path.endswith(".py"):
        problems = list(_python(path, text))
    else:
        problems = list(_c(path, text))
    if path.startswith(NEUTRAL_ROOMS) and not path.startswith(NOT_NEUTRAL):
        problems += _architecture_words(path, text)
    return sorted(p for p in problems if (p.path, p.word.lower()) not in ALLOWED)


def _python(path: str, text: str) -> Iterator[Problem]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "NAME":
            yield from _identifier(path, token.start[0], token.string)
        elif kind in _PROSE_TOKENS:
            yield from _prose(path, token.start[0], token.string)
            if token.string.startswith('"""Of '):
                yield Problem(path, token.start[0], "Of", "a verb or a noun phrase")


def _c(path: str, text: str) -> Iterator[Problem]:
    for match in _C_COMMENT.finditer(text):
        yield from _prose(path, text.count("\n", 0, match.start()) + 1, match[0])
    code = _C_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for number, line in enumerate(code.splitlines(), start=1):
        for match in _WORD.finditer(line):
            yield from _identifier(path, number, match[0])


def _identifier(path: str, line: int, name: str) -> Iterator[Problem]:
    if name in IDENTIFIERS:
        yield Problem(path, line, name, IDENTIFIERS[name])
        return
    for part in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"):
        if part in NAME_PARTS:
            yield Problem(path, line, name, NAME_PARTS[part])


def _prose(path: str, line: int, text: str) -> Iterator[Problem]:
    # Names in double backquotes are code; they are checked where they are defined.
    text = re.sub(r"``[^`]*``|`[^`\n]*`", lambda match: " " * len(match[0]), text)
    for phrase, instead in _PHRASES:
        for match in phrase.finditer(text):
            number = line + text.count("\n", 0, match.start())
            yield Problem(path, number, " ".join(re.split(r"[\s#*]+", match[0])), instead)


def _markdown_words(path: str, text: str) -> Iterator[Problem]:
    for number, line in _outside_code(text):
        yield from _prose(path, number, line)


def _long_lines(path: str, text: str) -> Iterator[Problem]:
    for number, line in _outside_code(text):
        if len(line) > WIDTH and not line.lstrip().startswith("|"):
            yield Problem(path, number, f"{len(line)} characters", f"at most {WIDTH} a line")


def _outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Lines of Markdown with their numbers, without fenced and indented code."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, line


def _architecture_words(path: str, text: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _WORD.finditer(line):
            if match[0] in ARCHITECTURE_WORDS:
                yield Problem(path, number, match[0], "a neutral word, outside the architecture")


def tracked_files() -> list[str]:
    """Files of the repository that are checked, those not yet committed included."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = (name for name in listing.split("\0") if Path(name).suffix in _SUFFIXES)
    return sorted(n for n in names if not n.startswith(NOT_CHECKED))


def main(names: Iterable[str]) -> int:
    """Check the named files, or all; print the problems."""
    problems: list[Problem] = []
    for name in list(names) or tracked_files():
        path = ROOT / name
        if path.is_file():
            problems += check(name, path.read_text(encoding="utf-8"))
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} words outside the vocabulary; see docs/glossary.md")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
