// RUN: tercet-opt %s --canonicalize --resolve-ranked-shaped-type-result-dims --cse --split-input-file | FileCheck %s

!t = tensor<?x64x!ternary.trit>
!e = tensor<?x64x!ternary.trit, #ternary.code<t5>>
!i = tensor<?x64x!ternary.trit, #ternary.code<i2>>

// CHECK-LABEL: func.func @decode_of_encode
// CHECK-SAME: (%[[W:.*]]: tensor<?x64x!ternary.trit>)
// CHECK-NEXT: return %[[W]]
func.func @decode_of_encode(%w: !t) -> !t {
  %e = ternary.encode %w : !t -> !e
  %d = ternary.decode %e : !e -> !t
  return %d : !t
}

// CHECK-LABEL: func.func @encode_of_decode
// CHECK-SAME: (%[[W:.*]]: tensor<?x64x!ternary.trit, #ternary.code<t5>>)
// CHECK-NEXT: return %[[W]]
func.func @encode_of_decode(%w: !e) -> !e {
  %d = ternary.decode %w : !e -> !t
  %e = ternary.encode %d : !t -> !e
  return %e : !e
}

// Another code is another storage: both ops stay.
// CHECK-LABEL: func.func @recode
// CHECK-NEXT: ternary.decode
// CHECK-NEXT: ternary.encode
func.func @recode(%w: !e) -> !i {
  %d = ternary.decode %w : !e -> !t
  %e = ternary.encode %d : !t -> !i
  return %e : !i
}

// Trits and bytes are different values: the decode stays.
// CHECK-LABEL: func.func @decode_to_bytes
// CHECK: ternary.decode %{{.*}} -> tensor<?x64xi8>
func.func @decode_to_bytes(%w: !t) -> tensor<?x64xi8> {
  %e = ternary.encode %w : !t -> !e
  %d = ternary.decode %e : !e -> tensor<?x64xi8>
  return %d : tensor<?x64xi8>
}

// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%q: tensor<?x64xi8>, %w: !t) {
  %y = ternary.matmul %q, %w : tensor<?x64xi8>, !t -> tensor<?x?xi32>
  return
}

// -----

// The sizes of results come from operands, so the ops themselves go away.
// CHECK-LABEL: func.func @shapes
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf32>, %[[W:.*]]: tensor<?x64x!ternary.trit>, %[[S:.*]]: tensor<f32>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[M:.*]] = tensor.dim %[[X]], %[[C0]]
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[W]], %[[C0]]
// CHECK-NOT: = ternary.
// CHECK: return %[[M]], %[[N]], %[[M]], %[[M]], %[[M]], %[[N]]
func.func @shapes(%x: tensor<?x64xf32>, %w: tensor<?x64x!ternary.trit>, %s: tensor<f32>)
    -> (index, index, index, index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = ternary.linear %x, %w scale(%s : tensor<f32>)
    : tensor<?x64xf32>, tensor<?x64x!ternary.trit> -> tensor<?x?xf32>
  %a = tensor.dim %y, %c0 : tensor<?x?xf32>
  %b = tensor.dim %y, %c1 : tensor<?x?xf32>
  %q, %t = ternary.quantize %x <absmax_i8> : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  %c = tensor.dim %q, %c0 : tensor<?x64xi8>
  %d = tensor.dim %t, %c0 : tensor<?xf32>
  %z = ternary.matmul %q, %w : tensor<?x64xi8>, tensor<?x64x!ternary.trit> -> tensor<?x?xi32>
  %e = tensor.dim %z, %c0 : tensor<?x?xi32>
  %k = ternary.encode %w : tensor<?x64x!ternary.trit> -> tensor<?x64x!ternary.trit, #ternary.code<t5>>
  %f = tensor.dim %k, %c0 : tensor<?x64x!ternary.trit, #ternary.code<t5>>
  return %a, %b, %c, %d, %e, %f : index, index, index, index, index, index
}
