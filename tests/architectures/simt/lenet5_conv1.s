; conv1 and pool1 of LeNet-5: 6 filters of 5 x 5 over a padded map of 28 x 28, largest of 2 x 2
        .unit   lanes=8 warps=2
        .stream conv  taps=5 step=1 x=1  across=2 step=1 x=1  beats step=2 x=2  down=2 step=32 y=1 kernel_y=5 step=32 y=1 words=2 step=8 width=28 height=28 pad=-128
        .store  pool  window=4 lanes=6 shift=12
        .arg    start 65470, 65534              ; byte (2 * warp - 2) * 32 - 2
        .arg    y     -2, 0
        .arg    to    112, 126
        LI      s1, 7
        LI      s2, 6
        PLT     p1, s2
        ARG     s4, start
        LI      s5, -2
        ARG     s6, y
        LI      s7, 0
        LI      s8, 2
        ARG     s9, to
        LI      s10, 0
        LI      s11, 2
        LI      s12, 2
        LI      s2, 7
        LOOP    s1, lines
        LOOP    s2, tiles
        MAC.z   v0, s4, conv @p1
        QST.max v0, s9, pool
        ADDI    s4, s4, 4
        ADDI    s5, s5, 4
        ADDI    s9, s9, 2
tiles:  ADDI    s4, s4, 100
        LI      s5, -2
        ADDI    s6, s6, 4
        ADDI    s9, s9, 14
lines:  HALT
