// RUN: tercet-opt %s --select-codes --decompose-ternary --split-input-file --verify-diagnostics

func.func @weight_is_an_argument(%q: tensor<3x40xi8>, %w: tensor<20x40x!ternary.trit>) -> tensor<3x20xi32> {
  // expected-error@+1 {{weight must be an external ml_program.global}}
  %y = ternary.matmul %q, %w : tensor<3x40xi8>, tensor<20x40x!ternary.trit> -> tensor<3x20xi32>
  return %y : tensor<3x20xi32>
}

// -----

ml_program.global private @w(#ml_program.extern : tensor<20x40x!ternary.trit>) : tensor<20x40x!ternary.trit>
func.func @unpacked(%q: tensor<3x40xi8>) -> tensor<20x40xi8> {
  %w = ml_program.global_load_const @w : tensor<20x40x!ternary.trit>
  // expected-error@+1 {{is used other than as the weight of a ternary.matmul or ternary.linear}}
  %y = ternary.decode %w : tensor<20x40x!ternary.trit> -> tensor<20x40xi8>
  return %y : tensor<20x40xi8>
}

// -----

func.func @dynamic_columns(%x: tensor<3x?xf32>) -> tensor<3x?xi8> {
  // expected-error@+1 {{columns must be static here}}
  %q, %s = ternary.quantize %x <absmax_i8> : tensor<3x?xf32> -> tensor<3x?xi8>, tensor<3xf32>
  return %q : tensor<3x?xi8>
}
