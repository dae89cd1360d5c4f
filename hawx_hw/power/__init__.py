"""Power and energy of a mapped design, from the toggles of its nets and the library's tables."""
