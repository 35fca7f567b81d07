// Roots become functions over tensors; sizes and weights are arguments, constants
// and fills go along, and the entry function only dispatches.
// RUN: tercet-opt %s --outline-kernels | FileCheck %s

#mk = affine_map<(m, k) -> (m, k)>
#m = affine_map<(m, k) -> (m)>

// CHECK-LABEL: func.func @f
// CHECK: %[[M:.*]] = tensor.dim %arg0
// CHECK: %[[Q:.*]]:3 = rows.dispatch @kernels::@kernel_0(%arg0, %[[M]]) : (tensor<?x20xf32>, index) -> (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>)
// CHECK: %[[S:.*]] = rows.dispatch @kernels::@kernel_1(%arg0, %[[M]]) : (tensor<?x20xf32>, index) -> tensor<?xf32>
// CHECK: rows.dispatch @kernels::@kernel_2(%[[S]], %arg1, %[[M]], %{{.*}})
// CHECK-NOT: linalg
// CHECK: return
// CHECK-LABEL: module @kernels
// CHECK: func.func @kernel_0(%arg0: tensor<?x20xf32> {tercet.dims = array<i64: 0, -1>}, %arg1: index)
// CHECK-SAME: -> (tensor<?x32xi8> {tercet.dims = array<i64: 0, -1>}, tensor<?xf32> {tercet.dims = array<i64: 0>}, tensor<?xi32> {tercet.dims = array<i64: 0>})
// CHECK-SAME: tercet.op = "quantize"
// CHECK: tensor.empty(%arg1) : tensor<?x32xi8>
// CHECK: rows.quantize
// The fill comes along with its reduction.
// CHECK: func.func @kernel_1
// CHECK: linalg.fill
// CHECK: linalg.generic
// An init with a value is copied to a result of the kernel's own.
// CHECK: func.func @kernel_2
// CHECK: %[[EMPTY:.*]] = tensor.empty
// CHECK: %[[COPY:.*]] = linalg.copy ins({{.*}}) outs(%[[EMPTY]]
// CHECK: linalg.generic {{.*}} outs(%[[COPY]]
func.func @f(%x: tensor<?x20xf32>, %init: tensor<?xf32>) -> (tensor<?x32xi8>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x20xf32>
  %e0 = tensor.empty(%m) : tensor<?x32xi8>
  %e1 = tensor.empty(%m) : tensor<?xf32>
  %e2 = tensor.empty(%m) : tensor<?xi32>
  %q:3 = rows.quantize <absmax_i8> eps(0.0) ins(%x : tensor<?x20xf32>)
      outs(%e0, %e1, %e2 : tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>) -> tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#mk, #m], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x20xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %0 = arith.addf %acc, %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(m) -> (m)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
      ins(%s : tensor<?xf32>) outs(%init : tensor<?xf32>) {
  ^bb0(%in: f32, %acc: f32):
    %0 = arith.addf %acc, %in : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %q#0, %t : tensor<?x32xi8>, tensor<?xf32>
}
