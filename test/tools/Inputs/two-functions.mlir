func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.exp %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @product(%x: tensor<2x32xi8>, %w: tensor<16x32x!ternary.trit>) -> tensor<2x16xi32> {
  %y = ternary.matmul %x, %w : tensor<2x32xi8>, tensor<16x32x!ternary.trit> -> tensor<2x16xi32>
  return %y : tensor<2x16xi32>
}
