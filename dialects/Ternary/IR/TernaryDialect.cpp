//===- TernaryDialect.cpp - types, attributes, registration ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tercet::ternary;

#include "dialects/Ternary/IR/TernaryDialect.cpp.inc"
#include "dialects/Ternary/IR/TernaryEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Ternary/IR/TernaryTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Ternary/IR/TernaryAttrs.cpp.inc"

namespace {
/// All ops are pure and have no regions: any may go anywhere.
struct TernaryInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void TernaryDialect::initialize() {
  addInterfaces<TernaryInlinerInterface>();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Ternary/IR/TernaryTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Ternary/IR/TernaryAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Ternary/IR/TernaryOps.cpp.inc"
      >();
}

CodeAttr tercet::ternary::getCode(RankedTensorType type) {
  return dyn_cast_or_null<CodeAttr>(type.getEncoding());
}

/// `<2:4>` or `<3:4, exact>`.
Attribute SparsityAttr::parse(AsmParser &parser, Type) {
  int64_t n = 0, m = 0;
  bool exact = false;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseInteger(n) || parser.parseColon() ||
      parser.parseInteger(m))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    if (parser.parseKeyword("exact", " or '>'"))
      return {};
    exact = true;
  }
  if (parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(),
                    n, m, exact);
}

void SparsityAttr::print(AsmPrinter &printer) const {
  printer << "<" << getN() << ":" << getM() << (getExact() ? ", exact" : "")
          << ">";
}

LogicalResult SparsityAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t n, int64_t m, bool) {
  // TERNARY-S1
  if (n <= 0 || n >= m)
    return emitError() << "TERNARY-S1: sparsity n:m needs 0 < n < m, got " << n
                       << ":" << m;
  // TERNARY-S2
  if (m > 64)
    return emitError() << "TERNARY-S2: sparsity groups hold at most 64 "
                          "weights, got "
                       << m;
  return success();
}

LogicalResult CodeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               CodeKind kind, SparsityAttr sparsity) {
  // TERNARY-C1
  if (kind == CodeKind::B33 &&
      !(sparsity && sparsity.getM() == 4 && sparsity.getN() <= 2))
    return emitError() << "TERNARY-C1: code b33 holds weights of sparsity at "
                          "most 2:4 only; name it: #ternary.code<b33, <2:4>>";
  // TERNARY-C2
  if (kind == CodeKind::C5 && !(sparsity && sparsity.getM() == 4 &&
                                sparsity.getN() == 3 && sparsity.getExact()))
    return emitError() << "TERNARY-C2: code c5 holds weights of sparsity "
                          "exactly 3:4 only; name it: #ternary.code<c5, <3:4, "
                          "exact>>";
  return success();
}
