//===- SelectCodes.cpp - a storage code for every ternary weight ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inserts `ternary.encode` in front of every use of an uncoded ternary weight.
// The choice depends on the weight's sparsity and shape only, so all uses of a
// weight agree and it is stored once. A forced code that cannot hold a weight's
// sparsity is passed over in favour of the cost rule, with a remark.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Ternary/Codes/Code.h"
#include "passes/Rows/Passes.h"
#include "tercet/Target/TargetBackend.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"

namespace tercet {
#define GEN_PASS_DEF_SELECTCODES
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::ternary;

/// The sparsity that the producer of a weight promises, or null.
static SparsityAttr getWeightSparsity(Value weight) {
  if (auto ternarize = weight.getDefiningOp<TernarizeOp>())
    return ternarize.getSparsityAttr();
  if (auto load = weight.getDefiningOp<ml_program::GlobalLoadConstOp>()) {
    auto global = SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(
        load, load.getGlobalAttr());
    if (global)
      return global->getAttrOfType<SparsityAttr>("ternary.sparsity");
  }
  return {};
}

namespace {
struct SelectCodes : tercet::impl::SelectCodesBase<SelectCodes> {
  using SelectCodesBase::SelectCodesBase;

  void runOnOperation() override {
    std::optional<CodeKind> forced;
    if (!code.empty()) {
      forced = symbolizeCodeKind(code);
      if (!forced || forced == CodeKind::I8) {
        getOperation().emitError("no storage code is called '")
            << code << "'; choose i2, t5, b33 or c5";
        return signalPassFailure();
      }
    }
    DecoderFeatures features;
    features.permute32x32 = StringRef(decoder).starts_with("avx512");
    features.permute128x8 = decoder == "avx512vbmi";
    if (!decoder.empty() && !features.permute32x32 && decoder != "portable") {
      getOperation().emitError("no decoder is called '")
          << decoder << "'; choose portable, avx512 or avx512vbmi";
      return signalPassFailure();
    }
    machine = decoder.empty() || !isSharedBySiblings() ? nullptr : &features;
    DenseMap<Value, Value> encoded;
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!isa<MatmulOp, LinearOp, latent::ExpertsOp>(op))
        return WalkResult::advance();
      for (OpOperand &use : op->getOpOperands()) {
        auto type = dyn_cast<RankedTensorType>(use.get().getType());
        if (!type || !isa<TritType>(type.getElementType()) ||
            ternary::getCode(type))
          continue;
        Value &replacement = encoded[use.get()];
        if (!replacement) {
          FailureOr<Value> value = encode(use.get(), type, op, forced);
          if (failed(value))
            return WalkResult::interrupt();
          replacement = *value;
        }
        use.set(replacement);
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  /// Whether all targets of the program have this target's decoders. If not, the
  /// rule for any machine applies to all of them: weights are stored once.
  bool isSharedBySiblings() {
    auto parent = getOperation()->getParentOfType<ModuleOp>();
    if (!parent)
      return true;
    return llvm::all_of(parent.getOps<ModuleOp>(), [&](ModuleOp sibling) {
      if (!sibling->hasAttr("tercet.target"))
        return true;
      FailureOr<TargetSpec> spec = getModuleTarget(sibling);
      return succeeded(spec) &&
             lookupTarget(spec->device)->getDecoder(*spec) == decoder;
    });
  }

  FailureOr<Value> encode(Value weight, RankedTensorType type, Operation *user,
                          std::optional<CodeKind> forced) {
    int64_t rank = isa<latent::ExpertsOp>(user) ? 3 : 2;
    if (type.getRank() != rank || !type.hasStaticShape())
      return user->emitError("a ternary weight must have a static shape ")
             << (rank == 3 ? "[E, N, K]" : "[N, K]") << ", got " << type;
    SparsityAttr sparsity = getWeightSparsity(weight);
    CodeKind kind = ternary::chooseCode(sparsity, machine);
    if (forced) {
      if (ternary::getCode(*forced).canHold(sparsity))
        kind = *forced;
      else
        user->emitRemark("code ") << stringifyCodeKind(*forced)
                                  << " cannot hold this weight; it is stored as "
                                  << stringifyCodeKind(kind);
    }
    ++numEncoded;
    OpBuilder b(&getContext());
    b.setInsertionPointAfterValue(weight);
    auto codeAttr = CodeAttr::get(&getContext(), kind, sparsity);
    return EncodeOp::create(b, weight.getLoc(),
                            RankedTensorType::get(type.getShape(),
                                                  type.getElementType(),
                                                  codeAttr),
                            weight)
        .getResult();
  }

  /// The target's decoders while the pass runs, or null where they are not known.
  const DecoderFeatures *machine = nullptr;
};
} // namespace
