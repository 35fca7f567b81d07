// Experts and projections whose weights are no trits: NVFP4, bf16, i8, MXFP4, f16.

ml_program.global private @up_v(#ml_program.extern : tensor<16x96x64xf4E2M1FN>) : tensor<16x96x64xf4E2M1FN>
ml_program.global private @up_b(#ml_program.extern : tensor<16x96x4xf8E4M3FN>) : tensor<16x96x4xf8E4M3FN>
ml_program.global private @up_s(#ml_program.extern : tensor<16xf32>) : tensor<16xf32>
ml_program.global private @gate(#ml_program.extern : tensor<16x96x64xbf16>) : tensor<16x96x64xbf16>
ml_program.global private @down(#ml_program.extern : tensor<16x64x96xi8>) : tensor<16x64x96xi8>
ml_program.global private @down_s(#ml_program.extern : tensor<16xf32>) : tensor<16xf32>
ml_program.global private @head_v(#ml_program.extern : tensor<80x64xf4E2M1FN>) : tensor<80x64xf4E2M1FN>
ml_program.global private @head_b(#ml_program.extern : tensor<80x2xf8E8M0FNU>) : tensor<80x2xf8E8M0FNU>
ml_program.global private @mid(#ml_program.extern : tensor<64x64xi8>) : tensor<64x64xi8>
ml_program.global private @mid_s(#ml_program.extern : tensor<64xf32>) : tensor<64xf32>
ml_program.global private @low(#ml_program.extern : tensor<64x80xf16>) : tensor<64x80xf16>

func.func @many(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 32, tercet.dims = ["m", ""]}, %ids: tensor<?x3xi32> {tercet.name = "ids", tercet.bound = 32, tercet.dims = ["m", ""], tercet.range = [0, 16]}) -> (tensor<?x3x64xf32> {tercet.name = "y"}, tensor<?x64xf32> {tercet.name = "z"}) {
  %up_v = ml_program.global_load_const @up_v : tensor<16x96x64xf4E2M1FN>
  %up_b = ml_program.global_load_const @up_b : tensor<16x96x4xf8E4M3FN>
  %up_s = ml_program.global_load_const @up_s : tensor<16xf32>
  %gate = ml_program.global_load_const @gate : tensor<16x96x64xbf16>
  %down = ml_program.global_load_const @down : tensor<16x64x96xi8>
  %down_s = ml_program.global_load_const @down_s : tensor<16xf32>
  %head_v = ml_program.global_load_const @head_v : tensor<80x64xf4E2M1FN>
  %head_b = ml_program.global_load_const @head_b : tensor<80x2xf8E8M0FNU>
  %mid = ml_program.global_load_const @mid : tensor<64x64xi8>
  %mid_s = ml_program.global_load_const @mid_s : tensor<64xf32>
  %low = ml_program.global_load_const @low : tensor<64x80xf16>
  %up = latent.dequantize %up_v, %up_b
      : tensor<16x96x64xf4E2M1FN>, tensor<16x96x4xf8E4M3FN> -> tensor<16x96x64xf32>
  %head = latent.dequantize %head_v, %head_b : tensor<80x64xf4E2M1FN>, tensor<80x2xf8E8M0FNU> -> tensor<80x64xf32>
  %y = latent.experts <silu_glu> %x, %ids up(%up, %up_s : tensor<16x96x64xf32>, tensor<16xf32>)
      gate(%gate : tensor<16x96x64xbf16>)
      down(%down, %down_s : tensor<16x64x96xi8>, tensor<16xf32>)
      : tensor<?x64xf32>, tensor<?x3xi32> -> tensor<?x3x64xf32>
  %a = latent.project %x, %mid scale(%mid_s : tensor<64xf32>) : tensor<?x64xf32>, tensor<64x64xi8> -> tensor<?x64xf32>
  %b = latent.project %a, %head : tensor<?x64xf32>, tensor<80x64xf32> -> tensor<?x80xf32>
  %z = latent.project %b, %low : tensor<?x80xf32>, tensor<64x80xf16> -> tensor<?x64xf32>
  return %y, %z : tensor<?x3x64xf32>, tensor<?x64xf32>
}

func.func @one(%x: tensor<1x64xf32> {tercet.name = "x"}, %ids: tensor<1x3xi32> {tercet.name = "ids", tercet.range = [0, 16]}) -> (tensor<1x3x64xf32> {tercet.name = "y"}, tensor<1x64xf32> {tercet.name = "z"}) {
  %up_v = ml_program.global_load_const @up_v : tensor<16x96x64xf4E2M1FN>
  %up_b = ml_program.global_load_const @up_b : tensor<16x96x4xf8E4M3FN>
  %up_s = ml_program.global_load_const @up_s : tensor<16xf32>
  %gate = ml_program.global_load_const @gate : tensor<16x96x64xbf16>
  %down = ml_program.global_load_const @down : tensor<16x64x96xi8>
  %down_s = ml_program.global_load_const @down_s : tensor<16xf32>
  %head_v = ml_program.global_load_const @head_v : tensor<80x64xf4E2M1FN>
  %head_b = ml_program.global_load_const @head_b : tensor<80x2xf8E8M0FNU>
  %mid = ml_program.global_load_const @mid : tensor<64x64xi8>
  %mid_s = ml_program.global_load_const @mid_s : tensor<64xf32>
  %low = ml_program.global_load_const @low : tensor<64x80xf16>
  %up = latent.dequantize %up_v, %up_b
      : tensor<16x96x64xf4E2M1FN>, tensor<16x96x4xf8E4M3FN> -> tensor<16x96x64xf32>
  %head = latent.dequantize %head_v, %head_b : tensor<80x64xf4E2M1FN>, tensor<80x2xf8E8M0FNU> -> tensor<80x64xf32>
  %y = latent.experts <silu_glu> %x, %ids up(%up, %up_s : tensor<16x96x64xf32>, tensor<16xf32>)
      gate(%gate : tensor<16x96x64xbf16>)
      down(%down, %down_s : tensor<16x64x96xi8>, tensor<16xf32>)
      : tensor<1x64xf32>, tensor<1x3xi32> -> tensor<1x3x64xf32>
  %a = latent.project %x, %mid scale(%mid_s : tensor<64xf32>) : tensor<1x64xf32>, tensor<64x64xi8> -> tensor<1x64xf32>
  %b = latent.project %a, %head : tensor<1x64xf32>, tensor<80x64xf32> -> tensor<1x80xf32>
  %z = latent.project %b, %low : tensor<1x80xf32>, tensor<64x80xf16> -> tensor<1x64xf32>
  return %y, %z : tensor<1x3x64xf32>, tensor<1x64xf32>
}
