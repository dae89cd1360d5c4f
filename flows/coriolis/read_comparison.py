"""Reads what KLayout observed when it compared the layout with its circuit.

Reads ``comparison.lvsdb`` and writes ``comparison.json``: numbers of nets and transistors that are
the same in both, of those that are not, and for each labelled net the net of the circuit.
"""

import json
from pathlib import Path

import klayout.db as kdb

#: Equal, perhaps one of several ways to be so.
SAME = (kdb.NetlistCrossReference.Match, kdb.NetlistCrossReference.MatchWithWarning)


def main():
    """Write the numbers."""
    comparison = kdb.LayoutVsSchematic()
    comparison.read("comparison.lvsdb")
    reference = comparison.xref()
    nets, devices = [0, 0], [0, 0]
    labels = {}
    for circuits in reference.each_circuit_pair():
        for pair in reference.each_net_pair(circuits):
            nets[pair.status() not in SAME] += 1
            first, second = pair.first(), pair.second()
            if first is not None and first.name:
                labels[first.name] = second.name if second is not None else None
        for pair in reference.each_device_pair(circuits):
            devices[pair.status() not in SAME] += 1
    result = {
        "nets": nets[0],
        "other_nets": nets[1],
        "transistors": devices[0],
        "other_transistors": devices[1],
        "labels": labels,
    }
    Path("comparison.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


main()
