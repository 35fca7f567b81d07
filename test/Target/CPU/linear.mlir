// A layer on every kind of CPU: which instruction does the work, and that the file
// needs nothing from outside.
// RUN: rm -rf %t.d
// RUN: tercet-compile %s -o %t.tercet --save-temps=%t.d --weights=random:1 --code=i2 --remarks \
// RUN:   --target=cpu:x86-64-v2 --target=cpu:x86-64-v3 --target=cpu:x86-64-v3+avxvnni \
// RUN:   --target=cpu:x86-64-v4 --target=cpu:x86-64-v4+avx512vnni --target=cpu:aarch64 \
// RUN:   --target=cpu:aarch64+dotprod --target=cpu:riscv64 --target=cpu:riscv64+v 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.d/cpu_x86-64-v3.s --check-prefix=AVX2
// RUN: FileCheck %s --input-file=%t.d/cpu_x86-64-v3_avxvnni.s --check-prefix=AVXVNNI
// RUN: FileCheck %s --input-file=%t.d/cpu_x86-64-v4_avx512vnni.s --check-prefix=VNNI
// RUN: FileCheck %s --input-file=%t.d/cpu_aarch64_dotprod.s --check-prefix=NEON
// RUN: FileCheck %s --input-file=%t.d/cpu_riscv64_v.s --check-prefix=RVV
// RUN: llvm-readelf --dynamic --dyn-syms %t.d/*.so | FileCheck %s --check-prefix=ELF

// REMARK-DAG: remark: {{.*}}dot products by portable, plain arithmetic: cpu:x86-64-v2 names no feature with dot products
// REMARK-DAG: remark: {{.*}}dot products by avx2, the widest engine that cpu:x86-64-v4 allows
// REMARK-DAG: remark: {{.*}}dot products by avx512vnni, the widest engine that cpu:x86-64-v4+avx512vnni allows
// REMARK-DAG: remark: {{.*}}dot products by neondot, the widest engine that cpu:aarch64+dotprod allows

// AVX2: vpmaddubsw
// AVX2: vpmaddwd
// AVXVNNI: {vex} vpdpbusd {{.*}}%ymm
// The broadcast of four activations is part of the instruction.
// VNNI: prefetcht0
// VNNI: vpdpbusd {{.*}}){1to16}, %zmm{{[0-9]+}}, %zmm
// NEON: sdot v{{[0-9]+}}.4s, v{{[0-9]+}}.16b, v{{[0-9]+}}.16b
// RVV: vsetivli

// ELF: Dynamic section
// ELF-NOT: NEEDED
// ELF-NOT: UND {{[^[:space:]]}}

func.func @layer(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 8})
    -> (tensor<?x48xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<48x64x!ternary.trit>
  %s = arith.constant dense<0.5> : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>)
      : tensor<?x64xf32>, tensor<48x64x!ternary.trit> -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}
ml_program.global private @w(#ml_program.extern : tensor<48x64x!ternary.trit>) : tensor<48x64x!ternary.trit>
