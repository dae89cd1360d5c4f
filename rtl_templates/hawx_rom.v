// Read-only memory, initialized from a text file of hexadecimal words, one a line.
//
// read_data follows read_address by one cycle when read_enable is high, and holds its value otherwise.
// INIT_FILE is a file name relative to the folder in which the tool runs; where it is left out, the memory has no
// contents. To run a tool in any folder, define HAWX_MEMORY_PATH as what comes before the name, as a string that
// ends with a slash: -DHAWX_MEMORY_PATH=\"/where/the/images/are/\" in a shell.
//
// Replace this file by a wrapper around your memory compiler's macro, or define HAWX_BLACKBOX to leave the
// memory empty for synthesis.
`default_nettype none
`ifdef HAWX_BLACKBOX
(* blackbox *)
`endif
module hawx_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4,
    parameter INIT_FILE = ""
) (
    input  wire                     clk,
    input  wire                     read_enable,
    input  wire [ADDRESS_WIDTH-1:0] read_address,
    output wire [WIDTH-1:0]         read_data
);
`ifndef HAWX_BLACKBOX
    reg [WIDTH-1:0] words [0:DEPTH-1];
    reg [WIDTH-1:0] data;
    generate
        if (INIT_FILE != "") begin : contents
`ifdef HAWX_MEMORY_PATH
            initial $readmemh({`HAWX_MEMORY_PATH, INIT_FILE}, words);
`else
            initial $readmemh(INIT_FILE, words);
`endif
        end
    endgenerate
    always @(posedge clk) if (read_enable) data <= words[read_address];
    assign read_data = data;
`endif
endmodule
`default_nettype wire
