"""The result of a flow, and flow.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from hawx_hw.errors import UserError
from hawx_hw.util.files import sha256_file
from hawx_hw.util.results import Record, Result

__all__ = ["Check", "Clock", "FlowReport", "FlowResult", "Resource", "flow_results"]

#: In the build folder: one folder a flow that was set up.
FOLDER = "flows"
#: In the build folder: what flows of the stage ``synth`` are made of.
NETLIST = "netlist.v"
_WORTH = {
    "real": "the thing itself, as far as the checks below go",
    "picture": "a picture, not manufacturable",
    "exploration": "an estimate for exploration",
    "bundle": "input for a tool that does not run here",
}


class Resource(Record):
    """How much of one kind of resource is used.

    Parameters
    ----------
    kind : str
        As the tool names it, such as ``DP16KD``.
    used : int
        How many of it the design takes.
    available : int or None
        Of the device; None where there is no device.
    """

    kind: str
    used: int
    available: int | None = None


class Clock(Record):
    """Timing of one clock.

    Parameters
    ----------
    name : str
        Of its net or port.
    required_mhz : float
        What was asked of the tool.
    achieved_mhz : float or None
        What the tool computed as the highest frequency; None where it gives slacks alone.
    setup_slack_ns, hold_slack_ns : float or None
        Worst slack, negative where the requirement is missed; None where it was not computed.
    """

    name: str
    required_mhz: float
    achieved_mhz: float | None = None
    setup_slack_ns: float | None = None
    hold_slack_ns: float | None = None

    @property
    def observed(self) -> str:
        """What was computed, in words."""
        parts = [] if self.achieved_mhz is None else [f"{self.achieved_mhz:.1f} MHz reached"]
        slacks = (("setup", self.setup_slack_ns), ("hold", self.hold_slack_ns))
        parts += [f"{what} slack {slack:.3f} ns" for what, slack in slacks if slack is not None]
        return ", ".join(parts) or "it was not computed"

    @property
    def satisfied(self) -> bool:
        """Whether something was computed, and everything computed satisfies the requirement."""
        slacks = [each for each in (self.setup_slack_ns, self.hold_slack_ns) if each is not None]
        if self.achieved_mhz is not None:
            slacks.append(self.achieved_mhz - self.required_mhz)
        return bool(slacks) and min(slacks) >= 0


class Check(Record):
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What must be so, such as ``"block RAMs contain the images of mem/"``.
    passed : bool
        Whether the result is as it must be.
    detail : str
        What was observed, with numbers.
    """

    name: str
    passed: bool
    detail: str = ""


class FlowReport(Record):
    """What a flow observed.

    Parameters
    ----------
    target : str
        The device, library or process, with the part's name.
    versions : mapping of str to str
        Of the tools that ran.
    resources : tuple of Resource
    clocks : tuple of Clock
    area_um2 : float or None
        Of the result; None where the tool states none.
    numbers : mapping of str to float
        Further metrics, by a name with its unit, such as ``wire length, um``.
    checks : tuple of Check
    files : tuple of str
        What was made, by path in the flow's folder.
    notes : tuple of str
        What a reader must know about the result.
    """

    target: str
    versions: Mapping[str, str]
    resources: tuple[Resource, ...] = ()
    clocks: tuple[Clock, ...] = ()
    area_um2: float | None = None
    numbers: Mapping[str, float] = {}
    checks: tuple[Check, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class FlowResult(Result):
    """The content of flow.json.

    Parameters
    ----------
    tool : str
        Name of the flow.
    title : str
        The flow in a few words.
    standing : {"real", "picture", "exploration", "bundle"}
        What its results are worth; see :class:`~hawx_hw.config.flows.FlowDescription`.
    options : mapping of str to value
        All of the flow's options with their values.
    accelerator_sha256 : str
        Of the Verilog and memories that it is made of.
    netlist_sha256 : str or None
        Of the netlist that it is made of; None where it is made of none.
    seconds : float
        That the tools ran.
    report : FlowReport
    """

    FILE: ClassVar[str] = "flow.json"
    STAGE: ClassVar[str] = "flow"
    SCHEMA: ClassVar[int] = 1

    tool: str
    title: str
    standing: Literal["real", "picture", "exploration", "bundle"]
    options: Mapping[str, bool | int | float | str | None]
    accelerator_sha256: str
    netlist_sha256: str | None = None
    seconds: float
    report: FlowReport

    @classmethod
    def how_to_make(cls) -> str:
        """How a user makes the file again."""
        return "Make it again, with hawx flow TOOL CONFIG."

    @property
    def worth(self) -> str:
        """What the standing means, for people."""
        return _WORTH[self.standing]

    @property
    def failures(self) -> tuple[str, ...]:
        """What is wrong with it, one sentence each; empty where the flow has succeeded."""
        checks = self.report.checks
        failed = [f"{each.name}: {each.detail or 'no'}" for each in checks if not each.passed]
        failed += [
            f"the clock {each.name} must run at {each.required_mhz:g} MHz: {each.observed}"
            for each in self.report.clocks
            if not each.satisfied
        ]
        return tuple(failed) if checks else ("nothing was checked", *failed)


def _of_netlist(result: FlowResult, build: Path) -> bool:
    """Whether the netlist in the build folder is that of a result, where it has one."""
    if result.netlist_sha256 is None:
        return True
    netlist = build / NETLIST
    return netlist.is_file() and sha256_file(netlist) == result.netlist_sha256


def flow_results(build: Path, accelerator: str | None = None) -> dict[str, FlowResult]:
    """Results of the flows that ran in a build folder, by their folder's name, in its order.

    A file that cannot be read, or is of another version, is left out: the flow runs anew.

    Parameters
    ----------
    build : Path
    accelerator : str or None
        Only results of the accelerator of this digest; see
        :func:`~hawx_hw.design.sources.accelerator_digest`.
    """
    results = {}
    for path in sorted((build / FOLDER).glob(f"*/{FlowResult.FILE}")):
        try:
            result = FlowResult.read(path.parent)
        except UserError:
            continue
        if accelerator in (None, result.accelerator_sha256) and _of_netlist(result, build):
            results[path.parent.name] = result
    return results
