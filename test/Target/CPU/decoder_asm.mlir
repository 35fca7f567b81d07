// What the decoders become with AVX-512: 64 bytes of codes at a time, permutes as
// tables, and no multiplication wider than the digits need.
// RUN: rm -rf %t && mkdir -p %t
// RUN: tercet-compile %s --target=cpu:x86-64-v4+avx512vnni+avx512vbmi --weights=random:1 --code=t5 --save-temps=%t/dense -o %t/dense.tercet
// RUN: cat %t/dense/*.s | FileCheck %s --check-prefix=DENSE
// RUN: tercet-compile %s --target=cpu:x86-64-v4+avx512vnni+avx512vbmi --weights=random:1 --save-temps=%t/sparse -o %t/sparse.tercet
// RUN: cat %t/sparse/*.s | FileCheck %s --check-prefix=SPARSE
// RUN: cat %t/sparse/*.s | FileCheck %s --check-prefix=NARROW
// RUN: tercet-compile %s --target=cpu:x86-64-v4+avx512vnni --weights=random:1 --code=b33 --save-temps=%t/vnni -o %t/vnni.tercet
// RUN: cat %t/vnni/*.s | FileCheck %s --check-prefix=VNNI
// RUN: cat %t/vnni/*.s | FileCheck %s --check-prefix=NARROW

// t5: two byte permutes, the fifth digit by comparison.
// DENSE-COUNT-2: {{vperm[it]2b}}
// DENSE: vpdpbusd
// b33: a digit is one vpmulhuw for both halves; their trits are one permute of
// 16-bit lanes, spread by multishifts.
// SPARSE-DAG: vpmulhuw
// SPARSE-DAG: {{vperm[it]2w}}
// SPARSE-DAG: vpmultishiftqb
// SPARSE: vpdpbusd
// Without VBMI six permutes of 32-bit lanes a word.
// VNNI-DAG: vpmulhuw
// VNNI-DAG: {{vperm[it]2d}}
// VNNI: vpdpbusd
// NARROW-NOT: vpmulld
// NARROW-NOT: vpmovdw

ml_program.global private @w(#ml_program.extern : tensor<64x960x!ternary.trit>) : tensor<64x960x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
func.func @f(%x: tensor<1x960xi8>) -> tensor<1x64xi32> {
  %w = ml_program.global_load_const @w : tensor<64x960x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<1x960xi8>, tensor<64x960x!ternary.trit> -> tensor<1x64xi32>
  return %y : tensor<1x64xi32>
}
