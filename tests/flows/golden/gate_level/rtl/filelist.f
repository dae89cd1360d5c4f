hawx_cells.v
hawx_sdp_ram.v
hawx_sp_ram.v
hawx_rom.v
hawx_netlist.v
