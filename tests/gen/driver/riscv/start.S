# Entry of the machine and of its traps: registers go to a frame of 32 double words that C sees as x[32].
  .section .text.start
  .globl _start
_start:
  la sp, stack_end
  la t0, trap_entry
  csrw mtvec, t0
  call main
1: j 1b

  .align 2
trap_entry:
  addi sp, sp, -256
  sd ra, 8(sp)
  .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  sd x\n, 8*\n(sp)
  .endr
  mv a0, sp
  call handle_trap
  ld ra, 8(sp)
  .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  ld x\n, 8*\n(sp)
  .endr
  addi sp, sp, 256
  mret

  .bss
  .align 4
  .space 16384
stack_end:
