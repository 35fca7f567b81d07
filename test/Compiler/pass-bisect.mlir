// Optional passes of MLIR and LLVM have numbers, in one count; a limit leaves out
// those behind it, and what is left compiles for every target.
// RUN: tercet-compile %s -o %t.all --pass-bisect-limit=-1 --target=cpu:x86-64-v3 --target=hip:gfx942 2>&1 | FileCheck %s --check-prefix=ALL
// ALL: BISECT: running pass (1) fuse-elementwise on func.func @entry
// ALL-NOT: not running
// ALL: BISECT: running pass ({{[0-9]+}}) instcombine on
// RUN: tercet-compile %s -o %t.some --pass-bisect-limit=3 --target=cpu:x86-64-v3 --target=hip:gfx942 2>&1 | FileCheck %s --check-prefix=SOME
// SOME: BISECT: running pass (3)
// SOME-NEXT: BISECT: not running pass (4)
// SOME-NOT: BISECT: running
// RUN: tercet-compile %s -o %t.none --pass-bisect-limit=0 --ptxas=none --target=cpu:x86-64-v3 --target=cuda:sm_80 --target=hip:gfx942 --target=hip:gfx1100 2>&1 | FileCheck %s --check-prefix=NONE
// NONE-NOT: BISECT: running
// NONE: BISECT: not running pass (1)

// All passes are the same as no limit.
// RUN: tercet-compile %s -o %t.plain --target=cpu:x86-64-v3 --target=hip:gfx942
// RUN: cmp %t.all %t.plain
// Without an optimiser a kernel asks for nothing hidden either.
// RUN: tercet-compile %s -o %t.O0 --opt-level=0 --target=hip:gfx942 --target=hip:gfx1100

func.func @entry(%x: tensor<?x24xf32> {tercet.name = "x", tercet.bound = [8, 0]}) -> (tensor<?x24xf32> {tercet.name = "y"}) {
  %a = arith.addf %x, %x : tensor<?x24xf32>
  %y = arith.mulf %a, %x : tensor<?x24xf32>
  return %y : tensor<?x24xf32>
}
