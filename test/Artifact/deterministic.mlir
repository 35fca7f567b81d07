// The bytes depend on the model, the weights, the flags and the version, and on
// nothing else: not on the file's name, the folder, the day or the run.
// RUN: rm -rf %t && mkdir -p %t/elsewhere && cp %s %t/elsewhere/other.mlir
// RUN: tercet-compile %s --target=cuda:sm_90a --target=hip:gfx942 --target=hip:gfx1100 --weights=random:7 -o %t/a.tercet
// RUN: tercet-compile %s --target=cuda:sm_90a --target=hip:gfx942 --target=hip:gfx1100 --weights=random:7 -o %t/b.tercet
// RUN: cmp %t/a.tercet %t/b.tercet
// RUN: cd %t/elsewhere && env HOME=/none TZ=Asia/Tokyo tercet-compile other.mlir --target=cuda:sm_90a --target=hip:gfx942 --target=hip:gfx1100 --weights=random:7 -o c.tercet
// RUN: cmp %t/a.tercet %t/elsewhere/c.tercet
// RUN: not grep -c elsewhere %t/elsewhere/c.tercet

// Weights are stored once, whatever the number of targets.
// RUN: tercet-inspect %t/a.tercet --verify --json | %python -c "import json,sys; o=json.load(sys.stdin); assert len(o['targets'])==3 and len(o['weights'])==2, o"

ml_program.global private @w(#ml_program.extern : tensor<48x64x!ternary.trit>) : tensor<48x64x!ternary.trit>
ml_program.global private @s(#ml_program.extern : tensor<f32>) : tensor<f32>
func.func @f(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 4}) -> (tensor<?x48xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<48x64x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x64xf32>, tensor<48x64x!ternary.trit> -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}
