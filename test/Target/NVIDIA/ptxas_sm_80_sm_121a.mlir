// The assembler takes what is written, and no kernel spills.
// REQUIRES: ptxas
// RUN: rm -rf %t.d
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=i2 --target=cuda:sm_80 --target=cuda:sm_121a --ptxas=%ptxas --save-temps=%t.d/i2 -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 --code=t5 --target=cuda:sm_80 --target=cuda:sm_121a --ptxas=%ptxas --save-temps=%t.d/t5 -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// RUN: tercet-compile %S/../GPU/Inputs/rows.mlir --target=cuda:sm_80 --target=cuda:sm_121a --ptxas=%ptxas --save-temps=%t.d/rows -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// RUN: tercet-compile %S/../GPU/Inputs/grid.mlir --weights=random:1 --target=cuda:sm_75 --target=cuda:sm_80 --target=cuda:sm_90a --target=cuda:sm_100 --target=cuda:sm_110 --target=cuda:sm_121a --ptxas=%ptxas -o %t.tercet 2>&1 | FileCheck %s --allow-empty --check-prefix=QUIET
// QUIET-NOT: {{error|warning}}

// RUN: llvm-readelf -h %t.d/i2/cuda_sm_80.cubin | FileCheck %s --check-prefix=CUBIN
// CUBIN: Machine: {{.*}}CUDA

// RUN: %ptxas -v --gpu-name sm_80 %t.d/i2/cuda_sm_80.ptx -o %t.cubin > %t.i2.log 2>&1
// RUN: FileCheck %s --input-file=%t.i2.log
// RUN: %ptxas -v --gpu-name sm_121a %t.d/t5/cuda_sm_121a.ptx -o %t.cubin > %t.t5.log 2>&1
// RUN: FileCheck %s --input-file=%t.t5.log
// RUN: %ptxas -v --gpu-name sm_80 %t.d/rows/cuda_sm_80.ptx -o %t.cubin > %t.rows.log 2>&1
// RUN: FileCheck %s --input-file=%t.rows.log
// CHECK-NOT: {{[1-9][0-9]*}} bytes spill
// CHECK: Compiling entry function
// CHECK-NOT: {{[1-9][0-9]*}} bytes spill
// CHECK: Used {{[0-9]+}} registers
// CHECK-NOT: {{[1-9][0-9]*}} bytes spill
