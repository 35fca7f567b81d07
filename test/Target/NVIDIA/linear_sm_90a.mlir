// Ternary layers with every code on one chip: matrix instructions, and nothing
// that only a device library has. A chip without them: four-way dot products.
// RUN: rm -rf %t.d && mkdir %t.d
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=i2 --target=cuda:sm_90a --ptxas=none --save-temps=%t.d/i2 -o %t.i2
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=t5 --target=cuda:sm_90a --ptxas=none --save-temps=%t.d/t5 -o %t.t5
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=i2 --target=cuda:sm_75 --ptxas=none --save-temps=%t.d/i2 -o %t.dot
// RUN: FileCheck %s --input-file=%t.d/i2/cuda_sm_90a.ptx
// RUN: FileCheck %s --input-file=%t.d/i2/cuda_sm_75.ptx --check-prefix=DOT
// RUN: FileCheck %s --input-file=%t.d/t5/cuda_sm_90a.ptx
// RUN: FileCheck %s --input-file=%t.d/i2/cuda_sm_90a.ptx --check-prefix=NOT
// RUN: FileCheck %s --input-file=%t.d/t5/cuda_sm_90a.ptx --check-prefix=NOT

// CHECK: .version 8.0
// CHECK: .target sm_90a
// CHECK-DAG: .visible .entry matmul_{{i2|t5}}_200x96_
// CHECK-DAG: .visible .entry norm_quantize_mx96_
// CHECK-DAG: .shared .align
// CHECK-DAG: bar.sync
// CHECK-DAG: ld.shared
// CHECK-DAG: mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32
// CHECK-DAG: atom.shared.add.u32
// DOT: dp4a.u32.s32
// CHECK-DAG: ld.global.nc.b32
// CHECK-DAG: cvt.rni.f32.f32
// CHECK-DAG: sqrt.rn.f32
// CHECK-DAG: div.rn.f32

// NOT-NOT: .extern
// NOT-NOT: __nv
// NOT-NOT: fma
// NOT-NOT: .local
// NOT-NOT: ld.b32
