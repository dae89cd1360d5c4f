// Single-port memory: one port that writes or reads, one clock.
//
// read_data follows address by one cycle when enable is high and write is low, and holds its value otherwise.
//
// Replace this file by a wrapper around your memory compiler's macro, or define HAWX_BLACKBOX to leave the
// memory empty for synthesis. Define HAWX_FLIP_FLOP_WORDS as a number to make memories of at most as many
// words of flip-flops: a word drives the output only while its address is there, which takes less area and
// energy than a tree of multiplexers.
`default_nettype none
`ifdef HAWX_BLACKBOX
(* blackbox *)
`endif
module hawx_sp_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4
) (
    input  wire                     clk,
    input  wire                     enable,
    input  wire                     write,
    input  wire [ADDRESS_WIDTH-1:0] address,
    input  wire [WIDTH-1:0]         write_data,
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
        if (enable) begin
            if (write) words[address] <= write_data;
`ifdef HAWX_FLIP_FLOP_WORDS
            else data <= (DEPTH <= `HAWX_FLIP_FLOP_WORDS) ? selected(address) : words[address];
`else
            else data <= words[address];
`endif
        end
    end
    assign read_data = data;
`endif
endmodule
`default_nettype wire
