"""The longest path of a mapped design, from the delay tables of its liberty file.

Each kind of module is analysed once, parts before the whole, and then stands for all its instances:
as the delay from its registers to each output, from each input to its registers, and from input to
output. So the analysis grows with the kinds of module, like the synthesis.

What is covered: every path between registers, memory macros, inputs and outputs, with the worst of
rising and falling edges, transition times within a module, and the load of every pin, also across
modules. What is not: wires, the memory macros' own delays (their outputs change at the clock edge,
their inputs need no setup), clock skew, false paths. A transition that enters a module counts as
:data:`NOMINAL_SLEW`, and the load that an output sees outside its module adds to its delay
linearly.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hawx_hw.synthesis.netlist import MACROS, Instance, Module, Netlist
from hawx_hw.technology.liberty import Arc, Pin

__all__ = ["NOMINAL_SLEW", "Path", "longest_path"]

#: Transition time in ns of the clock, of inputs, and of what enters a module.
NOMINAL_SLEW = 0.05
_STEP = 1.0  # fF, for the change of a delay with load

Net = int
Bit = tuple[str, int]


@dataclass(frozen=True)
class Path:
    """The longest path: its length in ns and the module within which it lies, with its end."""

    delay: float
    module: str
    end: str


@dataclass
class _Signal:
    """When and how a net changes: arrival and transition in ns, and ns a fF of more load."""

    arrival: float
    slew: float
    drive: float = 0.0


@dataclass
class _Summary:
    """What a module is to the module that holds it."""

    capacitance: dict[Bit, float] = field(default_factory=dict)
    launched: dict[Bit, _Signal] = field(default_factory=dict)
    captured: dict[Bit, float] = field(default_factory=dict)
    through: dict[Bit, dict[Bit, _Signal]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Edge:
    """From one net to another, by a cell's arc or by a path through a module."""

    target: Net
    arc: Arc | None
    delay: _Signal | None
    load: float


def longest_path(netlist: Netlist) -> tuple[Path, dict[str, float]]:
    """The longest path of the design, and of each kind of module within itself, in ns.

    A combinational loop raises ValueError.
    """
    summaries: dict[str, _Summary] = {}
    worst: dict[str, Path] = {}
    for name in netlist.order:
        analysis = _Analysis(netlist, netlist.modules[name], summaries)
        worst[name] = analysis.worst(whole=name == netlist.top)
        summaries[name] = analysis.summary()
    longest = max(worst.values(), key=lambda path: path.delay)
    return longest, {name: round(path.delay, 4) for name, path in worst.items()}


class _Analysis:
    def __init__(self, netlist: Netlist, module: Module, summaries: Mapping[str, _Summary]):
        self._netlist = netlist
        self._module = module
        self._summaries = summaries
        self._loads: dict[Net, float] = defaultdict(float)
        self._edges: dict[Net, list[_Edge]] = defaultdict(list)
        self._starts: dict[Net, _Signal] = {}
        self._ends: dict[Net, list[tuple[str, Pin | float]]] = defaultdict(list)
        for instance in module.instances:
            for net, load in self._inputs(instance):
                self._loads[net] += load
        for instance in module.instances:
            self._add(instance)
        self._rank = self._ranks()

    def _pins(self, instance: Instance) -> Iterable[tuple[Bit, Net]]:
        for pin, nets in instance.pins.items():
            for index, net in enumerate(nets):
                if isinstance(net, int):
                    yield (pin, index), net

    def _inputs(self, instance: Instance) -> Iterable[tuple[Net, float]]:
        cell = self._netlist.library.cells.get(instance.kind)
        summary = self._summaries.get(instance.kind)
        for bit, net in self._pins(instance):
            if cell is not None:
                if cell.pins[bit[0]].direction == "input":
                    yield net, cell.pins[bit[0]].capacitance
            elif summary is not None:
                yield net, summary.capacitance.get(bit, 0.0)

    def _add(self, instance: Instance) -> None:
        nets = dict(self._pins(instance))
        if instance.kind in MACROS:
            for (pin, _), net in nets.items():
                if pin == "read_data":
                    self._start(net, _Signal(0.0, NOMINAL_SLEW))
                elif pin != "clk":
                    self._ends[net].append((f"{instance.name}.{pin}", 0.0))
        elif instance.kind in self._summaries:
            self._add_module(instance, nets)
        else:
            self._add_cell(instance, nets)

    def _add_cell(self, instance: Instance, nets: dict[Bit, Net]) -> None:
        cell = self._netlist.library.cells[instance.kind]
        for (name, _), net in nets.items():
            pin = cell.pins[name]
            if cell.sequential and pin.direction == "input" and pin.setups:
                self._ends[net].append((f"{instance.name}.{name}", pin))
            if pin.direction != "output":
                continue
            for arc in pin.arcs:
                load = self._loads[net]
                if arc.clocked:
                    self._start(net, _through(arc, NOMINAL_SLEW, load))
                elif (source := nets.get((arc.source, 0))) is not None:
                    self._edges[source].append(_Edge(net, arc, None, load))

    def _add_module(self, instance: Instance, nets: dict[Bit, Net]) -> None:
        summary = self._summaries[instance.kind]
        for bit, signal in summary.launched.items():
            if bit in nets:
                self._start(nets[bit], _loaded(signal, self._loads[nets[bit]]))
        for bit, needed in summary.captured.items():
            if bit in nets:
                self._ends[nets[bit]].append((f"{instance.name}.{bit[0]}[{bit[1]}]", needed))
        for source, targets in summary.through.items():
            if source not in nets:
                continue
            for target, signal in targets.items():
                if target in nets:
                    net = nets[target]
                    delay = _loaded(signal, self._loads[net])
                    self._edges[nets[source]].append(_Edge(net, None, delay, 0.0))

    def _start(self, net: Net, signal: _Signal) -> None:
        known = self._starts.get(net)
        self._starts[net] = signal if known is None else _later(known, signal)

    def _ranks(self) -> dict[Net, int]:
        """A topological order of the nets."""
        missing: dict[Net, int] = defaultdict(int)
        for edges in self._edges.values():
            for edge in edges:
                missing[edge.target] += 1
        nets = set(self._edges) | set(missing) | set(self._starts) | set(self._ends)
        ready = sorted(net for net in nets if not missing[net])
        rank: dict[Net, int] = {}
        while ready:
            net = ready.pop()
            rank[net] = len(rank)
            for edge in self._edges.get(net, ()):
                missing[edge.target] -= 1
                if not missing[edge.target]:
                    ready.append(edge.target)
        if len(rank) != len(nets):
            raise ValueError(f"Module {self._module.name!r} has a combinational loop")
        return rank

    def _propagate(self, sources: Mapping[Net, _Signal]) -> dict[Net, _Signal]:
        """Every net that the sources reach, in topological order."""
        signals = dict(sources)
        queue = [(self._rank[net], net) for net in sources if net in self._rank]
        heapq.heapify(queue)
        queued = set(signals)
        while queue:
            _, net = heapq.heappop(queue)
            signal = signals[net]
            for edge in self._edges.get(net, ()):
                if edge.arc is not None:
                    step = _through(edge.arc, signal.slew, edge.load)
                else:
                    assert edge.delay is not None
                    step = edge.delay
                reached = _Signal(signal.arrival + step.arrival, step.slew, step.drive)
                known = signals.get(edge.target)
                signals[edge.target] = reached if known is None else _later(known, reached)
                if edge.target not in queued:
                    queued.add(edge.target)
                    heapq.heappush(queue, (self._rank[edge.target], edge.target))
        return signals

    def _captures(self, signals: Mapping[Net, _Signal]) -> Iterable[tuple[float, str]]:
        for net, ends in self._ends.items():
            signal = signals.get(net)
            if signal is not None:
                for name, end in ends:
                    setup = end if isinstance(end, float) else _setup(end, signal.slew)
                    yield signal.arrival + setup, name

    def _port_bits(self, direction: str) -> Iterable[tuple[Bit, Net]]:
        for port, (way, nets) in self._module.ports.items():
            if way == direction:
                for index, net in enumerate(nets):
                    if isinstance(net, int):
                        yield (port, index), net

    def worst(self, *, whole: bool) -> Path:
        """The longest path between registers; of the top also from inputs and to outputs."""
        sources = dict(self._starts)
        if whole:
            for _, net in self._port_bits("input"):
                sources.setdefault(net, _Signal(0.0, NOMINAL_SLEW))
        signals = self._propagate(sources)
        ends = list(self._captures(signals))
        if whole:
            ends += [
                (signals[net].arrival, f"{port}[{index}]")
                for (port, index), net in self._port_bits("output")
                if net in signals
            ]
        delay, end = max(ends, default=(0.0, ""))
        return Path(delay, self._module.name, end)

    def summary(self) -> _Summary:
        """The module as its users see it."""
        result = _Summary()
        launched = self._propagate(self._starts)
        outputs = list(self._port_bits("output"))
        for bit, net in outputs:
            if net in launched:
                result.launched[bit] = launched[net]
        for bit, net in self._port_bits("input"):
            result.capacitance[bit] = self._loads.get(net, 0.0)
            reached = self._propagate({net: _Signal(0.0, NOMINAL_SLEW)})
            captured = max((delay for delay, _ in self._captures(reached)), default=None)
            if captured is not None:
                result.captured[bit] = captured
            through = {out: reached[net_out] for out, net_out in outputs if net_out in reached}
            if through:
                result.through[bit] = through
        return result


def _through(arc: Arc, slew: float, load: float) -> _Signal:
    delay = max(table.at(slew, load) for table in arc.delays)
    more = max(table.at(slew, load + _STEP) for table in arc.delays)
    transition = max((table.at(slew, load) for table in arc.transitions), default=NOMINAL_SLEW)
    return _Signal(delay, transition, (more - delay) / _STEP)


def _loaded(signal: _Signal, load: float) -> _Signal:
    return _Signal(signal.arrival + signal.drive * load, signal.slew, signal.drive)


def _later(first: _Signal, second: _Signal) -> _Signal:
    late = first if first.arrival >= second.arrival else second
    return _Signal(late.arrival, max(first.slew, second.slew), late.drive)


def _setup(pin: Pin, slew: float) -> float:
    return max(table.at(slew, NOMINAL_SLEW) for table in pin.setups)
