// Starts the accelerator by itself, sends it one image, and counts the bytes of the result.
module soc #(
    parameter IMAGE_BYTES = 16
) (
    input  wire        clk,
    input  wire        rst,
    output reg  [15:0] result_bytes,
    output reg         done,
    output reg         failed
);
    localparam CONTROL = 12'h010;
    localparam AUTO = 32'h2;

    reg address_sent, data_sent, started;
    reg [31:0] sent;
    wire awready, wready, bvalid, tready, mvalid, mlast;
    wire [1:0] bresp;

    always @(posedge clk) begin
        if (rst) begin
            address_sent <= 0;
            data_sent <= 0;
            started <= 0;
            sent <= 0;
            result_bytes <= 0;
            done <= 0;
            failed <= 0;
        end else begin
            if (awready) address_sent <= 1;
            if (wready) data_sent <= 1;
            if (bvalid) begin
                started <= 1;
                failed <= bresp != 0;
            end
            if (started && sent != IMAGE_BYTES && tready) sent <= sent + 1;
            if (mvalid && !done) begin
                result_bytes <= result_bytes + 1;
                done <= mlast;
            end
        end
    end

    /* verilator lint_off PINCONNECTEMPTY */
    hawx_accelerator accelerator (
        .clk(clk), .rst(rst), .irq(),
        .s_axil_awaddr(CONTROL), .s_axil_awprot(3'd0),
        .s_axil_awvalid(!address_sent && !rst), .s_axil_awready(awready),
        .s_axil_wdata(AUTO), .s_axil_wstrb(4'hf),
        .s_axil_wvalid(!data_sent && !rst), .s_axil_wready(wready),
        .s_axil_bresp(bresp), .s_axil_bvalid(bvalid), .s_axil_bready(1'b1),
        .s_axil_araddr(12'd0), .s_axil_arprot(3'd0), .s_axil_arvalid(1'b0), .s_axil_arready(),
        .s_axil_rdata(), .s_axil_rresp(), .s_axil_rvalid(), .s_axil_rready(1'b1),
        .s_axis_tdata(sent[7:0]), .s_axis_tvalid(started && sent != IMAGE_BYTES),
        .s_axis_tlast(sent == IMAGE_BYTES - 1), .s_axis_tready(tready),
        .m_axis_tdata(), .m_axis_tvalid(mvalid), .m_axis_tlast(mlast), .m_axis_tready(1'b1)
    );
    /* verilator lint_on PINCONNECTEMPTY */
endmodule
