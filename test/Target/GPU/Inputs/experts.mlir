// A block of experts in a latent space, for any number of tokens and for one.

ml_program.global private @gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @router(#ml_program.extern : tensor<64x256xf32>) : tensor<64x256xf32>
ml_program.global private @bias(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @down_project(#ml_program.extern : tensor<64x256x!ternary.trit>) : tensor<64x256x!ternary.trit>
ml_program.global private @down_project_scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @up(#ml_program.extern : tensor<64x168x64x!ternary.trit>) : tensor<64x168x64x!ternary.trit>
ml_program.global private @up_scale(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @down(#ml_program.extern : tensor<64x64x168x!ternary.trit>) : tensor<64x64x168x!ternary.trit>
ml_program.global private @down_scale(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @combine_gain(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @up_project(#ml_program.extern : tensor<256x64x!ternary.trit>) : tensor<256x64x!ternary.trit>
ml_program.global private @up_project_scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @shared_up(#ml_program.extern : tensor<336x256x!ternary.trit>) : tensor<336x256x!ternary.trit>
ml_program.global private @shared_up_scale(#ml_program.extern : tensor<f32>) : tensor<f32>
ml_program.global private @shared_down(#ml_program.extern : tensor<256x336x!ternary.trit>) : tensor<256x336x!ternary.trit>
ml_program.global private @shared_down_scale(#ml_program.extern : tensor<f32>) : tensor<f32>

func.func @many(%x: tensor<?x256xf32> {tercet.name = "x", tercet.bound = 64}) -> (tensor<?x256xf32> {tercet.name = "y"}) {
  %gain = ml_program.global_load_const @gain : tensor<256xf32>
  %router = ml_program.global_load_const @router : tensor<64x256xf32>
  %bias = ml_program.global_load_const @bias : tensor<64xf32>
  %down_project = ml_program.global_load_const @down_project : tensor<64x256x!ternary.trit>
  %down_project_scale = ml_program.global_load_const @down_project_scale : tensor<f32>
  %up = ml_program.global_load_const @up : tensor<64x168x64x!ternary.trit>
  %up_scale = ml_program.global_load_const @up_scale : tensor<64xf32>
  %down = ml_program.global_load_const @down : tensor<64x64x168x!ternary.trit>
  %down_scale = ml_program.global_load_const @down_scale : tensor<64xf32>
  %combine_gain = ml_program.global_load_const @combine_gain : tensor<64xf32>
  %up_project = ml_program.global_load_const @up_project : tensor<256x64x!ternary.trit>
  %up_project_scale = ml_program.global_load_const @up_project_scale : tensor<f32>
  %shared_up = ml_program.global_load_const @shared_up : tensor<336x256x!ternary.trit>
  %shared_up_scale = ml_program.global_load_const @shared_up_scale : tensor<f32>
  %shared_down = ml_program.global_load_const @shared_down : tensor<256x336x!ternary.trit>
  %shared_down_scale = ml_program.global_load_const @shared_down_scale : tensor<f32>
  %y = latent.moe <relu2> #latent.routing<top_k = 6, scale = 2.5 : f32> %x
      norm(%gain : tensor<256xf32>)
      router(%router, %bias : tensor<64x256xf32>, tensor<64xf32>)
      down_project(%down_project, %down_project_scale : tensor<64x256x!ternary.trit>, tensor<f32>)
      up(%up, %up_scale : tensor<64x168x64x!ternary.trit>, tensor<64xf32>)
      down(%down, %down_scale : tensor<64x64x168x!ternary.trit>, tensor<64xf32>)
      combine_norm(%combine_gain : tensor<64xf32>)
      up_project(%up_project, %up_project_scale : tensor<256x64x!ternary.trit>, tensor<f32>)
      shared_up(%shared_up, %shared_up_scale : tensor<336x256x!ternary.trit>, tensor<f32>)
      shared_down(%shared_down, %shared_down_scale : tensor<256x336x!ternary.trit>, tensor<f32>)
      residual : tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

func.func @one(%x: tensor<1x256xf32> {tercet.name = "x"}) -> (tensor<1x256xf32> {tercet.name = "y"}) {
  %gain = ml_program.global_load_const @gain : tensor<256xf32>
  %router = ml_program.global_load_const @router : tensor<64x256xf32>
  %bias = ml_program.global_load_const @bias : tensor<64xf32>
  %down_project = ml_program.global_load_const @down_project : tensor<64x256x!ternary.trit>
  %down_project_scale = ml_program.global_load_const @down_project_scale : tensor<f32>
  %up = ml_program.global_load_const @up : tensor<64x168x64x!ternary.trit>
  %up_scale = ml_program.global_load_const @up_scale : tensor<64xf32>
  %down = ml_program.global_load_const @down : tensor<64x64x168x!ternary.trit>
  %down_scale = ml_program.global_load_const @down_scale : tensor<64xf32>
  %combine_gain = ml_program.global_load_const @combine_gain : tensor<64xf32>
  %up_project = ml_program.global_load_const @up_project : tensor<256x64x!ternary.trit>
  %up_project_scale = ml_program.global_load_const @up_project_scale : tensor<f32>
  %shared_up = ml_program.global_load_const @shared_up : tensor<336x256x!ternary.trit>
  %shared_up_scale = ml_program.global_load_const @shared_up_scale : tensor<f32>
  %shared_down = ml_program.global_load_const @shared_down : tensor<256x336x!ternary.trit>
  %shared_down_scale = ml_program.global_load_const @shared_down_scale : tensor<f32>
  %y = latent.moe <relu2> #latent.routing<top_k = 6, scale = 2.5 : f32> %x
      norm(%gain : tensor<256xf32>)
      router(%router, %bias : tensor<64x256xf32>, tensor<64xf32>)
      down_project(%down_project, %down_project_scale : tensor<64x256x!ternary.trit>, tensor<f32>)
      up(%up, %up_scale : tensor<64x168x64x!ternary.trit>, tensor<64xf32>)
      down(%down, %down_scale : tensor<64x64x168x!ternary.trit>, tensor<64xf32>)
      combine_norm(%combine_gain : tensor<64xf32>)
      up_project(%up_project, %up_project_scale : tensor<256x64x!ternary.trit>, tensor<f32>)
      shared_up(%shared_up, %shared_up_scale : tensor<336x256x!ternary.trit>, tensor<f32>)
      shared_down(%shared_down, %shared_down_scale : tensor<256x336x!ternary.trit>, tensor<f32>)
      residual : tensor<1x256xf32>
  return %y : tensor<1x256xf32>
}
