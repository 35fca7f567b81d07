// The cost rule, an override, and a code that cannot hold a weight.
// RUN: tercet-opt %s --select-codes | FileCheck %s
// RUN: tercet-opt %s --select-codes=code=t5 | FileCheck %s --check-prefix=T5
// RUN: tercet-opt %s --select-codes=code=b33 2>&1 | FileCheck %s --check-prefix=B33
// RUN: tercet-opt %s --select-codes=decoder=portable | FileCheck %s --check-prefix=PORTABLE
// RUN: tercet-opt %s --select-codes=decoder=avx512vbmi | FileCheck %s --check-prefix=VBMI
// RUN: not tercet-opt %s --select-codes=decoder=sse 2>&1 | FileCheck %s --check-prefix=DECODER
// RUN: not tercet-opt %s --select-codes=code=q4 2>&1 | FileCheck %s --check-prefix=BAD

ml_program.global private @dense(#ml_program.extern : tensor<16x24x!ternary.trit>) : tensor<16x24x!ternary.trit>
ml_program.global private @two(#ml_program.extern : tensor<16x24x!ternary.trit>) : tensor<16x24x!ternary.trit> {ternary.sparsity = #ternary.sparsity<2:4>}
ml_program.global private @three(#ml_program.extern : tensor<16x24x!ternary.trit>) : tensor<16x24x!ternary.trit> {ternary.sparsity = #ternary.sparsity<3:4, exact>}

// Sparse codes pay where their decoders are fast.
// PORTABLE-COUNT-3: ternary.encode {{.*}}#ternary.code<i2
// VBMI: ternary.encode {{.*}}#ternary.code<t5>
// VBMI: ternary.encode {{.*}}#ternary.code<b33, <2:4>>
// VBMI: ternary.encode {{.*}}#ternary.code<c5, <3:4, exact>>
// DECODER: error: no decoder is called 'sse'; choose portable, avx512 or avx512vbmi
// BAD: error: no storage code is called 'q4'; choose i2, t5, b33 or c5
// B33: remark: code b33 cannot hold this weight; it is stored as i2
// CHECK-LABEL: @f
// T5-LABEL: @f
// B33-LABEL: @f
func.func @f(%q: tensor<?x24xi8>) -> (tensor<?x16xi32>, tensor<?x16xi32>, tensor<?x16xi32>, tensor<?x16xi32>) {
  %0 = ml_program.global_load_const @dense : tensor<16x24x!ternary.trit>
  %1 = ml_program.global_load_const @two : tensor<16x24x!ternary.trit>
  %2 = ml_program.global_load_const @three : tensor<16x24x!ternary.trit>
  // Two uses share one encoding.
  // CHECK: ternary.encode {{.*}} -> tensor<16x24x!ternary.trit, #ternary.code<i2>>
  // CHECK: ternary.encode {{.*}} -> tensor<16x24x!ternary.trit, #ternary.code<b33, <2:4>>>
  // CHECK: ternary.encode {{.*}} -> tensor<16x24x!ternary.trit, #ternary.code<c5, <3:4, exact>>>
  // CHECK-NOT: ternary.encode
  // T5-COUNT-3: ternary.encode {{.*}}#ternary.code<t5
  // B33: #ternary.code<i2>>
  // B33: #ternary.code<b33, <2:4>>
  %a = ternary.matmul %q, %0 : tensor<?x24xi8>, tensor<16x24x!ternary.trit> -> tensor<?x16xi32>
  %b = ternary.matmul %q, %1 : tensor<?x24xi8>, tensor<16x24x!ternary.trit> -> tensor<?x16xi32>
  %c = ternary.matmul %q, %2 : tensor<?x24xi8>, tensor<16x24x!ternary.trit> -> tensor<?x16xi32>
  %d = ternary.matmul %q, %0 : tensor<?x24xi8>, tensor<16x24x!ternary.trit> -> tensor<?x16xi32>
  return %a, %b, %c, %d : tensor<?x16xi32>, tensor<?x16xi32>, tensor<?x16xi32>, tensor<?x16xi32>
}
