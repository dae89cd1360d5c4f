// Simple dual-port memory: one write port, one read port, one clock.
//
// read_data follows read_address by one cycle when read_enable is high, and holds its value otherwise.
// Reading a word in the cycle that writes it returns the old word; the generated logic never relies on it.
//
// Replace this file by a wrapper around your memory compiler's macro, or define HAWX_BLACKBOX to leave the
// memory empty for synthesis. Define HAWX_FLIP_FLOP_WORDS as a number to make memories of at most as many
// words of flip-flops: a word drives the output only while its address is there, which takes less area and
// energy than a tree of multiplexers.
`default_nettype none
`ifdef HAWX_BLACKBOX
(* blackbox *)
`endif
module hawx_sdp_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4
) (
    input  wire                     clk,
    input  wire                     write_enable,
    input  wire [ADDRESS_WIDTH-1:0] write_address,
    input  wire [WIDTH-1:0]         write_data,
    input  wire                     read_enable,
    input  wire [ADDRESS_WIDTH-1:0] read_address,
    output wire [WIDTH-1:0]         read_data
);
`ifndef HAWX_BLACKBOX
    reg [WIDTH-1:0] words [0:DEPTH-1];
    reg [WIDTH-1:0] data;
`ifdef HAWX_FLIP_FLOP_WORDS
    function [WIDTH-1:0] selected(input [ADDRESS_WIDTH-1:0] at);
        integer index;
        begin
            selected = {WIDTH{1'b0}};
            for (index = 0; index < DEPTH; index = index + 1)
                selected = selected | (words[index] & {WIDTH{at == index}});
        end
    endfunction
`endif
    always @(posedge clk) begin
        if (write_enable) words[write_address] <= write_data;
`ifdef HAWX_FLIP_FLOP_WORDS
        if (read_enable) data <= (DEPTH <= `HAWX_FLIP_FLOP_WORDS) ? selected(read_address) : words[read_address];
`else
        if (read_enable) data <= words[read_address];
`endif
    end
    assign read_data = data;
`endif
endmodule
`default_nettype wire
