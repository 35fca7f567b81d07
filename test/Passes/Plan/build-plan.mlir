// Dispatches in order, a barrier only where one reads what another wrote, results
// in the output itself, and arena memory shared by buffers of different lives.
// RUN: tercet-opt %s --build-plan | FileCheck %s

#id = affine_map<(d0) -> (d0)>
module attributes {tercet.target = "cpu:x86-64-v3"} {
  // CHECK: plan.program @f dims [#plan.dim<"x.0", 10>]
  // CHECK-SAME: inputs [#plan.tensor<"x", f32, (d0) -> (d0, 8)>]
  // CHECK-SAME: outputs [#plan.tensor<"y", f32, (d0) -> (d0, 8)>]
  // CHECK: %[[X:.*]] = plan.input 0
  // CHECK: %[[A:.*]] = plan.arena offset(#[[ZERO:map[0-9]*]])
  // CHECK: plan.dispatch @kernels::@one {{.*}} buffers(%[[X]], %[[A]])
  // Independent of the first: no barrier between them.
  // CHECK-NOT: plan.barrier
  // CHECK: %[[B:.*]] = plan.arena offset(
  // CHECK: plan.dispatch @kernels::@one {{.*}} buffers(%[[X]], %[[B]])
  // CHECK: plan.barrier
  // CHECK: plan.dispatch @kernels::@two {{.*}} buffers(%[[A]], %[[B]], %[[C:.*]])
  // CHECK: plan.barrier
  // The first buffer is free again: its offset is used a second time.
  // CHECK: plan.arena offset(#[[ZERO]])
  // CHECK: plan.dispatch
  // CHECK: plan.barrier
  // CHECK: %[[Y:.*]] = plan.output 0
  // CHECK: plan.dispatch @kernels::@one {{.*}} buffers(%{{.*}}, %[[Y]])
  // CHECK-NOT: plan.copy
  func.func @f(%x: tensor<?x8xf32> {tercet.name = "x", tercet.bound = 10}) -> (tensor<?x8xf32> {tercet.name = "y"}) {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x8xf32>
    %a = rows.dispatch @kernels::@one(%x, %m) : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
    %b = rows.dispatch @kernels::@one(%x, %m) : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
    %c = rows.dispatch @kernels::@two(%a, %b, %m) : (tensor<?x8xf32>, tensor<?x8xf32>, index) -> tensor<?x8xf32>
    %d = rows.dispatch @kernels::@one(%c, %m) : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
    %e = rows.dispatch @kernels::@one(%d, %m) : (tensor<?x8xf32>, index) -> tensor<?x8xf32>
    return %e : tensor<?x8xf32>
  }
  // A state that is read and written: the read is a snapshot.
  // CHECK: plan.program @step
  // CHECK: %[[STATE:.*]] = plan.state @counter
  // CHECK: plan.copy %[[STATE]], %[[OLD:.*]] bytes
  // CHECK: plan.barrier
  // CHECK: plan.dispatch @kernels::@three {{.*}} buffers(%[[OLD]], %[[NEW:.*]])
  // CHECK: plan.barrier
  // CHECK: plan.copy %[[NEW]], %[[STATE]] bytes
  ml_program.global private mutable @counter(dense<0.0> : tensor<4xf32>) : tensor<4xf32>
  func.func @step() -> (tensor<4xf32> {tercet.name = "y"}) {
    %0 = ml_program.global_load @counter : tensor<4xf32>
    %1 = rows.dispatch @kernels::@three(%0) : (tensor<4xf32>) -> tensor<4xf32>
    ml_program.global_store @counter = %1 : tensor<4xf32>
    return %1 : tensor<4xf32>
  }
  module @kernels {
    func.func @one(%x: memref<?x8xf32> {tercet.access = 1, tercet.dims = array<i64: 0, -1>},
                   %y: memref<?x8xf32> {tercet.access = 2, tercet.dims = array<i64: 0, -1>}, %m: index) attributes {tercet.grid = #id} { return }
    func.func @two(%a: memref<?x8xf32> {tercet.access = 1, tercet.dims = array<i64: 0, -1>}, %b: memref<?x8xf32> {tercet.access = 1, tercet.dims = array<i64: 0, -1>},
                   %y: memref<?x8xf32> {tercet.access = 2, tercet.dims = array<i64: 0, -1>}, %m: index) attributes {tercet.grid = #id} { return }
    func.func @three(%x: memref<4xf32> {tercet.access = 1, tercet.dims = array<i64: -1>},
                     %y: memref<4xf32> {tercet.access = 2, tercet.dims = array<i64: -1>}) attributes {tercet.grid = affine_map<() -> (1)>} { return }
  }
}
