// A RAM of macros beside the plain one, with random accesses; counts cycles whose outputs differ.
`timescale 1ns / 1ps
module compare_sdp #(parameter WIDTH = 8, DEPTH = 16, ADDRESS_WIDTH = 4, SEED = 1) (input wire clk);
    integer seed = SEED, cycle = 0, errors = 0, compared = 0;
    reg write_enable = 0, read_enable = 0, started = 0;
    reg [ADDRESS_WIDTH-1:0] write_address = 0, read_address = 0;
    reg [WIDTH-1:0] write_data = 0;
    wire [WIDTH-1:0] expected, actual;
    hawx_sdp_ram #(WIDTH, DEPTH, ADDRESS_WIDTH) macros (clk, write_enable, write_address, write_data,
        read_enable, read_address, actual);
    hawx_sdp_ram_cells #(WIDTH, DEPTH, ADDRESS_WIDTH) plain (clk, write_enable, write_address,
        write_data, read_enable, read_address, expected);
    function integer address(input integer draw);  // often one of few, so that words are read back
        address = (draw & 32'h100) ? (draw & 7) % DEPTH : DEPTH - 1 - (draw & 32'h7fffff) % DEPTH;
    endfunction
    always @(negedge clk) begin
        cycle = cycle + 1;
        write_enable = $random(seed);
        write_address = address($random(seed));
        write_data = {12{$random(seed)}};
        read_enable = $random(seed);
        read_address = address($random(seed));
        if (read_enable && write_enable && read_address == write_address) read_enable = 0;
        // First each word once.
        if (cycle <= DEPTH) begin
            write_enable = 1;
            write_address = cycle - 1;
            read_enable = cycle > 3 && cycle[0];
            read_address = cycle / 2;
            if (read_address == write_address) read_enable = 0;
        end
    end
    always @(posedge clk) begin
        if (started) begin
            compared = compared + 1;
            if (actual !== expected) errors = errors + 1;
        end
        started = started || read_enable;
    end
endmodule

module compare_sp #(parameter WIDTH = 8, DEPTH = 16, ADDRESS_WIDTH = 4, SEED = 1) (input wire clk);
    integer seed = SEED, cycle = 0, errors = 0, compared = 0;
    reg enable = 0, write = 0, started = 0;
    reg [ADDRESS_WIDTH-1:0] address = 0;
    reg [WIDTH-1:0] write_data = 0;
    wire [WIDTH-1:0] expected, actual;
    hawx_sp_ram #(WIDTH, DEPTH, ADDRESS_WIDTH) macros (clk, enable, write, address, write_data, actual);
    hawx_sp_ram_cells #(WIDTH, DEPTH, ADDRESS_WIDTH) plain (clk, enable, write, address, write_data,
        expected);
    integer draw;
    always @(negedge clk) begin
        cycle = cycle + 1;
        enable = $random(seed);
        write = $random(seed);
        draw = $random(seed);
        address = (draw & 32'h100) ? (draw & 7) % DEPTH : DEPTH - 1 - (draw & 32'h7fffff) % DEPTH;
        write_data = {12{$random(seed)}};
        if (cycle <= DEPTH) begin
            enable = 1;
            write = 1;
            address = cycle - 1;
        end
    end
    always @(posedge clk) begin
        if (started) begin
            compared = compared + 1;
            if (actual !== expected) errors = errors + 1;
        end
        started = started || (enable && !write);
    end
endmodule
