"""Abbreviations that readers meet first are in the glossary, and the site shows their meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate.hooks import abbreviations
from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
#: What somebody meets on the way from the README to an accelerator of their own.
FIRST = [
    ROOT / "README.md",
    *(DOCS / name for name in ("index.md", "tutorial.md", "report.md", "limits.md", "results.md",
                               "import.md", "data.md", "flows.md", "host.md")),
    *sorted((DOCS / "how-to").glob("*.md")),
]  # fmt: skip
#: Names of products, formats and standards, which are no words of this project.
KNOWN = frozenset(re.findall(r"\w+", """
    ABS ADD AMBA AMD API ARM ASCII AVX AXI4 BLIF BT C11 CAPI2 CIFAR CMYK CONCATENATION CPU CRC CSV
    CVPR DEQUANTIZE DIV DONE ECP5 ELU EXIF FIFO GB GCC GELU GF180MCU GNU GPU GW2A HTML ICLR ID IEEE
    IHP II IP IPXACT ISSCC JPEG JSON KB LED LFE5U LOGISTIC MB MEAN MNIST MUL NAND NAND3X1 NEG NSGA
    OAI21X1 OSU PAD PADV2 PATH PNG PROGRAM QDQ QUANTIZE README RELU RELU6 RESHAPE RGB SAME SELU
    SG13G2 SLVERR SOFTMAX SQUEEZE SUB TANH TEXT TLAST TRANSPOSE TSMC ULX3S USB UTF VERILATOR VGG
    XACT XOR
"""))  # fmt: skip


def prose(page: Path) -> str:
    """The text of a page without code, links' targets and comments."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^    .*$", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)


@pytest.mark.parametrize("page", FIRST, ids=lambda page: page.name)
def test_abbreviations_are_explained(page: Path) -> None:
    words = set(re.findall(r"\b[A-Z][A-Z0-9]+(?=s?\b)", prose(page)))
    unexplained = {w for w in words - KNOWN if not re.search(rf"\b{w}s?\b", GLOSSARY)}
    assert sorted(unexplained) == []


def test_abbreviations_of_a_glossary() -> None:
    text = "| MAC, SoC | A [word](x.md#y) and `code` ([more](z.md)). |\n| word | No `MAC`. |\n"
    assert abbreviations(text) == dict.fromkeys(("MAC", "SoC"), "A word and code.")
    assert {"PE", "SIMT", "DRC"} <= set(abbreviations(GLOSSARY))


def test_no_term_is_defined_twice() -> None:
    names = [
        name
        for line in re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", GLOSSARY, re.MULTILINE)
        for name in line.split(", ")
        if name not in ("term", "---")
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []
