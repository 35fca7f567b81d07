// The model of the golden artifacts: a layer with a norm, one without, and a state
// that counts calls. How a golden file is made: README.md beside this file.
ml_program.global private @w1(#ml_program.extern : tensor<33x40x!ternary.trit>) : tensor<33x40x!ternary.trit>
ml_program.global private @s1(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @g1(#ml_program.extern : tensor<40xf32>) : tensor<40xf32>
ml_program.global private @w2(#ml_program.extern : tensor<10x33x!ternary.trit>) : tensor<10x33x!ternary.trit>
ml_program.global private @s2(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private mutable @calls(dense<0.0> : tensor<1xf32>) : tensor<1xf32>

func.func @layers(%x: tensor<?x40xf32> {tercet.name = "x", tercet.bound = 8}) -> (tensor<?x10xf32> {tercet.name = "y"}) {
  %w1 = ml_program.global_load_const @w1 : tensor<33x40x!ternary.trit>
  %s1 = ml_program.global_load_const @s1 : tensor<f32>
  %g1 = ml_program.global_load_const @g1 : tensor<40xf32>
  %w2 = ml_program.global_load_const @w2 : tensor<10x33x!ternary.trit>
  %s2 = ml_program.global_load_const @s2 : tensor<f32>
  %h = ternary.linear %x, %w1 scale(%s1 : tensor<f32>) norm(%g1 : tensor<40xf32>)
      : tensor<?x40xf32>, tensor<33x40x!ternary.trit> -> tensor<?x33xf32>
  %y = ternary.linear %h, %w2 scale(%s2 : tensor<f32>)
      : tensor<?x33xf32>, tensor<10x33x!ternary.trit> -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

func.func @count() -> (tensor<1xf32> {tercet.name = "n"}) {
  %one = arith.constant dense<1.0> : tensor<1xf32>
  %old = ml_program.global_load @calls : tensor<1xf32>
  %new = arith.addf %old, %one : tensor<1xf32>
  ml_program.global_store @calls = %new : tensor<1xf32>
  return %new : tensor<1xf32>
}
