"""What ``patch.tcl`` changes in a layout, by the real Magic, and what it leaves as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hawx_hw.flows.runner import Runner
from hawx_hw.flows.templates import write_template
from hawx_hw.flows.tools.qflow.logs import filled, patches, read_magic
from hawx_hw.flows.tools.qflow.project import LEF

TECHNOLOGY = Path("/usr/share/qflow/tech/osu018")
needs_magic = pytest.mark.skipif(
    shutil.which("magic") is None or not TECHNOLOGY.exists(),
    reason="needs magic and qflow-tech-osu018",
)
#: Too small, with another net so near to its upper side that it can grow on another one alone.
PAD = ["rect 0 0 4 4", "rect 0 7 20 10"]
#: Two bars, 1 apart where 3 is asked for, joined at their upper ends.
NOTCH = ["rect 100 0 103 20", "rect 104 0 107 20", "rect 100 20 107 23"]
BARS = ["rect 200 0 203 20", "rect 204 0 207 20"]
LEGAL = ["rect 300 0 303 20", "rect 306 0 309 20"]


def patched(folder: Path, shapes: list[str], layer: str = "metal3") -> tuple[str, list[str], str]:
    """Log of the patch, shapes after it, and log of the check, of a layout without cells."""
    place = folder / "part" / "layout"
    place.mkdir(parents=True)
    shutil.copy(TECHNOLOGY / LEF, folder)
    shutil.copy(TECHNOLOGY / "osu018.magicrc", place / ".magicrc")
    text = "\n".join(["magic", "tech scmos", "timestamp 1", f"<< {layer} >>", *shapes, "<< end >>"])
    (place / "part.mag").write_text(text + "\n")
    logs = []
    for script in ("patch.tcl", "check.tcl"):
        write_template(place / script, "qflow", f"{script}.j2", lef=LEF, name="part")
        command = ("magic", "-dnull", "-noconsole", script)
        done = Runner(folder, 60).run(command, tool="magic", log=f"{script}.log", folder=str(place))
        logs.append(done.output)
    after = [each for each in (place / "part.mag").read_text().split("\n") if "rect" in each]
    return logs[0], after, logs[1]


@needs_magic
def test_a_notch_of_one_net_is_filled_and_a_pad_enlarged(tmp_path: Path) -> None:
    patch, after, check = patched(tmp_path, PAD + NOTCH + LEGAL)
    assert (patches(patch), filled(patch)) == (1, 1)
    assert read_magic(check).errors == {}
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in map(box, after))
    # A step of the pad, the notch, and nothing else.
    assert area == 4 * 5 + 20 * 3 + (7 * 20 + 7 * 3) + 2 * 3 * 20


@needs_magic
@pytest.mark.parametrize("layer", ["metal1", "metal6"])
def test_two_nets_are_never_joined(tmp_path: Path, layer: str) -> None:
    patch, after, check = patched(tmp_path, BARS, layer)
    assert (patches(patch), filled(patch)) == (0, 0)
    assert sorted(map(box, after)) == sorted(map(box, BARS))
    assert any("spacing" in rule for rule in read_magic(check).errors or ())


def box(line: str) -> tuple[int, ...]:
    return tuple(int(word) for word in line.split()[1:])
