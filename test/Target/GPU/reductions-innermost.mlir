// Parallel loops first, then reductions, both in their order; loop numbers follow.
// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-reductions-innermost))' | FileCheck %s

// CHECK-DAG: #[[OWN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
// CHECK-DAG: #[[OTHER:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>
// CHECK-DAG: #[[THIRD:.*]] = affine_map<(d0, d1, d2, d3) -> (d2)>
// CHECK-DAG: #[[SECOND:.*]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: func @ranks
// CHECK: linalg.generic {indexing_maps = [#[[OTHER]], #[[OWN]]], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
// CHECK: %[[I:.*]] = affine.apply #[[THIRD]]
// CHECK: %[[J:.*]] = affine.apply #[[SECOND]]
// CHECK: arith.subi %[[I]], %[[J]]
func.func @ranks(%x: memref<4x8x2xi32>, %y: memref<4x16xi32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>, affine_map<(d0, d1, d2, d3) -> (d0, d3)>], iterator_types = ["parallel", "reduction", "reduction", "parallel"]} ins(%x : memref<4x8x2xi32>) outs(%y : memref<4x16xi32>) {
  ^bb0(%a: i32, %sum: i32):
    %i = linalg.index 1 : index
    %j = linalg.index 3 : index
    %k = arith.subi %i, %j : index
    %c = arith.index_cast %k : index to i32
    %p = arith.muli %a, %c : i32
    %s = arith.addi %sum, %p : i32
    linalg.yield %s : i32
  }
  return
}

// CHECK-LABEL: func @as_it_is
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]
func.func @as_it_is(%x: memref<4x8x16xf32>, %y: memref<4x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : memref<4x8x16xf32>) outs(%y : memref<4x8xf32>) {
  ^bb0(%a: f32, %sum: f32):
    %s = arith.addf %sum, %a : f32
    linalg.yield %s : f32
  }
  return
}
