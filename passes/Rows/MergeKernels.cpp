//===- MergeKernels.cpp - one function for equal kernels ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two kernel functions are equal where their text without name and locations is.
// The text's digest is the end of the name that the kept function gets, so names
// depend on what a kernel computes and on nothing else in the module. Assumes
// kernels in the nested module @kernels that refer to no other symbols.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/Passes.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/SHA256.h"

namespace tercet {
#define GEN_PASS_DEF_MERGEKERNELS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static std::string printWithoutName(func::FuncOp kernel) {
  StringAttr name = kernel.getSymNameAttr();
  kernel.setSymName("kernel");
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope());
  kernel.setSymNameAttr(name);
  return text;
}

/// "matmul_i2_256x64_" and ten digits of the digest.
static std::string getStableName(func::FuncOp kernel, StringRef text) {
  std::string name;
  for (StringRef attr : {"tercet.op", "tercet.code", "tercet.shape"})
    if (auto part = kernel->getAttrOfType<StringAttr>(attr))
      if (!part.getValue().empty())
        name += part.getValue().str() + "_";
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  auto digest = llvm::SHA256::hash(
      ArrayRef(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
  return name + llvm::toHex(ArrayRef(digest).take_front(5), /*LowerCase=*/true);
}

namespace {
struct MergeKernels : tercet::impl::MergeKernelsBase<MergeKernels> {
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>("kernels");
    if (!kernels)
      return;
    llvm::StringMap<StringAttr> kept;
    DenseMap<StringAttr, StringAttr> renamed;
    for (auto kernel :
         llvm::make_early_inc_range(kernels.getOps<func::FuncOp>())) {
      std::string text = printWithoutName(kernel);
      auto [it, inserted] = kept.try_emplace(text);
      if (inserted)
        it->second = StringAttr::get(&getContext(), getStableName(kernel, text));
      renamed[kernel.getSymNameAttr()] = it->second;
      if (inserted) {
        kernel.setSymNameAttr(it->second);
      } else {
        kernel.erase();
        ++numMerged;
      }
    }
    getOperation().walk([&](rows::DispatchOp dispatch) {
      auto name = dispatch.getKernel().getLeafReference();
      dispatch.setKernelAttr(SymbolRefAttr::get(
          kernels.getSymNameAttr(), {FlatSymbolRefAttr::get(renamed.at(name))}));
    });
  }
};
} // namespace
