//===- EmitLibrary.h - artifacts as objects and libraries -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For programs that cannot or do not want to open a file:
//
// * --emit=static-library: the artifact's bytes as a constant array in NAME.a, and
//   NAME.h that declares `NAME_artifact` and `NAME_artifact_size`, for
//   tercet_artifact_open_memory;
// * --emit=object: the kernels alone as a relocatable object, and NAME.h that
//   declares them with the ABI of tercet/kernel.h.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_EMITLIBRARY_H
#define TERCET_LIB_COMPILER_EMITLIBRARY_H

#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace tercet::compiler {

/// A file name's stem as a C identifier: "dir/my-model.a" gives "my_model".
std::string getIdentifier(llvm::StringRef path);

/// A static library whose one member holds the bytes, for the CPU of `spec`.
llvm::Expected<std::string> makeStaticLibrary(llvm::StringRef artifact,
                                              llvm::StringRef name,
                                              const TargetSpec &spec);
/// The C header of that library.
std::string makeLibraryHeader(llvm::StringRef name, const TargetSpec &spec);
/// The C header of an object of kernels.
std::string makeKernelHeader(llvm::StringRef name, const TargetSpec &spec,
                             llvm::ArrayRef<std::string> kernels);

} // namespace tercet::compiler

#endif
