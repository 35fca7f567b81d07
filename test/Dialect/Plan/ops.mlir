// Every op of the plan dialect is printed as it is read.
// RUN: tercet-opt %s --verify-roundtrip --verify-output-roundtrip | FileCheck %s
// RUN: tercet-opt %s --mlir-print-op-generic | tercet-opt | FileCheck %s

// CHECK: rows.weight @w key("layer.w") identity
rows.weight @w key("layer.w") identity : tensor<64xf32> -> tensor<64xf32>
ml_program.global private mutable @counter(dense<7> : tensor<4xi32>) : tensor<4xi32>

// CHECK-LABEL: plan.program @f dims [#plan.dim<"M", 8>]
// CHECK-SAME:    inputs [#plan.tensor<"x", f32, (d0) -> (d0, 64)>]
// CHECK-SAME:    outputs [#plan.tensor<"y", f32, (d0) -> (d0, 64)>]
// CHECK-SAME:    arena #{{[a-z0-9]+}} attributes {doc = "scales"} {
plan.program @f dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0, 64)>]
    outputs [#plan.tensor<"y", f32, (d0) -> (d0, 64)>]
    arena affine_map<(d0) -> (d0 * 256 + 64)> attributes {doc = "scales"} {
  // CHECK: %[[X:[0-9a-z]+]] = plan.input 0
  %x = plan.input 0
  // CHECK: %[[Y:[0-9a-z]+]] = plan.output 0
  %y = plan.output 0
  // CHECK: %[[W:[0-9a-z]+]] = plan.weight @w
  %w = plan.weight @w
  // CHECK: %[[S:[0-9a-z]+]] = plan.state @counter
  %s = plan.state @counter
  // CHECK: %[[T:[0-9a-z]+]] = plan.arena offset(#{{[a-z0-9]+}}) bytes(#{{[a-z0-9]+}})
  %t = plan.arena offset(affine_map<(d0) -> (64)>) bytes(affine_map<(d0) -> (d0 * 256)>)
  // CHECK: plan.dispatch @kernels::@scale grid(#{{[a-z0-9]+}})
  // CHECK-SAME: buffers(%[[X]], %[[W]], %[[T]])
  // CHECK-SAME: [#plan.access<read>, #plan.access<read>, #plan.access<write>]
  // CHECK-SAME: constants [#{{[a-z0-9]+}}]
  plan.dispatch @kernels::@scale grid(affine_map<(d0) -> (d0 ceildiv 4)>)
    buffers(%x, %w, %t) [#plan.access<read>, #plan.access<read>, #plan.access<write>]
    constants [affine_map<(d0) -> (d0)>]
  // CHECK: plan.fill %[[S]], 3 bytes(#{{[a-z0-9]+}})
  plan.fill %s, 3 bytes(affine_map<(d0) -> (16)>)
  // CHECK: plan.barrier
  plan.barrier
  // CHECK: plan.copy %[[T]], %[[Y]] bytes(#{{[a-z0-9]+}})
  plan.copy %t, %y bytes(affine_map<(d0) -> (d0 * 256)>)
}
module @kernels {
  func.func @scale(%x: memref<?x64xf32>, %w: memref<64xf32>, %y: memref<?x64xf32>, %m: index) {
    return
  }
}

// A program without dimensions, with a scalar result.
// CHECK-LABEL: plan.program @constant dims []
plan.program @constant dims [] inputs []
    outputs [#plan.tensor<"y", i32, () -> ()>] arena affine_map<() -> (0)> {
  %y = plan.output 0
  plan.fill %y, 0 bytes(affine_map<() -> (4)>)
}

// CHECK-LABEL: plan.program @values dims [#plan.dim<"tokens", 8>, #plan.dim<"position", 7>]
// CHECK-SAME:    inputs [#plan.tensor<"ids", i32, (d0, d1) -> (d0) range = [0, 63]>, #plan.tensor<"position", i64, (d0, d1) -> () dim = 1>]
// CHECK-SAME:    constraints [#plan.constraint<(d0, d1) -> (d0 + d1), 8, "rows of state 'counter'">]
plan.program @values dims [#plan.dim<"tokens", 8>, #plan.dim<"position", 7>]
    inputs [#plan.tensor<"ids", i32, (d0, d1) -> (d0) range = [0, 63]>,
            #plan.tensor<"position", i64, (d0, d1) -> () dim = 1>]
    outputs [] arena affine_map<(d0, d1) -> (64)>
    constraints [#plan.constraint<(d0, d1) -> (d0 + d1), 8, "rows of state 'counter'">] {
}
