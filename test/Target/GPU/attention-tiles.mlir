// Scores and values as tiles of a float engine, one for each wave in turn.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(gpu-lower-rows-attention))' | FileCheck %s

// CHECK-LABEL: func @tiles
// CHECK: %[[QUERIES:.*]] = memref.alloc() {{.*}}: memref<32x64xf32>
// CHECK: %[[SCORES:.*]] = memref.alloc() {{.*}}: memref<32x65xf32>
// A wave takes tiles of 16 rows by 16 keys: two times four, 16 values of a lane each.
// CHECK: llvm.call_intrinsic "llvm.amdgcn.readfirstlane.i32"
// CHECK: scf.for %{{.*}} = %{{.*}} to %c8{{.*}} step %c2
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.amdgcn.mfma.f32.16x16x4f32"
// CHECK-NOT: mfma
// CHECK-COUNT-4: memref.store %{{.*}}, %[[SCORES]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %c8{{.*}} step %c2
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.amdgcn.mfma.f32.16x16x4f32"
// CHECK-NOT: mfma
func.func @tiles(%q: memref<?x2x64xf32>, %k: memref<?x1x64xf32>, %v: memref<?x1x64xf32>, %y: memref<?x2x64xf32>, %n: index) attributes {tercet.workgroup_size = 128 : i64} {
  rows.attention scale(0.125) {config = {engine = "mfma.f32.16x16x4", keys = 64 : i64, rows = 32 : i64}}
    ins(%q, %k, %v : memref<?x2x64xf32>, memref<?x1x64xf32>, memref<?x1x64xf32>) length(%n) outs(%y : memref<?x2x64xf32>)
  return
}

// -----
func.func @other_engine(%q: memref<?x2x64xf32>, %k: memref<?x1x64xf32>, %v: memref<?x1x64xf32>, %y: memref<?x2x64xf32>, %n: index) {
  // expected-error @below {{cannot take the engine 'mfma.16x16x32': it has to be one of floats}}
  rows.attention scale(0.125) {config = {engine = "mfma.16x16x32", keys = 64 : i64, rows = 32 : i64}}
    ins(%q, %k, %v : memref<?x2x64xf32>, memref<?x1x64xf32>, memref<?x1x64xf32>) length(%n) outs(%y : memref<?x2x64xf32>)
  return
}

// -----
func.func @width(%q: memref<?x1x24xf32>, %k: memref<?x1x24xf32>, %v: memref<?x1x24xf32>, %y: memref<?x1x24xf32>, %n: index) {
  // expected-error @below {{cannot take the engine 'mma.3xtf32.m16n8k8'}}
  rows.attention scale(0.125) {config = {engine = "mma.3xtf32.m16n8k8", keys = 64 : i64, rows = 16 : i64}}
    ins(%q, %k, %v : memref<?x1x24xf32>, memref<?x1x24xf32>, memref<?x1x24xf32>) length(%n) outs(%y : memref<?x1x24xf32>)
  return
}
