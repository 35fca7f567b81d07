//===- LatentDialect.cpp - attributes, registration -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tercet::latent;

#include "dialects/Latent/IR/LatentDialect.cpp.inc"
#include "dialects/Latent/IR/LatentEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Latent/IR/LatentAttrs.cpp.inc"

namespace {
/// All ops are pure and have no regions: any may go anywhere.
struct LatentInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void LatentDialect::initialize() {
  addInterfaces<LatentInlinerInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Latent/IR/LatentAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Latent/IR/LatentOps.cpp.inc"
      >();
}

LogicalResult RoutingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t topK, Score, Router, int64_t groups,
                                  int64_t topGroups, GroupScore groupScore,
                                  bool, FloatAttr scale) {
  // LATENT-A1
  if (topK <= 0 || groups <= 0 || topGroups <= 0)
    return emitError() << "LATENT-A1: top_k, groups and top_groups must be "
                          "positive, got "
                       << topK << ", " << groups << " and " << topGroups;
  // LATENT-A2
  if (topGroups > groups)
    return emitError() << "LATENT-A2: cannot keep " << topGroups << " of "
                       << groups << " groups";
  // LATENT-A3
  if (groupScore == GroupScore::Share && topK % topGroups != 0)
    return emitError() << "LATENT-A3: with group_score = share, top_k (" << topK
                       << ") must be a multiple of top_groups (" << topGroups
                       << ")";
  // LATENT-A5
  if (scale && !scale.getType().isF32())
    return emitError() << "LATENT-A5: scale is f32, write it as "
                       << scale.getValueAsDouble() << " : f32";
  return success();
}

LogicalResult
ActivationAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       ActivationKind kind, FloatAttr gateLimit,
                       FloatAttr upLimit) {
  // LATENT-A4
  for (FloatAttr limit : {gateLimit, upLimit})
    if (limit && (kind != ActivationKind::SituGlu || !limit.getType().isF32() ||
                  !(limit.getValueAsDouble() > 0)))
      return emitError() << "LATENT-A4: limits belong to situ_glu and are "
                            "positive f32, got "
                         << limit << " for " << stringifyActivationKind(kind);
  return success();
}
