import torch

from hawx_hw.networks.augmentation import Augmentation, augment


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def blob(n=64):
    """A bright square off the center, so that each kind of distortion moves its center of mass."""
    images = torch.zeros(n, 1, 28, 28)
    images[:, :, 12:16, 18:22] = 1
    return images


def center(images):
    mass = images.sum(dim=(1, 2, 3))
    y = (images.sum(dim=(1, 3)) * torch.arange(28)).sum(1) / mass
    x = (images.sum(dim=(1, 2)) * torch.arange(28)).sum(1) / mass
    return y, x


NONE = Augmentation(rotation=0, shift=0, scale=0, shear=0)


def test_no_limits_change_nothing():
    assert torch.allclose(augment(blob(), NONE, generator()), blob(), atol=1e-5)


def test_the_generator_decides():
    first, again = (augment(blob(), Augmentation(), generator(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, augment(blob(), Augmentation(), generator(4)))


def test_a_shift_stays_within_its_limit():
    y, x = center(
        augment(blob(400), Augmentation(rotation=0, shift=2, scale=0, shear=0), generator())
    )
    for moved, home in ((y, 13.5), (x, 19.5)):
        assert (moved - home).abs().max() <= 2.01
        assert (moved - home).abs().max() > 1.7
        assert (moved - home).mean().abs() < 0.2


def test_a_rotation_keeps_the_distance_from_the_middle():
    limits = Augmentation(rotation=10, shift=0, scale=0, shear=0)
    y, x = center(augment(blob(400), limits, generator()))
    assert ((y - 13.5) ** 2 + (x - 13.5) ** 2 - 36).abs().max() < 1
    angle = torch.rad2deg(torch.atan2(y - 13.5, x - 13.5))
    assert 9 < angle.abs().max() < 10.3


def test_what_comes_from_outside_is_black():
    bright = torch.ones(50, 1, 28, 28)
    shifted = augment(bright, Augmentation(rotation=0, shift=5, scale=0, shear=0), generator())
    assert shifted.amin() == 0


MOVED_ONLY = Augmentation(0, 0, 0, 0, crop=3)
MIRRORED_ONLY = Augmentation(0, 0, 0, 0, flip=True)


def test_whole_pixels_are_moved_and_black_follows():
    image = torch.arange(1.0, 49).reshape(1, 2, 4, 6)
    padded = torch.zeros(2, 10, 12)
    padded[:, 3:7, 3:9] = image[0]
    possible = {
        (down, right): padded[:, down : down + 4, right : right + 6]
        for down in range(7)
        for right in range(7)
    }
    results = augment(image.expand(1_000, -1, -1, -1), MOVED_ONLY, generator())
    counts = dict.fromkeys(possible, 0)
    for result in results:
        (place,) = (place for place, view in possible.items() if torch.equal(view, result))
        counts[place] += 1
    # Of 49 places, each about 20 times.
    assert min(counts.values()) >= 5
    assert max(counts.values()) <= 40


def test_half_of_the_images_are_mirrored_left_to_right():
    images = torch.rand((500, 1, 3, 5), generator=generator(1))
    results = augment(images, MIRRORED_ONLY, generator())
    mirrored = [torch.equal(r, i.flip(2)) for r, i in zip(results, images, strict=True)]
    same = [torch.equal(r, i) for r, i in zip(results, images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 200 <= sum(mirrored) <= 300


def test_what_is_excluded_draws_nothing():
    images = torch.rand((4, 1, 8, 8), generator=generator(1))
    source = generator()
    assert torch.equal(augment(images, Augmentation(0, 0, 0, 0), source), images)
    assert torch.equal(source.get_state(), generator().get_state())


def test_mirroring_and_moving_leave_the_affine_map_as_it_was():
    images = torch.rand((4, 1, 8, 8), generator=generator(1))
    first, second = generator(), generator()
    moved = augment(augment(images, Augmentation(), first), MOVED_ONLY, first)
    assert torch.equal(augment(images, Augmentation(crop=3), second), moved)
