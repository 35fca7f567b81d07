// A block of 16 experts, ternary with float down-projections, behind a router with a bias.

ml_program.global private @router(#ml_program.extern : tensor<16x64xf32>) : tensor<16x64xf32> {tercet.key = "block.router"}
ml_program.global private @bias(#ml_program.extern : tensor<16xf32>) : tensor<16xf32>
ml_program.global private @up(#ml_program.extern : tensor<16x48x64x!ternary.trit>) : tensor<16x48x64x!ternary.trit>
ml_program.global private @up_scale(#ml_program.extern : tensor<16xf32>) : tensor<16xf32>
ml_program.global private @down(#ml_program.extern : tensor<16x64x48xbf16>) : tensor<16x64x48xbf16>

func.func private @block(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %router = ml_program.global_load_const @router : tensor<16x64xf32>
  %bias = ml_program.global_load_const @bias : tensor<16xf32>
  %up = ml_program.global_load_const @up : tensor<16x48x64x!ternary.trit>
  %up_scale = ml_program.global_load_const @up_scale : tensor<16xf32>
  %down = ml_program.global_load_const @down : tensor<16x64x48xbf16>
  %y = latent.moe <relu2> #latent.routing<top_k = 3, scale = 2.5 : f32> %x
      router(%router, %bias : tensor<16x64xf32>, tensor<16xf32>)
      up(%up, %up_scale : tensor<16x48x64x!ternary.trit>, tensor<16xf32>)
      down(%down : tensor<16x64x48xbf16>) residual : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

func.func @main(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 64}) -> (tensor<?x64xf32> {tercet.name = "y"}) {
  %y = call @block(%x) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
