// Narrow floats leave no call behind on either vendor, with or without hardware
// for them.
// RUN: rm -rf %t.d
// RUN: tercet-compile %S/Inputs/half.mlir --target=cuda:sm_75 --target=cuda:sm_90 --target=hip:gfx90a --target=hip:gfx950 --ptxas=none --save-temps=%t.d -o %t.tercet
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_75.ptx
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_90.ptx
// CHECK-NOT: .extern
// CHECK-NOT: {{call|__nv}}
// CHECK: ret;
// RUN: llvm-nm --undefined-only %t.d/hip_gfx90a.o 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// RUN: llvm-nm --undefined-only %t.d/hip_gfx950.o 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// UNDEFINED-NOT: U {{.}}
