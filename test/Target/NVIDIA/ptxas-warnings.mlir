// A spill is a warning that names the kernel; an assembler older than the chip is
// a warning, and PTX has to do. The assemblers here are scripts that say so.
// RUN: rm -rf %t.d && mkdir %t.d
// RUN: %python %S/Inputs/make_ptxas.py %t.d
// RUN: tercet-compile %s --target=cuda:sm_80 --ptxas=%t.d/spills -o %t.d/a.tercet 2>&1 | FileCheck %s --check-prefix=SPILLS
// RUN: tercet-compile %s --target=cuda:sm_80 --ptxas=%t.d/old -o %t.d/b.tercet 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not tercet-compile %s --target=cuda:sm_80 --ptxas=%t.d/refuses -o %t.d/c.tercet 2>&1 | FileCheck %s --check-prefix=REFUSES
// RUN: not ls %t.d/c.tercet

// One that spills until it is asked for as many workgroups as its registers allow is
// asked, and what it then writes is taken.
// RUN: tercet-compile %s --target=cuda:sm_80 --ptxas=%t.d/helped --save-temps=%t.d/helped-temps -o %t.d/d.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// QUIET-NOT: warning
// RUN: FileCheck %s --check-prefix=HELPED --input-file=%t.d/helped-temps/cuda_sm_80.cubin
// HELPED: ELF helped

// SPILLS: warning: kernel 'generic_64_{{[0-9a-f]+}}' spills 12 bytes of registers on sm_80; smaller tile_sizes in its config help
// OLD: warning: '{{.*}}old' is older than sm_80, so there is no cubin; the driver will assemble the PTX
// REFUSES: error: '{{.*}}refuses' refuses the code: ptxas x.ptx, line 3; error : Unexpected instruction; --ptxas=none keeps PTX only

func.func @f(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = arith.mulf %x, %x : tensor<64xf32>
  return %0 : tensor<64xf32>
}
