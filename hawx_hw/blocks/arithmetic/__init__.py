"""Parts that families of blocks are built from."""
