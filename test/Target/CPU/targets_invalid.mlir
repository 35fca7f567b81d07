// A CPU or a feature that cannot be had ends in one sentence that says what can.
// RUN: not tercet-compile %s --target=cpu:i486 -o %t 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not tercet-compile %s --target=cpu: -o %t 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not tercet-compile %s --target=cpu:x86-64-v3+vnni -o %t 2>&1 | FileCheck %s --check-prefix=FEATURE
// RUN: not tercet-compile %s --target=cpu:x86-64-v4+soft-float -o %t 2>&1 | FileCheck %s --check-prefix=ABI
// RUN: not tercet-compile %s --target=cpu:aarch64+avx2 -o %t 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not tercet-compile %s --target=cpu:riscv64+ -o %t 2>&1 | FileCheck %s --check-prefix=NOTHING

// CPU: error: unknown CPU 'i486'; choose host, x86-64-v2, x86-64-v3, x86-64-v4, aarch64, riscv64, with features behind it
// EMPTY: error: unknown CPU ''; choose host
// FEATURE: error: 'vnni' is no feature to name with x86-64-v3; choose among avxvnni, gfni
// ABI: error: 'soft-float' is no feature to name with x86-64-v4; choose among avx512bf16,
// OTHER: error: 'avx2' is no feature to name with aarch64; choose among bf16, dotprod
// NOTHING: error: '' is no feature to name with riscv64; choose among v

func.func @f(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = arith.mulf %x, %x : tensor<64xf32>
  return %0 : tensor<64xf32>
}
