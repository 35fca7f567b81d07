// Reductions and maths functions: no symbol of a device library is left, barriers
// and shared memory are there, nothing spills.
// RUN: rm -rf %t.d
// RUN: tercet-compile %S/../GPU/Inputs/rows.mlir --target=hip:gfx942 --target=hip:gfx1100 --save-temps=%t.d -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// QUIET-NOT: {{error|warning}}
// RUN: llvm-nm --undefined-only %t.d/hip_gfx942.o 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// RUN: llvm-nm --undefined-only %t.d/hip_gfx1100.o 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// UNDEFINED-NOT: U {{.}}
// RUN: FileCheck %s --input-file=%t.d/hip_gfx942.s
// RUN: FileCheck %s --input-file=%t.d/hip_gfx1100.s
// CHECK: s_barrier
// RUN: llvm-readelf --notes %t.d/hip_gfx942.hsaco | FileCheck %s --check-prefix=SPILLS
// RUN: llvm-readelf --notes %t.d/hip_gfx1100.hsaco | FileCheck %s --check-prefix=SPILLS
// SPILLS-NOT: {{(sgpr|vgpr)}}_spill_count: {{[1-9]}}
// SPILLS-NOT: .value_kind: hidden_
// SPILLS: amdhsa.target
