import pytest

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.debug import DebugFormat
from hawx_hw.gateware.trap import TrapFormat

SHAPES = {"word_codes": 4, "image_shape": (3, 5, 7), "result_shape": (10,)}


def test_members_of_built_in_parameters():
    signature = CoreSignature(**SHAPES, layers=5)
    assert not signature.loadable
    assert signature.parameter_bytes == 0
    assert "parameter" not in signature.members
    port = signature.create()
    assert len(port.image.p.address) == 6
    assert len(port.image.p.data) == 32
    assert len(port.result.address) == 2
    assert len(port.layer) == 3


def test_members_of_loaded_parameters():
    signature = CoreSignature(**SHAPES, layers=1, memories=[(20, 4), (64, 9), (8, 2)])
    assert signature.loadable
    assert signature.parameter_bytes == 3 * 4 + 8 * 9 + 2
    port = signature.create()
    assert len(port.parameter.memory) == 2
    assert len(port.parameter.address) == 4
    assert len(port.parameter.data) == 64
    assert len(port.layer) == 1, "a port never vanishes"


def test_members_of_a_core_with_traps():
    trap = TrapFormat({"one": "", "two": "", "three": ""}, 2, 10, 32)
    signature = CoreSignature(**SHAPES, layers=1, trap=trap)
    assert signature.trap is trap
    assert len(signature.create().trap.address) == 10
    assert CoreSignature(**SHAPES, layers=1).trap is None
    assert not {"trap", "watchdog"} & {*CoreSignature(**SHAPES, layers=1).members}
    assert len(signature.create().watchdog) == 1
    assert signature != CoreSignature(**SHAPES, layers=1)
    same = TrapFormat({"one": "", "two": "", "three": ""}, 2, 10, 32)
    assert signature == CoreSignature(**SHAPES, layers=1, trap=same)
    assert hash(signature) == hash(CoreSignature(**SHAPES, layers=1, trap=same))


def test_members_of_a_core_with_debug():
    debug = DebugFormat(2, 10, {"pc": ""})
    signature = CoreSignature(**SHAPES, layers=1, debug=debug)
    assert signature.debug is debug
    assert len(signature.create().debug.break_address) == 10
    assert CoreSignature(**SHAPES, layers=1).debug is None
    assert "debug" not in CoreSignature(**SHAPES, layers=1).members
    assert signature != CoreSignature(**SHAPES, layers=1)
    assert signature == CoreSignature(**SHAPES, layers=1, debug=DebugFormat(2, 10, {"pc": ""}))


def test_an_image_of_several_pixels_in_a_word():
    signature = CoreSignature(
        word_codes=8, image_shape=(1, 28, 28), result_shape=(10,), layers=1, image_pixels_per_word=8
    )
    assert signature.image_layout.words == 28 * 4
    assert len(signature.create().image.p.address) == 7
    assert signature != CoreSignature(
        word_codes=8, image_shape=(1, 28, 28), result_shape=(10,), layers=1
    )


def test_equality_is_of_parameters():
    one = CoreSignature(**SHAPES, layers=5)
    assert one == CoreSignature(**SHAPES, layers=5)
    assert hash(one) == hash(CoreSignature(**SHAPES, layers=5))
    assert one != CoreSignature(**SHAPES, layers=6)
    assert one != CoreSignature(**SHAPES, layers=5, memories=[(8, 1)])
    assert one.flip() == CoreSignature(**SHAPES, layers=5).flip()


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"^Layers must be a positive number, not 0$"):
        CoreSignature(**SHAPES, layers=0)
    with pytest.raises(ValueError, match=r"^Memory must have width and depth >= 1, not \(8, 0\)$"):
        CoreSignature(**SHAPES, layers=1, memories=[(8, 0)])
