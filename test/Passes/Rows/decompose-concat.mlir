// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(decompose-concat))' | FileCheck %s

// CHECK-LABEL: @rows
// CHECK-SAME: %[[A:.*]]: tensor<2x?xf32>, %[[B:.*]]: tensor<3x?xf32>
func.func @rows(%a: tensor<2x?xf32>, %b: tensor<3x?xf32>) -> tensor<5x?xf32> {
  // CHECK: %[[Y:.*]] = linalg.generic
  // CHECK: %[[ROW:.*]] = linalg.index 0
  // CHECK: tensor.extract %[[A]]
  // CHECK: %[[IN:.*]] = tensor.extract %[[B]]
  // CHECK: %[[HERE:.*]] = arith.cmpi sge, %[[ROW]], %c2
  // CHECK: arith.select %[[HERE]], %[[IN]]
  // CHECK-NOT: tensor.concat
  %y = tensor.concat dim(0) %a, %b : (tensor<2x?xf32>, tensor<3x?xf32>) -> tensor<5x?xf32>
  return %y : tensor<5x?xf32>
}

// -----

func.func @dynamic(%a: tensor<?x4xf32>, %b: tensor<3x4xf32>) -> tensor<?x4xf32> {
  // expected-error@+1 {{has an operand whose size along axis 0 is not known; concatenation takes static sizes there}}
  %y = tensor.concat dim(0) %a, %b : (tensor<?x4xf32>, tensor<3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
