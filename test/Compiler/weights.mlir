// What a weight binds to, and what is said where it does not.
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.good.safetensors layer.w:I8:16x32:trits master:F32:16x32:random:3 gain:F32:32:1
// RUN: tercet-compile %s --target=hip:gfx942 --weights=%t.good.safetensors -o %t.tercet
// RUN: tercet-inspect %t.tercet --verify

// Two files instead of one.
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.a.safetensors layer.w:I8:16x32:trits gain:F32:32:1
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.b.safetensors master:F32:16x32:random:3
// RUN: tercet-compile %s --target=hip:gfx942 --weights=%t.a.safetensors --weights=%t.b.safetensors -o %t.two.tercet
// RUN: cmp %t.tercet %t.two.tercet

// Everything that is missing is in one error.
// RUN: rm -f %t.out && not tercet-compile %s --target=hip:gfx942 -o %t.out 2>&1 | FileCheck %s --check-prefix=NONE
// NONE:     error: 3 weights not bound (no weight file is given):
// NONE-DAG: 'layer.w' (I8 16x32)
// NONE-DAG: 'master' (F32 16x32)
// NONE-DAG: 'gain' (F32 32)
// NONE:     --weights=random:SEED
// NONE-NOT: error:
// RUN: not ls %t.out
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.b.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=SOME
// SOME: error: 2 weights not bound (in none of the weight files):
// SOME-NOT: error:

// Wrong dtype and wrong shape.
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.w.safetensors layer.w:F32:16x32:1 master:F32:16x31:1 gain:F32:32:1
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.w.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG:     error: 2 weights do not fit:
// WRONG-DAG: 'layer.w' is F32 16x32 in '{{.*}}.w.safetensors', the model wants I8 16x32
// WRONG-DAG: 'master' is F32 16x31 in '{{.*}}.w.safetensors', the model wants F32 16x32
// WRONG-NOT: error:
// RUN: not ls %t.out

// A value that is not a trit, by its place.
// RUN: %python %tercet_src/test/Inputs/make_weights.py %t.v.safetensors layer.w:I8:16x32:5 master:F32:16x32:1 gain:F32:32:1
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.v.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: error: weight 'layer.w' has the value 5 at row 0, column 0; a ternary weight holds -1, 0 and 1
// RUN: not ls %t.out

// One name in two files.
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.good.safetensors --weights=%t.b.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: tercet-compile: error: weight 'master' is in both '{{.*}}.good.safetensors' and '{{.*}}.b.safetensors'

// A file that is cut short, and one that is none.
// RUN: head -c 400 %t.good.safetensors > %t.short.safetensors
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.short.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: tercet-compile: error: '{{.*}}.short.safetensors' is not a sound safetensors file: tensor '{{.*}}' is at bytes
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%s -o %t.out 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: tercet-compile: error: '{{.*}}weights.mlir' is not a sound safetensors file
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=%t.none -o %t.out 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: tercet-compile: error: cannot read weights from '{{.*}}.none': No such file or directory

// Made-up weights: the same for the same seed, others for another.
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 -o %t.r1
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 -o %t.r1b
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:2 -o %t.r2
// RUN: tercet-compile %s --target=hip:gfx942 --weights=splat -o %t.splat
// RUN: cmp %t.r1 %t.r1b
// RUN: not cmp -s %t.r1 %t.r2
// RUN: not cmp -s %t.r1 %t.splat
// RUN: not tercet-compile %s --target=hip:gfx942 --weights=random:x -o %t.out 2>&1 | FileCheck %s --check-prefix=SEED
// SEED: tercet-compile: error: --weights=random:x: the seed has to be a whole number

ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>) : tensor<16x32x!ternary.trit> {tercet.key = "layer.w"}
ml_program.global private @master(#ml_program.extern : tensor<16x32xf32>) : tensor<16x32xf32>
ml_program.global private @gain(#ml_program.extern : tensor<32xf32>) : tensor<32xf32>
func.func @f(%x: tensor<?x32xf32> {tercet.name = "x", tercet.bound = 4}) -> (tensor<?x16xf32> {tercet.name = "y"}, tensor<?x16xf32> {tercet.name = "z"}) {
  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>
  %m = ml_program.global_load_const @master : tensor<16x32xf32>
  %g = ml_program.global_load_const @gain : tensor<32xf32>
  %t, %s = ternary.ternarize %m : tensor<16x32xf32> -> tensor<16x32x!ternary.trit>, tensor<f32>
  %y = ternary.linear %x, %t scale(%s : tensor<f32>) norm(%g : tensor<32xf32>) : tensor<?x32xf32>, tensor<16x32x!ternary.trit> -> tensor<?x16xf32>
  %z = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x32xf32>, tensor<16x32x!ternary.trit> -> tensor<?x16xf32>
  return %y, %z : tensor<?x16xf32>, tensor<?x16xf32>
}
