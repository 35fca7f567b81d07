// Layers as wide as those of real models, in every code that their weights can have,
// for many rows and for one.
ml_program.global private @s(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @dense(#ml_program.extern : tensor<4096x1024x!ternary.trit>) : tensor<4096x1024x!ternary.trit>
func.func @dense_many(%x: tensor<?x1024xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @dense : tensor<4096x1024x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x1024xf32>, tensor<4096x1024x!ternary.trit> -> tensor<?x4096xf32>
  return %y : tensor<?x4096xf32>
}
func.func @dense_one(%x: tensor<1x1024xf32> {tercet.name = "x"}) -> (tensor<1x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @dense : tensor<4096x1024x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<1x1024xf32>, tensor<4096x1024x!ternary.trit> -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
ml_program.global private @narrow(#ml_program.extern : tensor<1024x2688x!ternary.trit>) : tensor<1024x2688x!ternary.trit>
func.func @narrow_many(%x: tensor<?x2688xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x1024xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @narrow : tensor<1024x2688x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x2688xf32>, tensor<1024x2688x!ternary.trit> -> tensor<?x1024xf32>
  return %y : tensor<?x1024xf32>
}
func.func @narrow_one(%x: tensor<1x2688xf32> {tercet.name = "x"}) -> (tensor<1x1024xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @narrow : tensor<1024x2688x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<1x2688xf32>, tensor<1024x2688x!ternary.trit> -> tensor<1x1024xf32>
  return %y : tensor<1x1024xf32>
}
ml_program.global private @pairs(#ml_program.extern : tensor<4096x4096x!ternary.trit>) : tensor<4096x4096x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
func.func @pairs_many(%x: tensor<?x4096xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @pairs : tensor<4096x4096x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x4096xf32>, tensor<4096x4096x!ternary.trit> -> tensor<?x4096xf32>
  return %y : tensor<?x4096xf32>
}
func.func @pairs_one(%x: tensor<1x4096xf32> {tercet.name = "x"}) -> (tensor<1x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @pairs : tensor<4096x4096x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<1x4096xf32>, tensor<4096x4096x!ternary.trit> -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
ml_program.global private @exact(#ml_program.extern : tensor<4096x1024x!ternary.trit>) : tensor<4096x1024x!ternary.trit> {ternary.sparsity = #ternary.sparsity<3:4, exact>}
func.func @exact_many(%x: tensor<?x1024xf32> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @exact : tensor<4096x1024x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x1024xf32>, tensor<4096x1024x!ternary.trit> -> tensor<?x4096xf32>
  return %y : tensor<?x4096xf32>
}
func.func @exact_one(%x: tensor<1x1024xf32> {tercet.name = "x"}) -> (tensor<1x4096xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @exact : tensor<4096x1024x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<1x1024xf32>, tensor<4096x1024x!ternary.trit> -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
