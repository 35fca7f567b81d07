// What a GPU can do at best, as far as Tercet's own kernels reach it: 256 MiB read and
// as many written, more than any cache holds, and a large product of int8 rows and
// ternary weights by the fastest path that the target has.
func.func @memory(%x: tensor<67108864xf32> {tercet.name = "x"}) -> (tensor<67108864xf32> {tercet.name = "y"}) {
  %e = tensor.empty() : tensor<67108864xf32>
  %y = linalg.negf ins(%x : tensor<67108864xf32>) outs(%e : tensor<67108864xf32>) -> tensor<67108864xf32>
  return %y : tensor<67108864xf32>
}

ml_program.global private @w(#ml_program.extern : tensor<4096x2048x!ternary.trit>) : tensor<4096x2048x!ternary.trit>
func.func @int8(%x: tensor<4096x2048xi8> {tercet.name = "x"}) -> (tensor<4096x4096xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<4096x2048x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<4096x2048xi8>, tensor<4096x2048x!ternary.trit> -> tensor<4096x4096xi32>
  return %y : tensor<4096x4096xi32>
}
