// Integer products whose shapes have tails everywhere, and the parts around them.
ml_program.global private @w(#ml_program.extern : tensor<70x2688x!ternary.trit>) : tensor<70x2688x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
ml_program.global private @v(#ml_program.extern : tensor<33x100x!ternary.trit>) : tensor<33x100x!ternary.trit> {ternary.sparsity = #ternary.sparsity<3:4, exact>}
ml_program.global private @u(#ml_program.extern : tensor<17x37x!ternary.trit>) : tensor<17x37x!ternary.trit>
ml_program.global private @s(#ml_program.extern : tensor<f32>) : tensor<f32>

func.func @wide(%x: tensor<?x2688xi8> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x70xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<70x2688x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<?x2688xi8>, tensor<70x2688x!ternary.trit> -> tensor<?x70xi32>
  return %y : tensor<?x70xi32>
}
func.func @exact(%x: tensor<?x100xi8> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x33xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @v : tensor<33x100x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<?x100xi8>, tensor<33x100x!ternary.trit> -> tensor<?x33xi32>
  return %y : tensor<?x33xi32>
}
func.func @odd(%x: tensor<?x37xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x17xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @u : tensor<17x37x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x37xf32>, tensor<17x37x!ternary.trit> -> tensor<?x17xf32>
  return %y : tensor<?x17xf32>
}
func.func @rotated(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x64xi8> {tercet.name = "y"}, tensor<?xf32> {tercet.name = "a"}) {
  %y, %a = ternary.quantize %x <absmean_i4> hadamard : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
  return %y, %a : tensor<?x64xi8>, tensor<?xf32>
}
