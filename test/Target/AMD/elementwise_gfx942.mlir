// An elementwise kernel, all the way to machine code and its notes for one chip.
// RUN: rm -rf %t.d
// RUN: tercet-compile %s --target=hip:gfx942 --save-temps=%t.d -o %t.tercet
// RUN: FileCheck %s --input-file=%t.d/hip_gfx942.s
// RUN: FileCheck %s --input-file=%t.d/hip_gfx942.s --check-prefix=NOT
// RUN: llvm-readelf -hl --notes --dyn-syms %t.d/hip_gfx942.hsaco | FileCheck %s --check-prefix=ELF

// CHECK: .amdgcn_target "amdgcn-amd-amdhsa--gfx942"
// CHECK: .amdhsa_code_object_version 5
// CHECK: global_load_dword
// CHECK: v_mul_f32
// CHECK: v_add_f32
// CHECK: global_store_dword
// CHECK: s_endpgm

// A product and a sum stay two roundings, as on a CPU; nothing is accessed through
// generic pointers.
// NOT-NOT: v_fma
// NOT-NOT: v_mac
// NOT-NOT: {{^[[:space:]]+}}flat_

// ELF: OS/ABI: AMDGPU - HSA
// ELF: ABI Version: 3
// ELF: Type: DYN
// ELF: Flags: {{.*}}gfx942
// ELF-DAG: {{[0-9]+}} FUNC GLOBAL PROTECTED {{.*}} generic_mx64_{{[0-9a-f]+$}}
// ELF-DAG: 64 OBJECT GLOBAL {{DEFAULT|PROTECTED}} {{.*}} generic_mx64_{{[0-9a-f]+}}.kd
// ELF: .kernarg_segment_size: 24
// ELF: .max_flat_workgroup_size: 128
// ELF: .private_segment_fixed_size: 0
// ELF: .sgpr_spill_count: 0
// ELF: .uniform_work_group_size: 1
// ELF: .vgpr_spill_count: 0
// ELF: .wavefront_size: 64
// ELF: amdhsa.target: amdgcn-amd-amdhsa--gfx942

func.func @f(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = [256, 0]})
    -> (tensor<?x64xf32> {tercet.name = "y", tercet.bound = [256, 0]}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %0, %in : f32
    linalg.yield %1 : f32
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
