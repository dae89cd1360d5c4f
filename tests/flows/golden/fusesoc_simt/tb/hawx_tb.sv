// Sends images to the accelerator, and compares every byte of its results with those expected.
//
// Ends with one line, HAWX_TB PASSED or HAWX_TB FAILED, and with status 0 or 1.
`timescale 1ns / 1ps
module hawx_tb;
    localparam IMAGES = 2;
    localparam IMAGE_BYTES = 24;
    localparam RESULT_BYTES = 14;
    localparam PARAMETER_BYTES = 2379;
    // Generous: nothing that works takes so long.
    localparam CYCLES_MAX = 92100;

    localparam ADDRESS_ID = 12'h000;
    localparam ADDRESS_CONFIG_HASH = 12'h008;
    localparam ADDRESS_CONTROL = 12'h010;
    localparam ADDRESS_STATUS = 12'h014;
    localparam ADDRESS_ERROR = 12'h018;
    localparam ADDRESS_IMAGES_DONE = 12'h028;

    reg clk = 0;
    reg rst = 1;
    always #5 clk = ~clk;

    reg [11:0] s_axil_awaddr = 0;
    reg s_axil_awvalid = 0;
    wire s_axil_awready;
    reg [31:0] s_axil_wdata = 0;
    reg s_axil_wvalid = 0;
    wire s_axil_wready;
    wire [1:0] s_axil_bresp;
    wire s_axil_bvalid;
    reg [11:0] s_axil_araddr = 0;
    reg s_axil_arvalid = 0;
    wire s_axil_arready;
    wire [31:0] s_axil_rdata;
    wire [1:0] s_axil_rresp;
    wire s_axil_rvalid;
    reg [7:0] s_axis_tdata = 0;
    reg s_axis_tvalid = 0;
    reg s_axis_tlast = 0;
    wire s_axis_tready;
    wire [7:0] m_axis_tdata;
    wire m_axis_tvalid;
    wire m_axis_tlast;
    reg m_axis_tready = 0;
    wire irq;

    hawx_accelerator accelerator (
        .clk(clk), .rst(rst), .irq(irq),
        .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(3'd0),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready),
        .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(4'hf),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready),
        .s_axil_bresp(s_axil_bresp), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(1'b1),
        .s_axil_araddr(s_axil_araddr), .s_axil_arprot(3'd0),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(1'b1),
        .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tlast(s_axis_tlast), .s_axis_tready(s_axis_tready),
        .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tlast(m_axis_tlast), .m_axis_tready(m_axis_tready)
    );

    reg [7:0] images [0:IMAGES*IMAGE_BYTES-1];
    reg [7:0] results [0:IMAGES*RESULT_BYTES-1];
    reg [7:0] parameters [0:PARAMETER_BYTES-1];
    reg [31:0] word;
    reg address_waits;
    reg data_waits;
    integer sent;
    integer cycles = 0;
    integer compared = 0;
    integer wrong = 0;
    // Stalls of both streams are drawn from it.
    reg [15:0] lfsr = 16'hace1;

    // Once, until $finish; in an "initial" block, Verilator assigns at once what "<=" assigns later.
    always begin
        $readmemh("hawx_tb_images.hex", images);
        $readmemh("hawx_tb_results.hex", results);
        $readmemh("hawx_tb_parameters.hex", parameters);
        repeat (4) @(posedge clk);
        rst <= 0;
        read(ADDRESS_ID);
        expect_word("ID", 32'h48415758);
        read(ADDRESS_CONFIG_HASH);
        expect_word("CONFIG_HASH", 32'h12345678);
        write(ADDRESS_CONTROL, 32'h4);
        for (sent = 0; sent < PARAMETER_BYTES; sent = sent + 1)
            send(parameters[sent], sent == PARAMETER_BYTES - 1);
        pause;
        read(ADDRESS_STATUS);
        while ((word & 32'h10) == 0) read(ADDRESS_STATUS);
        write(ADDRESS_CONTROL, 32'h2);
        for (sent = 0; sent < IMAGES * IMAGE_BYTES; sent = sent + 1) begin
            while (lfsr[2:0] == 0) pause;
            send(images[sent], sent % IMAGE_BYTES == IMAGE_BYTES - 1);
        end
        pause;
        while (compared < IMAGES * RESULT_BYTES) @(posedge clk);
        read(ADDRESS_IMAGES_DONE);
        expect_word("IMAGES_DONE", IMAGES);
        read(ADDRESS_ERROR);
        expect_word("ERROR", 0);
        finish;
    end

    always @(posedge clk) begin
        cycles <= cycles + 1;
        lfsr <= {lfsr[14:0], lfsr[15] ^ lfsr[13] ^ lfsr[12] ^ lfsr[10]};
        m_axis_tready <= lfsr[4:3] != 0;
        if (m_axis_tvalid && m_axis_tready) begin
            if (compared >= IMAGES * RESULT_BYTES) begin
                $display("HAWX_TB: a byte too many");
                wrong = wrong + 1;
            end else if (m_axis_tdata !== results[compared]) begin
                $display("HAWX_TB: byte %0d of image %0d is %02x, not %02x",
                         compared % RESULT_BYTES, compared / RESULT_BYTES,
                         m_axis_tdata, results[compared]);
                wrong = wrong + 1;
            end else if (m_axis_tlast !== (compared % RESULT_BYTES == RESULT_BYTES - 1)) begin
                $display("HAWX_TB: TLAST at byte %0d", compared % RESULT_BYTES);
                wrong = wrong + 1;
            end
            compared = compared + 1;
        end
        if (cycles > CYCLES_MAX) begin
            $display("HAWX_TB: no end after %0d cycles", cycles);
            wrong = wrong + 1;
            finish;
        end
    end

    task send(input [7:0] data, input last);
        begin
            s_axis_tdata <= data;
            s_axis_tlast <= last;
            s_axis_tvalid <= 1;
            @(posedge clk);
            while (!s_axis_tready) @(posedge clk);
        end
    endtask

    // Not at the end of "send": no register is assigned twice at one time.
    task pause;
        begin
            s_axis_tvalid <= 0;
            @(posedge clk);
        end
    endtask

    task write(input [11:0] address, input [31:0] data);
        begin
            s_axil_awaddr <= address;
            s_axil_wdata <= data;
            s_axil_awvalid <= 1;
            s_axil_wvalid <= 1;
            address_waits = 1;
            data_waits = 1;
            while (address_waits || data_waits) begin
                @(posedge clk);
                if (s_axil_awready) begin
                    s_axil_awvalid <= 0;
                    address_waits = 0;
                end
                if (s_axil_wready) begin
                    s_axil_wvalid <= 0;
                    data_waits = 0;
                end
            end
            while (!s_axil_bvalid) @(posedge clk);
            if (s_axil_bresp != 0) begin
                $display("HAWX_TB: a write to %03x is answered with %0d", address, s_axil_bresp);
                wrong = wrong + 1;
            end
        end
    endtask

    task read(input [11:0] address);
        begin
            s_axil_araddr <= address;
            s_axil_arvalid <= 1;
            @(posedge clk);
            while (!s_axil_arready) @(posedge clk);
            s_axil_arvalid <= 0;
            while (!s_axil_rvalid) @(posedge clk);
            word = s_axil_rdata;
            if (s_axil_rresp != 0) begin
                $display("HAWX_TB: a read of %03x is answered with %0d", address, s_axil_rresp);
                wrong = wrong + 1;
            end
        end
    endtask

    task expect_word(input [8*16-1:0] name, input [31:0] expected);
        if (word !== expected) begin
            $display("HAWX_TB: %0s is %08x, not %08x", name, word, expected);
            wrong = wrong + 1;
        end
    endtask

    task finish;
        begin
            if (wrong == 0 && compared == IMAGES * RESULT_BYTES) begin
                $display("HAWX_TB PASSED images=%0d bytes=%0d", IMAGES, compared);
                $finish;
            end else begin
                $display("HAWX_TB FAILED images=%0d bytes=%0d wrong=%0d",
                         IMAGES, compared, wrong);
                $fatal(1);
            end
        end
    endtask
endmodule
