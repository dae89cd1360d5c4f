// Single-port memory, made of macros where a process has them.
//
// Written by hawx_hw. Ports and behavior are those of the plain memory, which hawx_sp_ram_cells is;
// sizes that are not listed here use it.
`default_nettype none
module hawx_sp_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4
) (
    input  wire clk,
    input  wire enable,
    input  wire write,
    input  wire [ADDRESS_WIDTH-1:0] address,
    input  wire [WIDTH-1:0] write_data,
    output wire [WIDTH-1:0] read_data
);
    // One "if" a size: tools do not agree on the names of instances below an "else if".
    generate
        if (WIDTH == 8 && DEPTH == 1024 && ADDRESS_WIDTH == 10) begin : macros_1024x8
            hawx_sp_ram_1024x8 memory (
                .clk(clk),
                .enable(enable),
                .write(write),
                .address(address),
                .write_data(write_data),
                .read_data(read_data)
            );
        end
        if (!((WIDTH == 8 && DEPTH == 1024 && ADDRESS_WIDTH == 10))) begin : cells
            hawx_sp_ram_cells #(
                .WIDTH(WIDTH),
                .DEPTH(DEPTH),
                .ADDRESS_WIDTH(ADDRESS_WIDTH)
            ) memory (
                .clk(clk),
                .enable(enable),
                .write(write),
                .address(address),
                .write_data(write_data),
                .read_data(read_data)
            );
        end
    endgenerate
endmodule

// 1024 words of 8 bits: 1 x 1 RM_IHPSG13_1P_1024x8_c2_bm_bist.
module hawx_sp_ram_1024x8 (
    input  wire clk,
    input  wire enable,
    input  wire write,
    input  wire [9:0] address,
    input  wire [7:0] write_data,
    output wire [7:0] read_data
);
    wire [7:0] data_in = write_data;
    wire [9:0] read_word = address;
    wire [7:0] data_0;
    wire enable_0 = enable;
    RM_IHPSG13_1P_1024x8_c2_bm_bist bank_0_part_0 (
        .A_CLK(clk),
        .A_MEN(enable_0),
        .A_WEN(write),
        .A_REN(!write),
        .A_ADDR(read_word),
        .A_DOUT(data_0[7:0]),
        .A_DIN(data_in[7:0]),
        .A_BM(8'b11111111),
        .A_DLY(1'b1),
        .A_BIST_CLK(1'b0),
        .A_BIST_EN(1'b0),
        .A_BIST_MEN(1'b0),
        .A_BIST_WEN(1'b0),
        .A_BIST_REN(1'b0),
        .A_BIST_ADDR(10'd0),
        .A_BIST_DIN(8'd0),
        .A_BIST_BM(8'd0)
    );
    wire read = enable && !write;
    wire [7:0] data = data_0;
    assign read_data = data[7:0];
endmodule
`default_nettype wire
