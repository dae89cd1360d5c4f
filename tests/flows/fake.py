"""A flow whose tool is a Python of a few lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hawx_hw.config.flows import FlowDescription, FlowOption
from hawx_hw.flows.result import Check, Clock, FlowReport
from hawx_hw.util.files import write_text

DESCRIPTION = FlowDescription(
    name="fake",
    title="A flow for tests",
    description="It counts the files of the accelerator.",
    group="bundle",
    standing="bundle",
    stage="emit",
    options={
        "clock_mhz": FlowOption(type="number", description="Clock.", default=50.0, minimum=1),
        "fails": FlowOption(type="switch", description="Whether the tool fails.", default=False),
        "checked": FlowOption(type="switch", description="Whether it checks.", default=True),
    },
)
TOOL = """
import json, pathlib, sys
print("counting")
number = len(list(pathlib.Path("rtl").glob("*.v")))
pathlib.Path("count.json").write_text(json.dumps(number))
if sys.argv[1] == "True":
    sys.exit("there is something wrong")
"""


class FakeFlow:
    name = "fake"

    def check(self, build, options) -> None:
        pass

    def setup(self, build, options, folder: Path) -> None:
        build.copy_rtl(folder)
        build.copy_memories(folder)
        write_text(folder / "tool.py", TOOL)

    def run(self, folder: Path, options, runner) -> None:
        runner.run([sys.executable, "tool.py", str(options.fails)], tool="counter")

    def result(self, folder: Path, options) -> FlowReport:
        number = json.loads((folder / "count.json").read_text())
        check = Check(name="there are files", passed=number > 0, detail=f"{number} files")
        return FlowReport(
            target="none",
            versions={"counter": "1"},
            clocks=(Clock(name="clk", required_mhz=options.clock_mhz, achieved_mhz=60.0),),
            checks=(check,) if options.checked else (),
            files=("count.json",),
        )


FLOW = FakeFlow()
