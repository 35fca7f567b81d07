// Rows written into a state's value: rows.insert with a limit, except where the
// place is known to be inside.
// RUN: tercet-opt %s --lower-state-updates | FileCheck %s

ml_program.global private mutable @cache(dense<0.0> : tensor<16x4x8xf32>) : tensor<16x4x8xf32>

// CHECK-LABEL: @update
// CHECK-SAME: %[[X:.*]]: tensor<?x4x8xf32>, %[[ONE:.*]]: tensor<1x4x8xf32>, %[[P:.*]]: index
func.func @update(%x: tensor<?x4x8xf32>, %one: tensor<1x4x8xf32>, %position: index) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x4x8xf32>
  // CHECK: %[[S0:.*]] = ml_program.global_load @cache
  %0 = ml_program.global_load @cache : tensor<16x4x8xf32>
  // CHECK: %[[M:.*]] = tensor.dim %[[X]]
  // CHECK: rows.limit %[[P]], %[[M]] at_most 16 "rows of state 'cache'"
  // CHECK: %[[S1:.*]] = rows.insert ins(%[[X]] : tensor<?x4x8xf32>) at(%[[P]]) outs(%[[S0]] : tensor<16x4x8xf32>)
  %1 = tensor.insert_slice %x into %0[%position, 0, 0] [%m, 4, 8] [1, 1, 1] : tensor<?x4x8xf32> into tensor<16x4x8xf32>
  // CHECK-NOT: rows.limit
  // CHECK: %[[LAST:.*]] = arith.constant 15 : index
  // CHECK: %[[S2:.*]] = rows.insert ins(%[[ONE]] : tensor<1x4x8xf32>) at(%[[LAST]]) outs(%[[S1]] : tensor<16x4x8xf32>)
  %2 = tensor.insert_slice %one into %1[15, 0, 0] [1, 4, 8] [1, 1, 1] : tensor<1x4x8xf32> into tensor<16x4x8xf32>
  // CHECK: ml_program.global_store @cache = %[[S2]]
  ml_program.global_store @cache = %2 : tensor<16x4x8xf32>
  return
}
