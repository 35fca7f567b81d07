// A Mamba-2 mixer with its states, for any number of steps and for one.

ml_program.global private @gain(#ml_program.extern : tensor<256xf32>) : tensor<256xf32>
ml_program.global private @wi(#ml_program.extern : tensor<1544x256xf32>) : tensor<1544x256xf32>
ml_program.global private @taps(#ml_program.extern : tensor<1024x4xf32>) : tensor<1024x4xf32>
ml_program.global private @bias(#ml_program.extern : tensor<1024xf32>) : tensor<1024xf32>
ml_program.global private @a_log(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @dt_bias(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @skip(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @gate_gain(#ml_program.extern : tensor<512xf32>) : tensor<512xf32>
ml_program.global private @wo(#ml_program.extern : tensor<256x512xf32>) : tensor<256x512xf32>
ml_program.global private mutable @conv(dense<0.0> : tensor<3x1024xf32>) : tensor<3x1024xf32>
ml_program.global private mutable @ssm(dense<0.5> : tensor<8x64x128xf32>) : tensor<8x64x128xf32>

func.func @many(%x: tensor<?x256xf32> {tercet.name = "x", tercet.bound = 64}) -> (tensor<?x256xf32> {tercet.name = "y"}, tensor<8x64x128xf32> {tercet.name = "state"}) {
  %gain = ml_program.global_load_const @gain : tensor<256xf32>
  %wi = ml_program.global_load_const @wi : tensor<1544x256xf32>
  %taps = ml_program.global_load_const @taps : tensor<1024x4xf32>
  %bias = ml_program.global_load_const @bias : tensor<1024xf32>
  %a_log = ml_program.global_load_const @a_log : tensor<8xf32>
  %dt_bias = ml_program.global_load_const @dt_bias : tensor<8xf32>
  %skip = ml_program.global_load_const @skip : tensor<8xf32>
  %gate_gain = ml_program.global_load_const @gate_gain : tensor<512xf32>
  %wo = ml_program.global_load_const @wo : tensor<256x512xf32>
  %c0 = ml_program.global_load @conv : tensor<3x1024xf32>
  %s0 = ml_program.global_load @ssm : tensor<8x64x128xf32>
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%gain : tensor<256xf32>)
      in_project(%wi : tensor<1544x256xf32>) conv(%taps, %bias : tensor<1024x4xf32>, tensor<1024xf32>)
      heads(%a_log, %dt_bias, %skip : tensor<8xf32>) gate_norm(%gate_gain : tensor<512xf32>)
      out_project(%wo : tensor<256x512xf32>) states(%c0, %s0 : tensor<3x1024xf32>, tensor<8x64x128xf32>)
      residual : tensor<?x256xf32>
  ml_program.global_store @conv = %c1 : tensor<3x1024xf32>
  ml_program.global_store @ssm = %s1 : tensor<8x64x128xf32>
  return %y, %s1 : tensor<?x256xf32>, tensor<8x64x128xf32>
}

func.func @one(%x: tensor<1x256xf32> {tercet.name = "x"}) -> (tensor<1x256xf32> {tercet.name = "y"}, tensor<8x64x128xf32> {tercet.name = "state"}) {
  %gain = ml_program.global_load_const @gain : tensor<256xf32>
  %wi = ml_program.global_load_const @wi : tensor<1544x256xf32>
  %taps = ml_program.global_load_const @taps : tensor<1024x4xf32>
  %bias = ml_program.global_load_const @bias : tensor<1024xf32>
  %a_log = ml_program.global_load_const @a_log : tensor<8xf32>
  %dt_bias = ml_program.global_load_const @dt_bias : tensor<8xf32>
  %skip = ml_program.global_load_const @skip : tensor<8xf32>
  %gate_gain = ml_program.global_load_const @gate_gain : tensor<512xf32>
  %wo = ml_program.global_load_const @wo : tensor<256x512xf32>
  %c0 = ml_program.global_load @conv : tensor<3x1024xf32>
  %s0 = ml_program.global_load @ssm : tensor<8x64x128xf32>
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%gain : tensor<256xf32>)
      in_project(%wi : tensor<1544x256xf32>) conv(%taps, %bias : tensor<1024x4xf32>, tensor<1024xf32>)
      heads(%a_log, %dt_bias, %skip : tensor<8xf32>) gate_norm(%gate_gain : tensor<512xf32>)
      out_project(%wo : tensor<256x512xf32>) states(%c0, %s0 : tensor<3x1024xf32>, tensor<8x64x128xf32>)
      residual : tensor<1x256xf32>
  ml_program.global_store @conv = %c1 : tensor<3x1024xf32>
  ml_program.global_store @ssm = %s1 : tensor<8x64x128xf32>
  return %y, %s1 : tensor<1x256xf32>, tensor<8x64x128xf32>
}
