// A product so small that one thread does it needs none of the shared memory that
// was planned; LLVM leaves it out, and the code object says so.
// RUN: tercet-compile %s --weights=random:1 --code=i2 --target=cpu:host --target=hip:gfx942 --target=hip:gfx1100 --save-temps=%t.d -o %t.tercet
// RUN: tercet-run %t.tercet --input=x=random:1 --output=y=@%t.npy
// RUN: tercet-run %t.tercet %emu_hip --target=hip:gfx942 --input=x=random:1 --compare=y=@%t.npy | FileCheck %s
// RUN: tercet-run %t.tercet %emu_hip --target=hip:gfx1100 --input=x=random:1 --compare=y=@%t.npy | FileCheck %s
// CHECK: compare y: ok, 2 elements
// RUN: FileCheck %s --input-file=%t.d/hip_gfx942.s --check-prefix=ISA
// ISA: .amdhsa_kernel matmul_i2_1x4_
// ISA-NEXT: .amdhsa_group_segment_fixed_size 0
ml_program.global private @w(#ml_program.extern : tensor<1x4x!ternary.trit>) : tensor<1x4x!ternary.trit>
func.func @tiny(%x: tensor<2x4xi8> {tercet.name = "x"}) -> (tensor<2x1xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<1x4x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<2x4xi8>, tensor<1x4x!ternary.trit> -> tensor<2x1xi32>
  return %y : tensor<2x1xi32>
}
