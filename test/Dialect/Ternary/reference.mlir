// What the reference path does to weights, calls and ops over trits.
// RUN: tercet-opt %s --tercet-to-reference --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

// Weights become arguments in the order of the globals, under their keys; a weight
// that is loaded twice, or in a called function, is one argument.
ml_program.global private @unused(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @second(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @first(#ml_program.extern : tensor<4x8x!ternary.trit>) : tensor<4x8x!ternary.trit> {tercet.key = "layers.0.w"}
ml_program.global private mutable @state(dense<0.0> : tensor<2xf32>) : tensor<2xf32>

func.func private @layer(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %w = ml_program.global_load_const @first : tensor<4x8x!ternary.trit>
  %s = ml_program.global_load_const @second : tensor<f32>
  %e = ternary.encode %w : tensor<4x8x!ternary.trit> -> tensor<4x8x!ternary.trit, #ternary.code<t5>>
  %y = ternary.linear %x, %e scale(%s : tensor<f32>)
    : tensor<?x8xf32>, tensor<4x8x!ternary.trit, #ternary.code<t5>> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-NOT: @unused
// CHECK-NOT: @first
// CHECK-NOT: @second
// CHECK: ml_program.global private mutable @state
// CHECK-NOT: @layer
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32> {tercet.name = "x"},
// CHECK-SAME: %[[S:.*]]: tensor<f32> {tercet.name = "second"},
// CHECK-SAME: %[[W:.*]]: tensor<4x8xi8> {tercet.name = "layers.0.w"})
// CHECK-NOT: = ternary.
// CHECK: %[[ACC:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%{{.*}}, %[[W]] : tensor<?x8xi8>, tensor<4x8xi8>)
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[ACC]], %{{.*}}, %[[S]] :
// CHECK-NEXT: ^bb0(%[[A:.*]]: i32, %[[R:.*]]: f32, %[[T:.*]]: f32, %{{.*}}: f32)
// CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[A]] : i32 to f32
// CHECK-NEXT: %[[M:.*]] = arith.mulf %[[R]], %[[T]] : f32
// CHECK-NEXT: arith.mulf %[[F]], %[[M]] : f32
// CHECK-NOT: = ternary.
func.func @main(%x: tensor<?x8xf32> {tercet.name = "x"}) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<2xf32>) {
  %a = call @layer(%x) : (tensor<?x8xf32>) -> tensor<?x4xf32>
  %r = math.absf %x : tensor<?x8xf32>
  %b = call @layer(%r) : (tensor<?x8xf32>) -> tensor<?x4xf32>
  %c = ml_program.global_load @state : tensor<2xf32>
  return %a, %b, %c : tensor<?x4xf32>, tensor<?x4xf32>, tensor<2xf32>
}

// -----

// Trits in signatures, tensor ops and loops become bytes.
// CHECK-LABEL: func.func @trits
// CHECK-SAME: (%{{.*}}: tensor<2x4x8xi8>, %{{.*}}: index, %{{.*}}: tensor<3x8xi8>) -> tensor<4x8xi8>
// CHECK: scf.for {{.*}} -> (tensor<4x8xi8>)
// CHECK: tensor.extract_slice {{.*}} : tensor<2x4x8xi8> to tensor<4x8xi8>
// CHECK-NOT: trit
func.func @trits(%w: tensor<2x4x8x!ternary.trit>, %n: index, %q: tensor<3x8xi8>) -> tensor<4x8x!ternary.trit> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %first = tensor.extract_slice %w[0, 0, 0] [1, 4, 8] [1, 1, 1]
    : tensor<2x4x8x!ternary.trit> to tensor<4x8x!ternary.trit>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%t = %first) -> (tensor<4x8x!ternary.trit>) {
    %s = tensor.extract_slice %w[%i, 0, 0] [1, 4, 8] [1, 1, 1]
      : tensor<2x4x8x!ternary.trit> to tensor<4x8x!ternary.trit>
    scf.yield %s : tensor<4x8x!ternary.trit>
  }
  return %last : tensor<4x8x!ternary.trit>
}

// -----

// Sizes that are known in one type only meet in a cast.
// CHECK-LABEL: func.func @dynamic
// CHECK-NOT: = ternary.
// CHECK: return %{{.*}} : tensor<3x4xi32>
func.func @dynamic(%q: tensor<?x?xi8>, %w: tensor<4x8x!ternary.trit>) -> tensor<3x4xi32> {
  %y = ternary.matmul %q, %w : tensor<?x?xi8>, tensor<4x8x!ternary.trit> -> tensor<3x4xi32>
  return %y : tensor<3x4xi32>
}

// -----

// A function that calls itself stays, and so must its weight.
ml_program.global private @w(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
func.func @recursive(%n: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{weight 'w' is loaded in function 'recursive', which is called and cannot be inlined; load the weight in the caller and pass it on}}
  %w = ml_program.global_load_const @w : tensor<4xf32>
  %s = arith.addf %n, %w : tensor<4xf32>
  %r = call @recursive(%s) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
