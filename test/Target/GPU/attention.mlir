// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-lower-rows-attention))' | FileCheck %s
// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-lower-rows-attention,gpu-map-to-threads))' | FileCheck %s --check-prefix=THREADS

// CHECK-LABEL: func @attention
// CHECK: memref.alloc() : memref<16x64xf32>
// CHECK: memref.alloc() : memref<16x33xf32>
// CHECK: memref.alloc() : memref<16x65xf32>
// CHECK: scf.for %{{.*}} step %c32
// Scores: a thread has a key and four rows.
// CHECK: scf.parallel
// CHECK: scf.for {{.*}} -> (f32, f32, f32, f32)
// CHECK: vector.load %arg1{{.*}} {alignment = 16 : i64} {{.*}} vector<4xf32>
// CHECK: arith.cmpi slt
// Maxima, probabilities, values.
// CHECK: scf.parallel
// CHECK: arith.cmpf ogt
// CHECK: scf.parallel
// CHECK: arith.bitcast
// CHECK: scf.parallel
// CHECK: memref.load %arg2
// CHECK: arith.divf
// THREADS-LABEL: func @attention
// Three steps before the loop, of which one meets the scores; four in it.
// THREADS: scf.for
// THREADS-COUNT-5: gpu.barrier
// THREADS-NOT: scf.parallel
func.func @attention(%q: memref<?x2x64xf32>, %k: memref<?x1x64xf32>, %v: memref<?x1x64xf32>, %y: memref<?x2x64xf32>, %n: index, %first: index) attributes {tercet.workgroup_size = 128 : i64} {
  rows.attention causal scale(0.125) {config = {keys = 32 : i64, rows = 16 : i64}}
      ins(%q, %k, %v : memref<?x2x64xf32>, memref<?x1x64xf32>, memref<?x1x64xf32>) length(%n) first(%first) outs(%y : memref<?x2x64xf32>)
  return
}
