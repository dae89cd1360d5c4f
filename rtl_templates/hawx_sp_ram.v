// Single-port memory: one port that writes or reads, one clock.
//
// read_data follows address by one cycle when enable is high and write is low, and holds its value otherwise.
//
// Replace this file by a wrapper around your memory compiler's macro, or define HAWX_BLACKBOX to leave the
// memory empty for synthesis.
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
    always @(posedge clk) begin
        if (enable) begin
            if (write) words[address] <= write_data;
            else data <= words[address];
        end
    end
    assign read_data = data;
`endif
endmodule
`default_nettype wire
