//===- Registry.cpp - the backends of this build --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place that names every backend. Registering twice does nothing, so
// this may be called from any thread, any number of times.
//
//===----------------------------------------------------------------------===//
#include "targets/AMD/AMDTarget.h"
#include "targets/CPU/CPUTarget.h"
#include "targets/GPU/Passes.h"
#include "targets/NVIDIA/NVIDIATarget.h"
#include "tercet/Target/TargetBackend.h"

void tercet::registerAllTargets() {
  cpu::registerTarget();
  registerNVIDIAEngines();
  registerNVIDIAMatrixEngines();
  registerTarget(createNVIDIATarget());
  registerAMDEngines();
  registerAMDMatrixEngines();
  registerTarget(createAMDTarget());
}

void tercet::registerAllTargetPasses() {
  registerTercetCPUPasses();
  registerTercetGPUPasses();
}
