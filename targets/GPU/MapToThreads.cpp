//===- MapToThreads.cpp - parallel loops to the threads of a workgroup ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Spreads a workgroup's parallel loops over its threads and puts barriers
// between steps that depend on each other (see Passes.td).
//
// Assumes a kernel after --distribute-workgroups and
// convert-linalg-to-parallel-loops: straight-line code, scf.for and scf.if with
// bounds and conditions that are equal in all threads (they come from
// arguments, the workgroup's number and loads that every thread does alike),
// and scf.parallel without results. Buffers of different arguments and
// allocations do not overlap (the plan guarantees it). Fails on scf.parallel
// with results and on an op that both writes memory and has results that others
// use.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "targets/GPU/Passes.h"
#include "llvm/ADT/DenseSet.h"

namespace tercet {
#define GEN_PASS_DEF_GPUMAPTOTHREADS
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

int64_t tercet::getWorkgroupSize(Operation *kernel) {
  auto size = kernel->getAttrOfType<IntegerAttr>(kWorkgroupSizeAttr);
  return size ? size.getInt() : 128;
}

/// The argument or allocation that a memref is a view of.
static Value getRoot(Value memref) {
  while (Operation *op = memref.getDefiningOp()) {
    if (auto view = dyn_cast<ViewLikeOpInterface>(op))
      memref = view.getViewSource();
    else
      break;
  }
  return memref;
}

/// Whether an op that does not say what it touches can touch memory: an
/// instruction of a machine on values alone (a dot product) cannot.
static bool mayTouchMemory(Operation *op) {
  if (op->getNumRegions() || isa<CallOpInterface, gpu::BarrierOp>(op))
    return true;
  return llvm::any_of(op->getOperandTypes(), [](Type type) {
    return isa<BaseMemRefType, LLVM::LLVMPointerType>(type);
  });
}

namespace {
/// What a step of the workgroup touches.
struct Accesses {
  DenseSet<Value> reads, writes;
  /// Effects on memory that cannot be named: conflicts with everything.
  bool unknown = false;

  void add(Operation *root) {
    root->walk([&](Operation *op) {
      if (op->hasTrait<OpTrait::HasRecursiveMemoryEffects>())
        return;
      auto effects = dyn_cast<MemoryEffectOpInterface>(op);
      if (!effects) {
        if (!isMemoryEffectFree(op) && mayTouchMemory(op))
          unknown = true;
        return;
      }
      SmallVector<MemoryEffects::EffectInstance> list;
      effects.getEffects(list);
      for (const MemoryEffects::EffectInstance &effect : list) {
        if (isa<MemoryEffects::Allocate, MemoryEffects::Free>(
                effect.getEffect()))
          continue;
        if (!effect.getValue()) {
          unknown = true;
          continue;
        }
        Value buffer = getRoot(effect.getValue());
        if (isa<MemoryEffects::Read>(effect.getEffect()))
          reads.insert(buffer);
        else
          writes.insert(buffer);
      }
    });
  }
  void add(const Accesses &other) {
    reads.insert(other.reads.begin(), other.reads.end());
    writes.insert(other.writes.begin(), other.writes.end());
    unknown |= other.unknown;
  }
  bool empty() const { return reads.empty() && writes.empty() && !unknown; }
  bool hasWrites() const { return !writes.empty() || unknown; }
  bool conflicts(const Accesses &later) const {
    if (empty() || later.empty())
      return false;
    if (unknown || later.unknown)
      return true;
    auto meets = [](const DenseSet<Value> &a, const DenseSet<Value> &b) {
      return llvm::any_of(a, [&](Value v) { return b.contains(v); });
    };
    return meets(writes, later.reads) || meets(writes, later.writes) ||
           meets(reads, later.writes);
  }
};

class Mapper {
public:
  Mapper(func::FuncOp kernel)
      : kernel(kernel), threads(getWorkgroupSize(kernel)),
        b(kernel.getContext()) {}

  LogicalResult run() {
    b.setInsertionPointToStart(&kernel.getBody().front());
    thread = gpu::ThreadIdOp::create(b, kernel.getLoc(), gpu::Dimension::x);
    Accesses open;
    return mapBlock(kernel.getBody().front(), open);
  }

private:
  static bool hasParallel(Operation *op) {
    return op->walk([](scf::ParallelOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  }

  void barrier(Location loc, Accesses &open) {
    gpu::BarrierOp::create(b, loc);
    open = Accesses();
  }

  /// Whether a lowering has spread the op over the threads already: its bounds
  /// or its condition come from the thread's number.
  bool isThreaded(Operation *op) {
    SmallVector<Value> todo(op->getOperands());
    DenseSet<Value> seen;
    while (!todo.empty()) {
      Value value = todo.pop_back_val();
      Operation *def = value.getDefiningOp();
      if (!def || !seen.insert(value).second)
        continue;
      if (isa<gpu::ThreadIdOp>(def))
        return true;
      if (isMemoryEffectFree(def) || !mayTouchMemory(def))
        todo.append(def->operand_begin(), def->operand_end());
    }
    return false;
  }

  /// Maps the steps of a block that all threads run. `open` is what happened
  /// since the last barrier.
  LogicalResult mapBlock(Block &block, Accesses &open) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (op.hasTrait<OpTrait::IsTerminator>() || isMemoryEffectFree(&op) ||
          isa<memref::AllocOp, memref::AllocaOp, memref::DeallocOp,
              gpu::BarrierOp>(op))
        if (!hasParallel(&op))
          continue;
      Accesses step;
      step.add(&op);
      if (open.conflicts(step)) {
        b.setInsertionPoint(&op);
        barrier(op.getLoc(), open);
      }
      if (auto loop = dyn_cast<scf::ParallelOp>(op)) {
        if (failed(mapParallel(loop)))
          return failure();
      } else if (isThreaded(&op)) {
        if (hasParallel(&op))
          return op.emitOpError("runs a parallel loop in each thread's turn, "
                                "which cannot be mapped to threads");
      } else if (hasParallel(&op)) {
        if (failed(mapUniform(&op, open)))
          return failure();
        continue;
      } else if (step.hasWrites()) {
        if (failed(mapSingle(&op)))
          return failure();
      }
      open.add(step);
    }
    return success();
  }

  /// A loop or condition that all threads run alike, with parallel loops in it.
  LogicalResult mapUniform(Operation *op, Accesses &open) {
    if (!isa<scf::ForOp, scf::IfOp>(op))
      return op->emitOpError("holds a parallel loop, which cannot be mapped to "
                             "the threads of a workgroup");
    Accesses before = open, after;
    for (Region &region : op->getRegions()) {
      if (region.empty())
        continue;
      Accesses inner = before;
      if (failed(mapBlock(region.front(), inner)))
        return failure();
      if (isa<scf::ForOp>(op) && !inner.empty()) {
        // The next iteration may touch what this one did.
        Operation *terminator = region.front().getTerminator();
        b.setInsertionPoint(terminator);
        barrier(op->getLoc(), inner);
        // A loop of no iterations has no barrier: what came before stays open.
        inner = before;
      }
      after.add(inner);
    }
    after.add(before);
    open = after;
    return success();
  }

  /// Something that writes and is not parallel: thread 0 does it.
  LogicalResult mapSingle(Operation *op) {
    if (!op->use_empty())
      return op->emitOpError("writes memory and has results outside of a "
                             "parallel loop, which a GPU kernel cannot do");
    Location loc = op->getLoc();
    b.setInsertionPoint(op);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value first =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, thread, zero);
    auto guard = scf::IfOp::create(b, loc, first, /*withElseRegion=*/false);
    op->moveBefore(guard.thenBlock()->getTerminator());
    return success();
  }

  LogicalResult mapParallel(scf::ParallelOp loop) {
    if (loop.getNumResults())
      return loop.emitOpError("with a reduction cannot be mapped to threads");
    Location loc = loop.getLoc();
    b.setInsertionPoint(loop);
    // Points of each dimension and of all.
    SmallVector<Value> counts;
    std::optional<int64_t> total = 1;
    Value points = arith::ConstantIndexOp::create(b, loc, 1);
    for (auto [lower, upper, step] : llvm::zip(
             loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
      Value count;
      std::optional<int64_t> l = getConstantIntValue(lower),
                             u = getConstantIntValue(upper),
                             s = getConstantIntValue(step);
      if (l && u && s) {
        int64_t n = std::max<int64_t>(0, llvm::divideCeilSigned(*u - *l, *s));
        count = arith::ConstantIndexOp::create(b, loc, n);
        if (total)
          total = *total * n;
      } else {
        Value span = arith::SubIOp::create(b, loc, upper, lower);
        count =
            s && *s == 1
                ? span
                : arith::CeilDivSIOp::create(b, loc, span, step).getResult();
        total.reset();
      }
      points = counts.empty()
                   ? count
                   : arith::MulIOp::create(b, loc, points, count).getResult();
      counts.push_back(count);
    }
    // One round of the threads needs no loop.
    Block *body;
    Value point = thread;
    if (total && *total <= threads) {
      Value bound = arith::ConstantIndexOp::create(b, loc, *total);
      Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           thread, bound);
      auto guard = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
      body = guard.thenBlock();
    } else {
      Value stride = arith::ConstantIndexOp::create(b, loc, threads);
      auto rounds = scf::ForOp::create(b, loc, thread, points, stride);
      body = rounds.getBody();
      point = rounds.getInductionVar();
    }
    // point -> induction variables, the last one fastest.
    b.setInsertionPointToStart(body);
    SmallVector<Value> ivs(counts.size());
    for (int64_t i = counts.size() - 1; i >= 0; --i) {
      Value number = point;
      if (i > 0) {
        number = arith::RemUIOp::create(b, loc, point, counts[i]);
        point = arith::DivUIOp::create(b, loc, point, counts[i]);
      }
      Value scaled = number;
      if (getConstantIntValue(loop.getStep()[i]) != 1)
        scaled = arith::MulIOp::create(b, loc, number, loop.getStep()[i]);
      if (getConstantIntValue(loop.getLowerBound()[i]) != 0)
        scaled = arith::AddIOp::create(b, loc, loop.getLowerBound()[i], scaled);
      ivs[i] = scaled;
    }
    for (auto [iv, value] : llvm::zip(loop.getInductionVars(), ivs))
      iv.replaceAllUsesWith(value);
    for (Operation &op :
         llvm::make_early_inc_range(loop.getBody()->without_terminator()))
      op.moveBefore(body->getTerminator());
    loop.erase();
    return success();
  }

  func::FuncOp kernel;
  int64_t threads;
  OpBuilder b;
  Value thread;
};

struct GPUMapToThreads : tercet::impl::GPUMapToThreadsBase<GPUMapToThreads> {
  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(Mapper(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
