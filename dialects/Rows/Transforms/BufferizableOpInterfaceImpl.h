//===- BufferizableOpInterfaceImpl.h - bufferization of rows ----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_ROWS_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H
#define TERCET_DIALECTS_ROWS_TRANSFORMS_BUFFERIZABLEOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace tercet::rows {
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);
} // namespace tercet::rows

#endif
