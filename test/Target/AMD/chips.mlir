// Every chip that is offered can be compiled for, with its wave.
// RUN: rm -rf %t.d
// RUN: tercet-compile %S/../GPU/Inputs/linear.mlir --weights=random:1 -o %t.tercet --save-temps=%t.d \
// RUN:   --target=hip:gfx906 --target=hip:gfx908 --target=hip:gfx1031 --target=hip:gfx1032 \
// RUN:   --target=hip:gfx1033 --target=hip:gfx1034 --target=hip:gfx1035 --target=hip:gfx1036 \
// RUN:   --target=hip:gfx1101 --target=hip:gfx1102 --target=hip:gfx1103 --target=hip:gfx1150 \
// RUN:   --target=hip:gfx1151 --target=hip:gfx1152 --target=hip:gfx1153 --target=hip:gfx1200 \
// RUN:   --target=hip:gfx1250
// RUN: FileCheck %s --input-file=%t.d/hip_gfx906.s --check-prefix=GFX906
// RUN: FileCheck %s --input-file=%t.d/hip_gfx1250.s --check-prefix=GFX1250
// GFX906: .amdgcn_target "amdgcn-amd-amdhsa--gfx906"
// GFX906: v_dot4_i32_i8
// GFX906: .wavefront_size: 64
// GFX1250: .amdgcn_target "amdgcn-amd-amdhsa--gfx1250"
// GFX1250: .wavefront_size: 32
