// RUN: tercet-opt %s --lower-state-updates --split-input-file --verify-diagnostics

func.func @no_state(%x: tensor<2x8xf32>, %y: tensor<16x8xf32>) {
  // expected-error@+1 {{writes into a tensor that is no state; it may only update what ml_program.global_load gives of a mutable ml_program.global}}
  %0 = tensor.insert_slice %x into %y[0, 0] [2, 8] [1, 1] : tensor<2x8xf32> into tensor<16x8xf32>
  return
}

// -----

ml_program.global private @constant(dense<0.0> : tensor<16x8xf32>) : tensor<16x8xf32>
func.func @constant_global(%x: tensor<2x8xf32>) {
  %s = ml_program.global_load @constant : tensor<16x8xf32>
  // expected-error@+1 {{writes into a tensor that is no state}}
  %0 = tensor.insert_slice %x into %s[0, 0] [2, 8] [1, 1] : tensor<2x8xf32> into tensor<16x8xf32>
  return
}

// -----

ml_program.global private mutable @s(dense<0.0> : tensor<16x8xf32>) : tensor<16x8xf32>
func.func @strided(%x: tensor<2x8xf32>) {
  %s = ml_program.global_load @s : tensor<16x8xf32>
  // expected-error@+1 {{updates state 's' of type 'tensor<16x8xf32>' other than by whole rows}}
  %0 = tensor.insert_slice %x into %s[0, 0] [2, 8] [2, 1] : tensor<2x8xf32> into tensor<16x8xf32>
  return
}

// -----

ml_program.global private mutable @s(dense<0.0> : tensor<16x8xf32>) : tensor<16x8xf32>
func.func @part_of_a_row(%x: tensor<2x4xf32>) {
  %s = ml_program.global_load @s : tensor<16x8xf32>
  // expected-error@+1 {{updates state 's'}}
  %0 = tensor.insert_slice %x into %s[0, 4] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<16x8xf32>
  return
}

// -----

ml_program.global private mutable @s(dense<0.0> : tensor<16x8xf32>) : tensor<16x8xf32>
func.func @moving_column(%x: tensor<2x8xf32>, %p: index) {
  %s = ml_program.global_load @s : tensor<16x8xf32>
  // expected-error@+1 {{updates state 's'}}
  %0 = tensor.insert_slice %x into %s[0, %p] [2, 8] [1, 1] : tensor<2x8xf32> into tensor<16x8xf32>
  return
}

// -----

ml_program.global private mutable @s(dense<0.0> : tensor<16x8xf32>) : tensor<16x8xf32>
func.func @lower_rank(%x: tensor<8xf32>) {
  %s = ml_program.global_load @s : tensor<16x8xf32>
  // expected-error@+1 {{it takes rank 2 or more, a source of that rank, unit strides, an offset on axis 0 only, and all of the other axes}}
  %0 = tensor.insert_slice %x into %s[0, 0] [1, 8] [1, 1] : tensor<8xf32> into tensor<16x8xf32>
  return
}
