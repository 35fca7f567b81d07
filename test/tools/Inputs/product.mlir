ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>) : tensor<16x32x!ternary.trit>
func.func @product(%x: tensor<?x32xi8> {tercet.name = "x", tercet.bound = 8}) -> (tensor<?x16xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<?x32xi8>, tensor<16x32x!ternary.trit> -> tensor<?x16xi32>
  return %y : tensor<?x16xi32>
}
