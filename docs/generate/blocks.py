"""docs/blocks.md: the library of blocks, from the families and their tables."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re

from docs.generate.tables import table
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.catalogue import library, library_entries
from hawx_hw.blocks.evoapprox import CIRCUITS
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.blocks.statistics import statistics

__all__ = ["document"]

_PAGE = """\
# Blocks

A block is one multiplier that a PE may hold, exact or approximate. It is defined three times, as
a table, a function on numpy arrays, and gateware, which agree on all 65,536 pairs of operands.

```sh
hawx blocks list                                 # every distinct table, with its error statistics
hawx blocks list --family drum --sort mae
hawx blocks list --max-bias 1 --max-mae 100 --json
hawx blocks show "array(1,0,4)"                  # ranks, implementations, code ranges, other names
hawx blocks show "drum(k=4)" --plot errors.svg --save-table products.npy
hawx blocks prove "drum(k=4)"                    # see block-proofs.md
hawx blocks implementations "drum(k=4)"          # see synthesis.md
hawx blocks design lenet5 --layer conv2 --energy 90    # see block-design.md
hawx blocks import FILE.v --module NAME          # see how-to/write-a-block.md
```

## Names

| name | meaning |
|---|---|
| `array(ha=1,hb=0,v=4)`, `array(1, 0, 4)` | a member of a family of the library |
| `mask(bits=0xfcfcfcf8f0e00000)` | any partial products: see [block-design.md](block-design.md) |
| `mul8s_1KVM@v2022` | a published circuit, with the branch of EvoApproxLib that has this name |
| `import:NAME` | Verilog that you imported: see [write-a-block.md](how-to/write-a-block.md) |
| `python:module:object` | a block that you wrote: see [write-a-block.md](how-to/write-a-block.md) |

**Names are ambiguous.** A block is identified by its digest, the SHA-256 of its table. Two names
of one table are one block: `hawx blocks list` lists a table once, with its other names under
"also", and `hawx blocks show` adds the name in each family that has the table under parameters
that are not listed. Some published names belong to two circuits: `mul8s_1KV8` is refused, because
it is a different circuit on each of EvoApproxLib's branches.

## Operands

`a` is the weight and `b` the activation, int8 codes from -128 to 127, and they are not
interchangeable: many blocks treat them differently. A table is int32, indexed
`[a + 128, b + 128]`, also in the file of `--save-table`.

Blocks that were published for unsigned operands come in two forms:

- the signed form multiplies magnitudes and sets the sign, `s(a) s(b) U(|a|, |b|)`, where the
  magnitude of -128 is 128, and `s(x)` is -1 for negative numbers and 1 for all others, also for 0:
  where `U(0, y)` is not 0, the product of 0 is `U(0, |b|)` for `b >= 0` and `-U(0, |b|)` otherwise;
- the form whose name begins with `u` is for activations that are never negative, such as those
  after a ReLU. Their zero point is -128, so that the code `b` represents `u = b + 128`, from 0 to
  255. The hardware's product is `s(a) U(|a|, u)`, thus `U(0, u)` for the weight 0, which
  approximates `a * b + 128 * a`. The known term is subtracted in the table and folded into the
  bias, so the table approximates `a * b` as any other does. Such a block has the
  `activation_offset` 128.

Imported unsigned multipliers are used in the second form. One of a signed weight and an unsigned
activation needs no magnitude: the hardware's product is `M(a, u)`, and the known term is subtracted
as above. One of an unsigned weight and a signed activation computes `s(a) M(|a|, b)`. A block of
narrower operands accepts fewer codes, which `hawx blocks show` prints.

## Error statistics

Errors are `product - a * b`, each pair of accepted codes counted once; `hawx blocks show`
states over which operands that is. For a block that was published for unsigned operands they
differ from the published ones, such as those in the headers of EvoApproxLib's files: here the
weight's magnitude is 0 to 128, and most magnitudes count twice, there both operands are 0 to
255. For an imported circuit `show` states both.

| statistic | meaning |
|---|---|
| mean error | the bias; adds up over a sum of products, and can be folded into a filter's bias |
| MAE, RMSE | mean absolute error; root of the mean square |
| WCE | the largest absolute error |
| errors | share of the products that are not exact |
| MRE | mean absolute error relative to `a * (b + activation_offset)`, where that is not zero |

Codes of real layers are far from uniform: `hawx blocks show NAME --histograms FILE.npz` prints
the mean error and its variance for codes with the frequencies in the arrays `weights` and
`activations`, 256 numbers each, of the code `c` at `c + 128`.

The rank of a table, over the rationals, is the least number of products of a function of `a` and
a function of `b` whose sum it is. `show` computes it exactly: modulo so many primes that their
product exceeds every minor of the next size.

## Families

{tables} distinct tables are listed, of {families} families. *Sums* is the number of products of
factors in the family's formula; with few of them emulation is as fast as ordinary convolution.
A dash: no formula, emulation by table.

{family_table}
## Skipped products

The block `none` multiplies nothing: each of its products is 0, so that the weights under it are
skipped. It stands wherever a block may: under `blocks`, for a layer, for filters or for a part
of their kernels, and under `search.blocks`. It has a table, gateware and proofs as the others
do; its rank is 0, and it has no cells and takes no energy.

- **Bias.** The mean of what is skipped goes into the bias (`compensation.bias`). A layer that is
  skipped as a whole puts out constants.
- **Weights.** Those that are skipped are 0. Weights chosen together (`compensation.weights`)
  compensate for skipped ones of the same filter, as neighboring activations are alike.
- **Hardware.** A PE or lane that holds only `none` adds 0. One that holds other blocks too
  isolates these while `none` is selected, so that nothing in them toggles; weights are loaded
  and sums passed on as ever. No cycle is saved: a skipped tap has its place among the others.
  What is saved is the energy of the multiplications, and the area where a PE needs no other
  block.

## EvoApproxLib

All signed 8 x 8 multipliers of EvoApproxLib are members of `array`. Power, area and delay are
those published, for 45 nm; the error statistics are those of the table.

{published_table}
---

Written by `python -m docs.generate blocks.md`.
"""


def document() -> str:
    """The text of the page."""
    published = [
        [
            " ".join(f"`{name}`" for name in circuit.names),
            f"`{circuit.block.name}`",
            f"{circuit.power_mw:.3f}",
            f"{circuit.area_um2:.1f}",
            f"{circuit.delay_ns:.2f}",
            f"{metrics.mean_error:.2f}",
            f"{metrics.mae:.2f}",
            str(metrics.wce),
            f"{100 * metrics.error_rate:.2f}",
        ]
        for circuit in CIRCUITS
        for metrics in (statistics(circuit.block),)
    ]
    heading = ["name", "block", "power mW", "area um2", "delay ns"]
    return _PAGE.format(
        tables=len(library_entries()),
        families=len(FAMILIES),
        family_table=table(
            ["family", "definition", "listed", "sums"], [_family(name) for name in FAMILIES]
        ),
        published_table=table([*heading, "mean error", "MAE", "WCE", "errors %"], published),
    )


def _family(name: str) -> list[str]:
    module, kind = FAMILIES[name]
    family: type[Block] = getattr(importlib.import_module(module), kind)
    fields = ", ".join(f.name for f in dataclasses.fields(family))  # type: ignore[arg-type]
    first = re.split(r"\n\n", inspect.getdoc(family) or "")[0]
    members = [block for block in library() if block.family == name]
    terms = [None if (f := block.factors()) is None else f[0].shape[1] for block in members]
    counts = sorted({count for count in terms if count is not None})
    sums = (
        [str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"] if counts else []
    )
    if None in terms:
        sums.append("-")
    return [
        f"`{name}({fields})`" if fields else f"`{name}`",
        " ".join(first.replace("``", "`").replace("|", "\\|").split()),
        str(len(members)),
        ", ".join(sums),
    ]
