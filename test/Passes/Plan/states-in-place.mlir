// A kernel that changes a state in place works on the state itself where nobody
// needs the version before; else on a copy.
// RUN: tercet-opt %s --build-plan | FileCheck %s

module attributes {tercet.target = "cpu:x86-64-v3"} {
  ml_program.global private mutable @s(dense<0.0> : tensor<8x4xf32>) : tensor<8x4xf32>
  ml_program.global private mutable @u(dense<0.0> : tensor<8x4xf32>) : tensor<8x4xf32>

  // Reads before and after the update, in different stretches between barriers;
  // no copy of the state, and nothing is stored a second time.
  // CHECK: plan.program @once dims [#plan.dim<"tokens", 8>, #plan.dim<"position", 7>]
  // CHECK-SAME: inputs [#plan.tensor<"x", f32, (d0, d1) -> (d0, 4)>, #plan.tensor<"position", i64, (d0, d1) -> () dim = 1>]
  // CHECK-SAME: constraints [#plan.constraint<(d0, d1) -> ({{d1 \+ d0|d0 \+ d1}}), 8, "rows of state 's'">]
  // CHECK-NOT: plan.copy
  // CHECK-DAG: %[[S:.*]] = plan.state @s
  // CHECK-DAG: %[[Y:.*]] = plan.output 0
  // CHECK: plan.dispatch @kernels::@read {{.*}} buffers(%[[S]], %[[Y]])
  // CHECK: plan.barrier
  // CHECK: %[[X:.*]] = plan.input 0
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%[[X]], %[[S]]) [#plan.access<read>, #plan.access<read_write>]
  // CHECK: plan.barrier
  // CHECK: plan.dispatch @kernels::@read {{.*}} buffers(%[[S]], %{{.*}})
  // CHECK-NOT: plan.copy
  func.func @once(%x: tensor<?x4xf32> {tercet.name = "x", tercet.bound = 8, tercet.dims = ["tokens", ""]}, %p: index {tercet.name = "position", tercet.bound = 7})
      -> (tensor<4xf32>, tensor<4xf32>) {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %0 = ml_program.global_load @s : tensor<8x4xf32>
    %before = rows.dispatch @kernels::@read(%0) : (tensor<8x4xf32>) -> tensor<4xf32>
    rows.limit %p, %m at_most 8 "rows of state 's'"
    %1 = rows.dispatch @kernels::@insert(%x, %0, %m, %p) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    ml_program.global_store @s = %1 : tensor<8x4xf32>
    %after = rows.dispatch @kernels::@read(%1) : (tensor<8x4xf32>) -> tensor<4xf32>
    return %before, %after : tensor<4xf32>, tensor<4xf32>
  }

  // Twice: a second barrier between the two. A limit that no call can break is no
  // constraint.
  // CHECK: plan.program @twice
  // CHECK-NOT: constraints
  // CHECK-NOT: plan.copy
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%{{.*}}, %[[S:.*]]) [
  // CHECK-NEXT: plan.barrier
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%{{.*}}, %[[S]]) [
  // CHECK-NEXT: plan.barrier
  // CHECK: plan.dispatch @kernels::@read {{.*}} buffers(%[[S]],
  // CHECK-NOT: plan.copy
  func.func @twice(%x: tensor<?x4xf32> {tercet.bound = 4}, %y: tensor<?x4xf32> {tercet.bound = 4}, %p: index {tercet.bound = 4}) -> tensor<4xf32> {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %n = tensor.dim %y, %c0 : tensor<?x4xf32>
    %0 = ml_program.global_load @s : tensor<8x4xf32>
    rows.limit %c0, %m at_most 8 "rows of state 's'"
    rows.limit %p, %n at_most 8 "rows of state 's'"
    %1 = rows.dispatch @kernels::@insert(%x, %0, %m, %c0) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    %2 = rows.dispatch @kernels::@insert(%y, %1, %n, %p) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    ml_program.global_store @s = %2 : tensor<8x4xf32>
    %r = rows.dispatch @kernels::@read(%2) : (tensor<8x4xf32>) -> tensor<4xf32>
    return %r : tensor<4xf32>
  }

  // The older version is read after the update: a snapshot at the start, the update
  // in a copy of it, and the state is stored.
  // CHECK: plan.program @older
  // CHECK: %[[S:.*]] = plan.state @s
  // CHECK: plan.copy %[[S]], %[[OLD:.*]] bytes
  // CHECK: plan.copy %[[OLD]], %[[NEW:.*]] bytes
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%{{.*}}, %[[NEW]])
  // CHECK: plan.copy %[[NEW]], %[[S]] bytes
  // CHECK: plan.dispatch @kernels::@read {{.*}} buffers(%[[OLD]],
  func.func @older(%x: tensor<?x4xf32> {tercet.bound = 8}) -> tensor<4xf32> {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %0 = ml_program.global_load @s : tensor<8x4xf32>
    %1 = rows.dispatch @kernels::@insert(%x, %0, %m, %c0) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    ml_program.global_store @s = %1 : tensor<8x4xf32>
    %r = rows.dispatch @kernels::@read(%0) : (tensor<8x4xf32>) -> tensor<4xf32>
    return %r : tensor<4xf32>
  }

  // An update that is not stored leaves the state as it is.
  // CHECK: plan.program @not_stored
  // CHECK: %[[S:.*]] = plan.state @s
  // CHECK: plan.copy %[[S]], %[[NEW:.*]] bytes
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%{{.*}}, %[[NEW]])
  // CHECK: plan.dispatch @kernels::@read {{.*}} buffers(%[[NEW]],
  // CHECK-NOT: plan.copy
  func.func @not_stored(%x: tensor<?x4xf32> {tercet.bound = 8}) -> tensor<4xf32> {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %0 = ml_program.global_load @s : tensor<8x4xf32>
    %1 = rows.dispatch @kernels::@insert(%x, %0, %m, %c0) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    %r = rows.dispatch @kernels::@read(%1) : (tensor<8x4xf32>) -> tensor<4xf32>
    return %r : tensor<4xf32>
  }

  // A state's new version stored into another state is copied there.
  // CHECK: plan.program @other
  // CHECK: plan.dispatch @kernels::@insert {{.*}} buffers(%{{.*}}, %[[S:.*]]) [
  // CHECK: plan.barrier
  // CHECK: %[[U:.*]] = plan.state @u
  // CHECK: plan.copy %[[S]], %[[U]] bytes
  // CHECK-NOT: plan.copy
  func.func @other(%x: tensor<?x4xf32> {tercet.bound = 8}) {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %0 = ml_program.global_load @s : tensor<8x4xf32>
    %1 = rows.dispatch @kernels::@insert(%x, %0, %m, %c0) : (tensor<?x4xf32>, tensor<8x4xf32>, index, index) -> tensor<8x4xf32>
    ml_program.global_store @s = %1 : tensor<8x4xf32>
    ml_program.global_store @u = %1 : tensor<8x4xf32>
    return
  }

  module @kernels {
    func.func @insert(%x: memref<?x4xf32> {tercet.access = 1, tercet.dims = array<i64: 0, -1>},
                      %s: memref<8x4xf32> {tercet.access = 3, tercet.dims = array<i64: -1, -1>, tercet.tied = 0}, %m: index, %p: index)
        attributes {tercet.grid = affine_map<(d0, d1) -> (d0)>} { return }
    func.func @read(%s: memref<8x4xf32> {tercet.access = 1, tercet.dims = array<i64: -1, -1>},
                    %y: memref<4xf32> {tercet.access = 2, tercet.dims = array<i64: -1>})
        attributes {tercet.grid = affine_map<() -> (1)>} { return }
  }
}
