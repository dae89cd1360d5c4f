"""Writes ``planted.gds``: a layout that breaks rules of each set, to see that the sets see it."""

import klayout.db as kdb

#: Layer and box in um: a poly, li, met1 and met2 that are too narrow, an n-well that is too narrow,
#: two wires of met1 that are too close, and one beside the grid of 5 nm.
SHAPES = (
    ((66, 20), (0, 0, 0.1, 5)),
    ((67, 20), (2, 0, 2.1, 5)),
    ((68, 20), (4, 0, 4.1, 5)),
    ((69, 20), (6, 0, 6.1, 5)),
    ((64, 20), (8, 0, 8.5, 5)),
    ((68, 20), (10, 0, 11, 5)),
    ((68, 20), (11.1, 0, 12, 5)),
    ((68, 20), (14, 0, 15.003, 5)),
)


def main():
    """Write the layout."""
    layout = kdb.Layout()
    top = layout.create_cell("planted")
    for layer, box in SHAPES:
        top.shapes(layout.layer(*layer)).insert(kdb.DBox(*box))
    options = kdb.SaveLayoutOptions()
    options.format = "GDS2"
    options.gds2_write_timestamps = False
    layout.write("planted.gds", options)


main()
