// Experts as groups, whose rows matrix instructions take.
ml_program.global private @u(#ml_program.extern : tensor<8x48x64x!ternary.trit>) : tensor<8x48x64x!ternary.trit>
ml_program.global private @d(#ml_program.extern : tensor<8x64x48x!ternary.trit>) : tensor<8x64x48x!ternary.trit>
func.func @grouped(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 64, tercet.dims = ["m", ""]}, %ids: tensor<?x2xi32> {tercet.name = "ids", tercet.bound = 64, tercet.dims = ["m", ""], tercet.range = [0, 8]}, %s: tensor<8xf32> {tercet.name = "s"}) -> (tensor<?x2x64xf32> {tercet.name = "y"}) {
  %u = ml_program.global_load_const @u : tensor<8x48x64x!ternary.trit>
  %d = ml_program.global_load_const @d : tensor<8x64x48x!ternary.trit>
  %y = latent.experts <relu2> %x, %ids up(%u, %s : tensor<8x48x64x!ternary.trit>, tensor<8xf32>) down(%d, %s : tensor<8x64x48x!ternary.trit>, tensor<8xf32>) {strategy = #latent.strategy<grouped>} : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x2x64xf32>
  return %y : tensor<?x2x64xf32>
}
