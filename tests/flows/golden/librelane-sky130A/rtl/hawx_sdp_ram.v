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

// 600 words of 40 bits: 1 x 5 sky130_sram_1kbyte_1rw1r_8x1024_8.
module hawx_sdp_ram_600x40 (
    input  wire clk,
    input  wire write_enable,
    input  wire [9:0] write_address,
    input  wire [39:0] write_data,
    input  wire read_enable,
    input  wire [9:0] read_address,
    output wire [39:0] read_data
);
    wire [39:0] data_in = write_data;
    wire [9:0] write_word = write_address;
    wire [9:0] read_word = read_address;
    wire [39:0] data_0;
    wire write_0 = write_enable;
    wire read_0 = read_enable;
    sky130_sram_1kbyte_1rw1r_8x1024_8 bank_0_part_0 (
        .clk0(clk),
        .csb0(!write_0),
        .web0(1'b0),
        .addr0(write_word),
        .din0(data_in[7:0]),
        .dout0(),
        .clk1(clk),
        .csb1(!read_0),
        .addr1(read_word),
        .dout1(data_0[7:0])
    );
    sky130_sram_1kbyte_1rw1r_8x1024_8 bank_0_part_1 (
        .clk0(clk),
        .csb0(!write_0),
        .web0(1'b0),
        .addr0(write_word),
        .din0(data_in[15:8]),
        .dout0(),
        .clk1(clk),
        .csb1(!read_0),
        .addr1(read_word),
        .dout1(data_0[15:8])
    );
    sky130_sram_1kbyte_1rw1r_8x1024_8 bank_0_part_2 (
        .clk0(clk),
        .csb0(!write_0),
        .web0(1'b0),
        .addr0(write_word),
        .din0(data_in[23:16]),
        .dout0(),
        .clk1(clk),
        .csb1(!read_0),
        .addr1(read_word),
        .dout1(data_0[23:16])
    );
    sky130_sram_1kbyte_1rw1r_8x1024_8 bank_0_part_3 (
        .clk0(clk),
        .csb0(!write_0),
        .web0(1'b0),
        .addr0(write_word),
        .din0(data_in[31:24]),
        .dout0(),
        .clk1(clk),
        .csb1(!read_0),
        .addr1(read_word),
        .dout1(data_0[31:24])
    );
    sky130_sram_1kbyte_1rw1r_8x1024_8 bank_0_part_4 (
        .clk0(clk),
        .csb0(!write_0),
        .web0(1'b0),
        .addr0(write_word),
        .din0(data_in[39:32]),
        .dout0(),
        .clk1(clk),
        .csb1(!read_0),
        .addr1(read_word),
        .dout1(data_0[39:32])
    );
    wire read = read_enable;
    wire [39:0] data = data_0;
    // The macros' outputs do not stay as they are between two reads.
    reg fresh;
    reg [39:0] last;
    always @(posedge clk) begin
        fresh <= read;
        if (fresh) last <= data[39:0];
    end
    assign read_data = fresh ? data[39:0] : last;
endmodule
`default_nettype wire
