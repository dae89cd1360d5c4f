"""One module a flow; each implements :class:`~hawx_hw.flows.base.Flow`."""
