// Every chip that is offered can be compiled for; the assembler of the machine
// decides about the text where it knows the chip.
// RUN: rm -rf %t.d
// RUN: tercet-compile %s -o %t.tercet --save-temps=%t.d \
// RUN:   --target=cuda:sm_75 --target=cuda:sm_80 --target=cuda:sm_86 --target=cuda:sm_87 \
// RUN:   --target=cuda:sm_88 --target=cuda:sm_89 --target=cuda:sm_90 --target=cuda:sm_90a \
// RUN:   --target=cuda:sm_100 --target=cuda:sm_100a --target=cuda:sm_100f \
// RUN:   --target=cuda:sm_103 --target=cuda:sm_103a --target=cuda:sm_103f \
// RUN:   --target=cuda:sm_110 --target=cuda:sm_110a --target=cuda:sm_110f \
// RUN:   --target=cuda:sm_120 --target=cuda:sm_120a --target=cuda:sm_120f \
// RUN:   --target=cuda:sm_121 --target=cuda:sm_121a --target=cuda:sm_121f
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_75.ptx --check-prefix=SM75
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_90.ptx --check-prefix=SM90
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_100a.ptx --check-prefix=SM100A
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_121f.ptx --check-prefix=SM121F

// The least PTX version that the chip takes, for the sake of old drivers.
// SM75: .version 6.3
// SM75-NEXT: .target sm_75
// SM90: .version 7.8
// SM90-NEXT: .target sm_90
// SM100A: .version 8.6
// SM100A-NEXT: .target sm_100a
// SM121F: .version 8.8
// SM121F-NEXT: .target sm_121f

func.func @f(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = arith.mulf %x, %x : tensor<64xf32>
  return %0 : tensor<64xf32>
}
