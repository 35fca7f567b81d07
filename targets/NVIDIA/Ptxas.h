//===- Ptxas.h - NVIDIA's assembler, where there is one ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_NVIDIA_PTXAS_H
#define TERCET_TARGETS_NVIDIA_PTXAS_H

#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace tercet::nvidia {

/// The path of ptxas, or "" where none is found or wanted. In this order: the
/// option --ptxas (a path, or "none"), TERCET_PTXAS, PATH, CUDA_HOME/bin,
/// /usr/local/cuda/bin, the Python packages nvidia-cuda-nvcc of the user, the
/// system or an active virtual environment.
std::string findPtxas();

struct PtxasResult {
  std::vector<char> cubin;
  /// registers, spills, shared and local memory by kernel name.
  std::vector<KernelReport> kernels;
  /// ptxas is older than the chip: there is no cubin, PTX has to do.
  bool chipUnknown = false;
};

/// Assembles PTX text. An error holds what ptxas said.
llvm::Expected<PtxasResult> runPtxas(llvm::StringRef ptxas, llvm::StringRef ptx,
                                     llvm::StringRef chip);

/// The PTX with a request for as many workgroups on an SM as the registers of
/// each kernel that spills allow, and `more` beside: ptxas aims at some number
/// by itself and may spill a few bytes on the way, which it does not where it
/// is told. A request that is there already is replaced. Empty where no kernel
/// spills, or none can be helped.
std::string askForOccupancy(llvm::StringRef ptx,
                            llvm::ArrayRef<KernelReport> kernels,
                            unsigned more = 0);

/// What `ptxas -v` says about each kernel.
std::vector<KernelReport> parsePtxasReport(llvm::StringRef text);

} // namespace tercet::nvidia

#endif
