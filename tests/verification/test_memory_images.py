import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import plan_packet
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.verification.memory_images import check_memory_images


def planned(*, loadable: bool) -> Plan:
    graph = random_graph(np.random.default_rng(8), layers=4, output="vector")
    return plan(graph, ArrayShape.complete(5, 3, loadable=loadable))


def written(made: Plan, folder: Path) -> Path:
    for memory in made.memories():
        digits = -(-memory.width // 4)
        text = "".join(f"{word:0{digits}x}\n" for word in memory.words)
        (folder / f"{memory.name}.hex").write_text(text)
    return folder


def test_the_images_of_the_network_pass(tmp_path: Path) -> None:
    made = planned(loadable=False)
    check_memory_images(made, written(made, tmp_path))


def test_a_flipped_bit_in_any_memory_is_found(tmp_path: Path) -> None:
    """File, address and layer are named, whether or not an image reaches the word."""
    made = planned(loadable=False)
    written(made, tmp_path)
    rng = random.Random(3)
    titles = [layer.name for layer in made.cycles().layers]
    named = set()
    for memory in made.memories():
        path = tmp_path / f"{memory.name}.hex"
        text = path.read_text()
        words = text.split()
        address, bit = rng.randrange(memory.depth), rng.randrange(memory.width)
        wrong = f"{int(words[address], 16) ^ 1 << bit:0{len(words[address])}x}"
        path.write_text("\n".join([*words[:address], wrong, *words[address + 1 :]]))
        with pytest.raises(VerificationError) as caught:
            check_memory_images(made, tmp_path)
        layer = memory.layer_of(address)
        assert layer in titles
        assert str(caught.value) == (
            f"{path}: memory {memory.name} differs from the network: word {address} "
            f"(layer {layer}) is {wrong}, not {words[address]}; 1 of {memory.depth} words differ."
        )
        named.add(layer)
        path.write_text(text)
    assert len(named) > 1


def test_layers_of_words_are_those_of_the_weights() -> None:
    """A layer's words hold its weights: the sums over them are the same."""
    made = planned(loadable=False)
    sums: dict[str | None, int] = {}
    for memory in made.memories():
        if memory.name.startswith("weights"):
            for address, word in enumerate(memory.words):
                octets = np.frombuffer(word.to_bytes(memory.width // 8, "little"), dtype=np.int8)
                layer = memory.layer_of(address)
                sums[layer] = sums.get(layer, 0) + int(octets.sum())
    expected = {
        layer.title: int(layer.weight.sum()) for layer in made.layers if layer.weight is not None
    }
    assert sums == expected


def test_a_flipped_bit_in_the_packet_is_found(tmp_path: Path) -> None:
    made = planned(loadable=True)
    packet = plan_packet(made)
    path = tmp_path / "parameters.bin"
    path.write_bytes(packet)
    check_memory_images(made, tmp_path)
    for place in (0, len(packet) // 2, len(packet) - 1):
        path.write_bytes(packet[:place] + bytes([packet[place] ^ 1]) + packet[place + 1 :])
        with pytest.raises(VerificationError, match=r"parameters\.bin: memory \w+ differs .*layer"):
            check_memory_images(made, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda packet: packet[:-1], r"is 0*[0-9a-f]+, not|bytes, not"),
        (lambda packet: packet + b"\0", " bytes, not "),
        (lambda packet: b"", "memory program has 0 words, not "),
    ],
)
def test_a_packet_of_another_length(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    made = planned(loadable=True)
    (tmp_path / "parameters.bin").write_bytes(change(plan_packet(made)))
    with pytest.raises(VerificationError, match=message):
        check_memory_images(made, tmp_path)


def test_other_files(tmp_path: Path) -> None:
    made = planned(loadable=False)
    path = written(made, tmp_path) / "program.hex"
    text = path.read_text()
    path.write_text(text + "0\n")
    with pytest.raises(VerificationError, match=r"memory program has \d+ words, not \d+\.$"):
        check_memory_images(made, tmp_path)
    path.write_text(text.replace("\n", "\nxyz\n", 1))
    with pytest.raises(UserError, match=r"something else than hexadecimal words.*hawx emit CONFIG"):
        check_memory_images(made, tmp_path)
    path.unlink()
    with pytest.raises(UserError, match="The memory image cannot be read: No such file"):
        check_memory_images(made, tmp_path)
