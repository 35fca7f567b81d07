// Ternary layers: the matrix instruction of each generation that has one for
// bytes, else its four-way dot product, kernel arguments
// as the ABI says, no spills, nothing undefined.
// RUN: rm -rf %t.d
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=i2 --target=hip:gfx90a --target=hip:gfx942 --target=hip:gfx950 --target=hip:gfx1030 --target=hip:gfx1100 --target=hip:gfx1201 --save-temps=%t.d/i2 -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=t5 --target=hip:gfx90a --target=hip:gfx1201 --save-temps=%t.d/t5 -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// QUIET-NOT: {{error|warning}}

// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx90a.s --check-prefix=GFX9
// RUN: FileCheck %s --input-file=%t.d/t5/hip_gfx90a.s --check-prefix=GFX9
// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx942.s --check-prefix=MFMA
// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx950.s --check-prefix=MFMA
// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx1030.s --check-prefix=GFX9
// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx1100.s --check-prefix=WMMA
// RUN: FileCheck %s --input-file=%t.d/i2/hip_gfx1201.s --check-prefix=GFX11
// RUN: FileCheck %s --input-file=%t.d/t5/hip_gfx1201.s --check-prefix=GFX11
// GFX9: v_dot4{{c?}}_i32_i8
// MFMA: v_mfma_i32_16x16x32_i8
// Codes are unsigned, activations signed.
// WMMA: v_wmma_i32_16x16x16_iu8 {{.*}} neg_lo:[0,1,0]
// GFX11: v_dot4_i32_iu8 {{.*}} neg_lo:[{{0,1|1,0}},0]

// RUN: llvm-readelf --notes %t.d/i2/hip_gfx90a.hsaco | FileCheck %s --check-prefixes=NOTES,WAVE64
// RUN: llvm-readelf --notes %t.d/t5/hip_gfx1201.hsaco | FileCheck %s --check-prefixes=NOTES,WAVE32
// NOTES-NOT: hidden_
// NOTES: .name: norm_quantize_mx96_
// NOTES: .private_segment_fixed_size: 0
// NOTES: .sgpr_spill_count: 0
// NOTES: .vgpr_spill_count: 0
// WAVE64: .wavefront_size: 64
// WAVE32: .wavefront_size: 32
// Input, sums, weight, two scales, bias, output; one size.
// NOTES: .value_kind: global_buffer
// NOTES: .value_kind: by_value
// The slices of K meet in shared memory.
// NOTES: .group_segment_fixed_size: {{[1-9]}}
// NOTES: .kernarg_segment_size: 64
// NOTES: .max_flat_workgroup_size: 256
// NOTES: .name: matmul_{{i2|t5}}_200x96_
// NOTES: .private_segment_fixed_size: 0
// NOTES: .sgpr_spill_count: 0
// NOTES: .vgpr_spill_count: 0

// RUN: llvm-nm --undefined-only --dynamic %t.d/i2/hip_gfx90a.hsaco 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// RUN: llvm-nm --undefined-only %t.d/t5/hip_gfx1201.o 2>&1 | FileCheck %s --allow-empty --check-prefix=UNDEFINED
// UNDEFINED-NOT: U {{.}}
