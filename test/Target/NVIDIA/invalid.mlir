// Chips that LLVM does not know, or that are too old, end in one sentence.
// RUN: not tercet-compile %s --target=cuda:sm_999 -o %t 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not tercet-compile %s --target=cuda:sm_70 -o %t 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not tercet-compile %s --target=cuda:sm_107f -o %t 2>&1 | FileCheck %s --check-prefix=RUBIN
// RUN: not tercet-compile %s --target=cuda: -o %t 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not tercet-compile %s --target=cuda:sm_90A -o %t 2>&1 | FileCheck %s --check-prefix=CASE

// UNKNOWN: error: unknown NVIDIA chip 'sm_999'; a target is cuda:CHIP with CHIP one of sm_75, sm_80, {{.*}}sm_90, sm_90a, {{.*}}sm_121f
// OLD: error: unknown NVIDIA chip 'sm_70'; a target is cuda:CHIP
// RUBIN: error: unknown NVIDIA chip 'sm_107f': this LLVM has no code generator for it; a target is cuda:CHIP
// EMPTY: error: unknown NVIDIA chip ''; a target is cuda:CHIP
// CASE: error: unknown NVIDIA chip 'sm_90A'; a target is cuda:CHIP

// An assembler that is not there, or fails, is named with the way out.
// RUN: not tercet-compile %s --target=cuda:sm_80 --ptxas=%t.missing -o %t 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not tercet-compile %s --target=cuda:sm_80 --ptxas=/bin/false -o %t 2>&1 | FileCheck %s --check-prefix=FAILS
// MISSING: error: cannot run '{{.*}}.missing': {{.*}}; --ptxas=none keeps PTX only, --ptxas=PATH names another one
// FAILS: error: {{.*}}'/bin/false'{{.*}}; --ptxas=none keeps PTX only

func.func @f(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = arith.mulf %x, %x : tensor<64xf32>
  return %0 : tensor<64xf32>
}
