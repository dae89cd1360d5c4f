"""Which port of a module is the weight, which the activation, which the product."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["DeclaredPort", "Roles", "find_roles", "find_signedness"]

#: Names of the first and the second operand, in lower case.
_PAIRS = (
    ("a", "b"),
    ("x", "y"),
    *(
        (f"{word}{first}", f"{word}{second}")
        for word in ("in", "op", "i", "in_", "op_")
        for first, second in (("a", "b"), ("1", "2"), ("0", "1"))
    ),
    ("weight", "activation"),
    ("multiplicand", "multiplier"),
)
_OPERAND_BITS = 8
_PRODUCT_BITS = 24
#: mul8s_1KV8, mul8x4u_09T.
_EVOAPPROX = re.compile(r"mul\d+(?:x\d+)?(?P<kind>[su])(?:_|$)")


@dataclass(frozen=True)
class DeclaredPort:
    """A port as the Verilog declares it."""

    name: str
    direction: str
    width: int
    signed: bool

    def __str__(self) -> str:
        kind = f"{self.direction}{' signed' if self.signed else ''}"
        return f"{kind} {self.name} ({self.width} bit{'s' if self.width != 1 else ''})"


@dataclass(frozen=True)
class Roles:
    """The names of the ports that are the weight, the activation and the product."""

    a: str
    b: str
    product: str

    def as_dict(self) -> dict[str, Any]:
        """The names by role."""
        return asdict(self)


def find_roles(
    ports: Sequence[DeclaredPort], requested: Mapping[str, str | None], where: str
) -> Roles:
    """The role of each port by its name, never by their order.

    Parameters
    ----------
    ports : sequence of DeclaredPort
    requested : mapping of str to str or None
        The ports that the user named for the roles ``a``, ``b`` and ``product``.
    where : str
        The file and module, for errors.

    Raises
    ------
    UserError
        Ports are missing, too many, of a wrong width, or their roles are not clear.
    """
    listed = "; ".join(map(str, ports)) or "none"
    by_name = {port.name: port for port in ports}

    def refuse(what: str, hint: str) -> UserError:
        return UserError(what, where=where, hint=f"The ports are: {listed}. {hint}")

    for port in ports:
        if port.direction == "inout":
            raise refuse(f"Port {port.name} is an inout", "A multiplier has inputs and an output.")
        if not re.fullmatch(r"[A-Za-z_]\w*", port.name, re.ASCII):
            raise refuse(f"Port {port.name!r} has no plain name", "Rename it.")
    for role, name in requested.items():
        if name is None:
            continue
        if name not in by_name:
            raise refuse(f"There is no port {name!r}", f"Correct --{role}.")
        expected = "output" if role == "product" else "input"
        if by_name[name].direction != expected:
            raise refuse(f"Port {name} must be an {expected}", f"Correct --{role}.")
    inputs = [port.name for port in ports if port.direction == "input"]
    outputs = [port.name for port in ports if port.direction == "output"]
    if len(inputs) != 2:
        raise refuse(
            f"A multiplier must have 2 inputs, not {len(inputs)}",
            "Wrap it in a module that has just the two operands as inputs, as whole words.",
        )
    product = requested.get("product")
    if product is None:
        if len(outputs) != 1:
            raise refuse(f"There are {len(outputs)} outputs", "Say which one with --product PORT.")
        product = outputs[0]
    a, b = requested.get("a"), requested.get("b")
    if a is not None and a == b:
        raise refuse(f"Port {a} cannot be both operands", "Correct --a or --b.")
    if a is None and b is None:
        a, b = _by_name(inputs) or (None, None)
        if a is None or b is None:
            raise refuse(
                "It is not clear which input is the weight",
                f"Say which is the weight and which the activation, for example with "
                f"--a {inputs[0]} --b {inputs[1]}.",
            )
    else:
        a = a or next(name for name in inputs if name != b)
        b = b or next(name for name in inputs if name != a)
    for name in (a, b):
        if by_name[name].width > _OPERAND_BITS:
            raise refuse(
                f"Operand {name} must have at most {_OPERAND_BITS} bits, not {by_name[name].width}",
                "Wrap it in a module that does.",
            )
    least = by_name[a].width + by_name[b].width
    if not least <= by_name[product].width <= _PRODUCT_BITS:
        raise refuse(
            f"Product {product} must have from {least} to {_PRODUCT_BITS} bits for operands of "
            f"{by_name[a].width} and {by_name[b].width}, not {by_name[product].width}",
            "Wrap it in a module that puts out the whole product.",
        )
    return Roles(a, b, product)


def _by_name(inputs: Sequence[str]) -> tuple[str, str] | None:
    lower = {name.lower(): name for name in inputs}
    for first, second in _PAIRS:
        if set(lower) == {first, second}:
            return lower[first], lower[second]
    return None


def find_signedness(
    module: str,
    operands: Sequence[DeclaredPort],
    requested: Sequence[bool | None],
    where: str,
) -> tuple[bool, bool]:
    """Whether each operand is two's complement: by the user, the ports, or the name.

    Parameters
    ----------
    module : str
    operands : sequence of DeclaredPort
        The weight and the activation.
    requested : sequence of bool or None
        What the user states of each.
    where : str
        The file and module, for errors.

    Raises
    ------
    UserError
        None of them decides it.
    """
    declared = [port.signed for port in operands]
    published = _EVOAPPROX.match(module)
    decided = list(requested)
    if decided == [None, None]:
        if all(declared):
            return True, True
        if published and not any(declared):
            return (published["kind"] == "s",) * 2
    else:
        # A port that is declared as signed is; any other may be either.
        decided = [
            True if said is None and signed else said
            for said, signed in zip(decided, declared, strict=True)
        ]
    a, b = decided
    if a is not None and b is not None:
        return a, b
    raise UserError(
        "It is not known whether the operands are signed",
        where=where,
        hint=_which(operands, decided),
    )


def _which(operands: Sequence[DeclaredPort], decided: Sequence[bool | None]) -> str:
    """The flags that decide it."""
    if any(said is not None for said in decided):
        number = decided.index(None)
        role = "ab"[number]
        return f"Add --{role}-signed or --{role}-unsigned for {operands[number].name}."
    hint = "Add --signed (two's complement) or --unsigned"
    if not any(port.signed for port in operands):
        return f"{hint}; where only one is signed, --a-signed --b-unsigned or the reverse."
    flags = " ".join(
        f"--{role}-{'signed' if port.signed else 'unsigned'}"
        for role, port in zip("ab", operands, strict=True)
    )
    return f"{hint}, or {flags}, as the ports are declared."
