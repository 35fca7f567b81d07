// A BitLinear layer with a norm and a bias, dense and 2:4.
ml_program.global private @w(#ml_program.extern : tensor<200x96x!ternary.trit>) : tensor<200x96x!ternary.trit>
ml_program.global private @s(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @g(#ml_program.extern : tensor<96xf32>) : tensor<96xf32>
ml_program.global private @b(#ml_program.extern : tensor<200xf32>) : tensor<200xf32>

func.func @linear(%x: tensor<?x96xf32> {tercet.name = "x", tercet.bound = [64, 0]})
    -> (tensor<?x200xf32> {tercet.name = "y", tercet.bound = [64, 0]}) {
  %w = ml_program.global_load_const @w : tensor<200x96x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %g = ml_program.global_load_const @g : tensor<96xf32>
  %b = ml_program.global_load_const @b : tensor<200xf32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : tensor<96xf32>) bias(%b : tensor<200xf32>)
      : tensor<?x96xf32>, tensor<200x96x!ternary.trit> -> tensor<?x200xf32>
  return %y : tensor<?x200xf32>
}
