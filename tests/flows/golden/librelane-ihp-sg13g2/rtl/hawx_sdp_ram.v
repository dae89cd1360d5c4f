// Simple dual-port memory, made of macros where a process has them.
//
// Written by hawx_hw. Ports and behavior are those of the plain memory, which hawx_sdp_ram_cells is;
// sizes that are not listed here use it.
`default_nettype none
module hawx_sdp_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4
) (
    input  wire clk,
    input  wire write_enable,
    input  wire [ADDRESS_WIDTH-1:0] write_address,
    input  wire [WIDTH-1:0] write_data,
    input  wire read_enable,
    input  wire [ADDRESS_WIDTH-1:0] read_address,
    output wire [WIDTH-1:0] read_data
);
    // One "if" a size: tools do not agree on the names of instances below an "else if".
    generate
        if (WIDTH == 40 && DEPTH == 600 && ADDRESS_WIDTH == 10) begin : macros_600x40
            hawx_sdp_ram_600x40 memory (
                .clk(clk),
                .write_enable(write_enable),
                .write_address(write_address),
                .write_data(write_data),
                .read_enable(read_enable),
                .read_address(read_address),
                .read_data(read_data)
            );
        end
        if (!((WIDTH == 40 && DEPTH == 600 && ADDRESS_WIDTH == 10))) begin : cells
            hawx_sdp_ram_cells #(
                .WIDTH(WIDTH),
                .DEPTH(DEPTH),
                .ADDRESS_WIDTH(ADDRESS_WIDTH)
            ) memory (
                .clk(clk),
                .write_enable(write_enable),
                .write_address(write_address),
                .write_data(write_data),
                .read_enable(read_enable),
                .read_address(read_address),
                .read_data(read_data)
            );
        end
    endgenerate
endmodule

// 600 words of 40 bits: 1 x 3 RM_IHPSG13_2P_1024x16_c2_bm_bist.
module hawx_sdp_ram_600x40 (
    input  wire clk,
    input  wire write_enable,
    input  wire [9:0] write_address,
    input  wire [39:0] write_data,
    input  wire read_enable,
    input  wire [9:0] read_address,
    output wire [39:0] read_data
);
    wire [47:0] data_in = {8'd0, write_data};
    wire [9:0] write_word = write_address;
    wire [9:0] read_word = read_address;
    wire [47:0] data_0;
    wire write_0 = write_enable;
    wire read_0 = read_enable;
    RM_IHPSG13_2P_1024x16_c2_bm_bist bank_0_part_0 (
        .A_CLK(clk),
        .A_MEN(write_0),
        .A_WEN(write_0),
        .A_REN(1'b0),
        .A_ADDR(write_word),
        .A_DOUT(),
        .A_DIN(data_in[15:0]),
        .A_BM(16'b1111111111111111),
        .A_DLY(1'b1),
        .A_BIST_CLK(1'b0),
        .A_BIST_EN(1'b0),
        .A_BIST_MEN(1'b0),
        .A_BIST_WEN(1'b0),
        .A_BIST_REN(1'b0),
        .A_BIST_ADDR(10'd0),
        .A_BIST_DIN(16'd0),
        .A_BIST_BM(16'd0),
        .B_CLK(clk),
        .B_MEN(read_0),
        .B_WEN(1'b0),
        .B_REN(1'b1),
        .B_ADDR(read_word),
        .B_DOUT(data_0[15:0]),
        .B_DIN(16'd0),
        .B_BM(16'd0),
        .B_DLY(1'b1),
        .B_BIST_CLK(1'b0),
        .B_BIST_EN(1'b0),
        .B_BIST_MEN(1'b0),
        .B_BIST_WEN(1'b0),
        .B_BIST_REN(1'b0),
        .B_BIST_ADDR(10'd0),
        .B_BIST_DIN(16'd0),
        .B_BIST_BM(16'd0)
    );
    RM_IHPSG13_2P_1024x16_c2_bm_bist bank_0_part_1 (
        .A_CLK(clk),
        .A_MEN(write_0),
        .A_WEN(write_0),
        .A_REN(1'b0),
        .A_ADDR(write_word),
        .A_DOUT(),
        .A_DIN(data_in[31:16]),
        .A_BM(16'b1111111111111111),
        .A_DLY(1'b1),
        .A_BIST_CLK(1'b0),
        .A_BIST_EN(1'b0),
        .A_BIST_MEN(1'b0),
        .A_BIST_WEN(1'b0),
        .A_BIST_REN(1'b0),
        .A_BIST_ADDR(10'd0),
        .A_BIST_DIN(16'd0),
        .A_BIST_BM(16'd0),
        .B_CLK(clk),
        .B_MEN(read_0),
        .B_WEN(1'b0),
        .B_REN(1'b1),
        .B_ADDR(read_word),
        .B_DOUT(data_0[31:16]),
        .B_DIN(16'd0),
        .B_BM(16'd0),
        .B_DLY(1'b1),
        .B_BIST_CLK(1'b0),
        .B_BIST_EN(1'b0),
        .B_BIST_MEN(1'b0),
        .B_BIST_WEN(1'b0),
        .B_BIST_REN(1'b0),
        .B_BIST_ADDR(10'd0),
        .B_BIST_DIN(16'd0),
        .B_BIST_BM(16'd0)
    );
    RM_IHPSG13_2P_1024x16_c2_bm_bist bank_0_part_2 (
        .A_CLK(clk),
        .A_MEN(write_0),
        .A_WEN(write_0),
        .A_REN(1'b0),
        .A_ADDR(write_word),
        .A_DOUT(),
        .A_DIN(data_in[47:32]),
        .A_BM(16'b1111111111111111),
        .A_DLY(1'b1),
        .A_BIST_CLK(1'b0),
        .A_BIST_EN(1'b0),
        .A_BIST_MEN(1'b0),
        .A_BIST_WEN(1'b0),
        .A_BIST_REN(1'b0),
        .A_BIST_ADDR(10'd0),
        .A_BIST_DIN(16'd0),
        .A_BIST_BM(16'd0),
        .B_CLK(clk),
        .B_MEN(read_0),
        .B_WEN(1'b0),
        .B_REN(1'b1),
        .B_ADDR(read_word),
        .B_DOUT(data_0[47:32]),
        .B_DIN(16'd0),
        .B_BM(16'd0),
        .B_DLY(1'b1),
        .B_BIST_CLK(1'b0),
        .B_BIST_EN(1'b0),
        .B_BIST_MEN(1'b0),
        .B_BIST_WEN(1'b0),
        .B_BIST_REN(1'b0),
        .B_BIST_ADDR(10'd0),
        .B_BIST_DIN(16'd0),
        .B_BIST_BM(16'd0)
    );
    wire read = read_enable;
    wire [47:0] data = data_0;
    assign read_data = data[39:0];
endmodule
`default_nettype wire
