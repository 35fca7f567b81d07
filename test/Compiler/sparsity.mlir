// Weights obey the sparsity that the model declares, or are named by their place.
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.good.safetensors w:I8:16x32:sparse
// RUN: tercet-compile %s --target=hip:gfx942 --weights=%t.good.safetensors -o %t.tercet
// RUN: tercet-inspect %t.tercet --verify | FileCheck %s
// CHECK: b33
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.bad.safetensors w:I8:16x32:1
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.bad.safetensors -o %t.tercet 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: error: weight 'w' has 4 nonzero values at row 0, columns 0 to 3; its sparsity allows at most 2 of 4
// Made-up weights obey it, too.
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 -o %t.tercet
// RUN: tercet-compile %s --target=hip:gfx942 --weights=splat -o %t.tercet
// Another code is taken where it is asked for.
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 --code=i2 -o %t.i2.tercet
// RUN: tercet-inspect %t.i2.tercet | FileCheck %s --check-prefix=I2
// I2: {{w.* i2 }}

ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>) : tensor<16x32x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
func.func @f(%x: tensor<4x32xi8>) -> tensor<4x16xi32> {
  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<4x32xi8>, tensor<16x32x!ternary.trit> -> tensor<4x16xi32>
  return %y : tensor<4x16xi32>
}
