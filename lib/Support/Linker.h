//===- Linker.h - lld, in this process --------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_SUPPORT_LINKER_H
#define TERCET_LIB_SUPPORT_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace tercet::support {

/// Links relocatable ELF objects (their bytes) into one ELF file with lld's ELF
/// driver and `flags` ("-shared", ...). lld is not thread-safe: calls from
/// several threads wait for each other. An error holds what lld said.
llvm::Expected<std::vector<char>>
linkELF(llvm::ArrayRef<llvm::StringRef> objects,
        llvm::ArrayRef<std::string> flags);

} // namespace tercet::support

#endif
