//===- ManifestBuilder.cpp - the manifest of an artifact ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ManifestBuilder.h"
#include "dialects/Ternary/Codes/Code.h"
#include "lib/Artifact/ExprBuilder.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "runtime/schema/Header.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::artifact;
using schema::DType;

StringRef tercet::artifact::getProducer() { return "tercet " TERCET_VERSION; }

/// DType::invalid for a type that an artifact cannot hold.
static DType toDType(Type type) {
  if (type.isF16())
    return DType::f16;
  if (type.isBF16())
    return DType::bf16;
  if (type.isF32())
    return DType::f32;
  if (type.isF64())
    return DType::f64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return DType::invalid;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DType::i1;
  case 8:
    return isUnsigned ? DType::u8 : DType::i8;
  case 16:
    return isUnsigned ? DType::invalid : DType::i16;
  case 32:
    return isUnsigned ? DType::invalid : DType::i32;
  case 64:
    return isUnsigned ? DType::invalid : DType::i64;
  default:
    return DType::invalid;
  }
}

static unsigned elementBytes(Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

static std::string describe(ternary::SparsityAttr sparsity) {
  if (!sparsity)
    return "";
  return llvm::formatv("{0}:{1}{2}", sparsity.getN(), sparsity.getM(),
                       sparsity.getExact() ? " exact" : "")
      .str();
}

static std::unique_ptr<schema::Range> makeRange(SegmentTable::Place place) {
  return std::make_unique<schema::Range>(place.segment, place.offset,
                                         place.length);
}

static std::vector<uint8_t> toVector(const Digest &digest) {
  return {digest.begin(), digest.end()};
}

ManifestBuilder::ManifestBuilder(const ExternalWeights *external)
    : external(external) {
  if (external)
    externalSegment = segments.addExternal("weights");
}

LogicalResult ManifestBuilder::finishWeights(ModuleOp module) {
  if (!external)
    return success();
  Digest digest = layout.getDigest();
  if (external->encoded && external->encoded->layout != digest)
    return module.emitError("the weight file '")
           << external->name << "' is of another model, or of other storage codes "
           << "than this target's; encode one for this artifact";
  require(schema::kExternalWeights);
  manifest.external = std::make_unique<schema::ExternalT>();
  manifest.external->name = external->name;
  manifest.external->layout = toVector(digest);
  segments.setExternal(externalSegment, layout.getLength(),
                       external->encoded ? external->encoded->weights : Digest{});
  return success();
}

FailureOr<SegmentTable::Place>
ManifestBuilder::placeWeight(rows::WeightOp op, WeightSource weights,
                             schema::WeightT &entry) {
  if (external) {
    auto type = cast<RankedTensorType>(op.getType());
    uint64_t length = type.getNumElements() * elementBytes(type.getElementType());
    entry.recipe = WeightLayout::getRecipe(op);
    uint64_t offset = layout.add(entry.recipe, length);
    return SegmentTable::Place{externalSegment, offset, length};
  }
  FailureOr<ArrayRef<uint8_t>> bytes = weights(op);
  if (failed(bytes))
    return failure();
  Digest digest = digestOf(*bytes);
  entry.digest = toVector(digest);
  return segments.add("weights", *bytes, digest);
}

ArrayRef<uint8_t> ManifestBuilder::build() {
  manifest.producer = getProducer().str();
  manifest.segments.clear();
  for (const SegmentTable::Segment &s : segments.getSegments()) {
    auto segment = std::make_unique<schema::SegmentT>();
    segment->name = s.name;
    segment->offset = s.offset;
    segment->length = s.length;
    segment->digest = toVector(s.digest);
    segment->external = s.external;
    manifest.segments.push_back(std::move(segment));
  }
  builder.Clear();
  builder.Finish(schema::Manifest::Pack(builder, &manifest),
                 schema::ManifestIdentifier());
  return ArrayRef(builder.GetBufferPointer(), builder.GetSize());
}

void ManifestBuilder::require(StringRef feature) {
  if (!llvm::is_contained(manifest.required_features, feature))
    manifest.required_features.push_back(feature.str());
}

LogicalResult ManifestBuilder::addTarget(const TargetEntry &entry,
                                         WeightSource weights) {
  auto target = std::make_unique<schema::TargetT>();
  target->name = entry.spec.name;
  target->device = entry.spec.device;
  target->triple = entry.spec.triple;
  target->chip = entry.spec.chip;
  target->features = entry.spec.features;
  target->wavefront = entry.spec.wavefront;
  for (const CodeBlob &b : entry.code.blobs) {
    auto blob = std::make_unique<schema::BlobT>();
    blob->format = (schema::BlobFormat)b.format;
    blob->chip = b.chip;
    ArrayRef<uint8_t> data((const uint8_t *)b.data.data(), b.data.size());
    // PTX is text that a driver reads up to a zero.
    blob->data = makeRange(segments.add(
        "code", data, digestOf(data), b.format == BlobFormat::PTX ? 1 : 0));
    target->blobs.push_back(std::move(blob));
  }
  ModuleOp module = entry.module;
  auto programs = module.getOps<plan::ProgramOp>();
  if (programs.empty())
    return module.emitError("has no plan.program: a model needs a public "
                            "function, and its module the plan level");
  for (plan::ProgramOp program : programs)
    if (failed(addProgram(program, *target, entry, weights)))
      return failure();
  manifest.targets.push_back(std::move(target));
  return success();
}

FailureOr<uint32_t> ManifestBuilder::addWeight(rows::WeightOp op,
                                               WeightSource weights) {
  auto entry = std::make_unique<schema::WeightT>();
  auto type = cast<RankedTensorType>(op.getType());
  auto source = cast<RankedTensorType>(op.getSourceType());
  entry->name = op.getSymName().str();
  entry->key = op.getKey().str();
  entry->dtype = toDType(type.getElementType());
  entry->shape.assign(type.getShape().begin(), type.getShape().end());
  entry->sparsity = describe(op.getSparsityAttr());
  entry->rebindable = op.getRebindable();
  if (ternary::CodeAttr code = op.getCodeAttr()) {
    entry->code = ternary::stringifyCodeKind(code.getKind()).str();
    // Of one expert where there are several.
    entry->rows = source.getShape().drop_back().back();
    entry->k = source.getShape().back();
  }
  if (entry->dtype == DType::invalid)
    return op.emitError("weight '")
           << op.getSymName() << "' has elements of type "
           << type.getElementType() << ", which an artifact cannot hold";
  FailureOr<SegmentTable::Place> place = placeWeight(op, weights, *entry);
  if (failed(place))
    return failure();
  entry->data = makeRange(*place);

  for (auto [i, known] : llvm::enumerate(manifest.weights)) {
    if (known->name != entry->name)
      continue;
    if (known->key == entry->key && known->dtype == entry->dtype &&
        known->shape == entry->shape && known->code == entry->code &&
        known->sparsity == entry->sparsity &&
        known->rebindable == entry->rebindable &&
        known->digest == entry->digest && known->recipe == entry->recipe)
      return i;
    // Another target stores it in another form.
    entry->name += llvm::formatv("@{0}", manifest.targets.size()).str();
  }
  manifest.weights.push_back(std::move(entry));
  return manifest.weights.size() - 1;
}

FailureOr<uint32_t> ManifestBuilder::addState(ml_program::GlobalOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || !type.hasStaticShape() ||
      toDType(type.getElementType()) == DType::invalid)
    return op.emitError("state '")
           << op.getSymName() << "' has to be a tensor of static shape, got "
           << op.getType();
  for (auto [i, known] : llvm::enumerate(manifest.states))
    if (known->name == op.getSymName())
      return i;
  auto entry = std::make_unique<schema::StateT>();
  entry->name = op.getSymName().str();
  entry->dtype = toDType(type.getElementType());
  entry->shape.assign(type.getShape().begin(), type.getShape().end());
  entry->bytes = type.getNumElements() * elementBytes(type.getElementType());
  entry->init = std::make_unique<schema::Range>();
  // Without an initial value a state starts as zeros.
  if (auto value = dyn_cast_or_null<DenseElementsAttr>(op.getValueAttr())) {
    if (type.getElementType().isInteger(1))
      return op.emitError("state '")
             << op.getSymName() << "' has elements of type i1; use i8";
    ArrayRef<char> raw = value.getRawData();
    // Caches of a large model are zeros of hundreds of megabytes.
    if (llvm::any_of(raw, [](char byte) { return byte != 0; })) {
      std::vector<uint8_t> &bytes = owned.emplace_back();
      for (uint64_t at = 0; at < entry->bytes; at += raw.size())
        bytes.insert(bytes.end(), raw.begin(), raw.end()); // once, or a splat
      entry->init = makeRange(segments.add("states", bytes, digestOf(bytes)));
      entry->has_init = true;
    }
  } else if (op.getValueAttr()) {
    return op.emitError("state '")
           << op.getSymName() << "' needs a dense initial value";
  }
  manifest.states.push_back(std::move(entry));
  return manifest.states.size() - 1;
}

FailureOr<uint32_t> ManifestBuilder::addKernel(plan::DispatchOp op,
                                               schema::TargetT &target,
                                               const TargetEntry &entry) {
  std::string name = op.getKernel().getLeafReference().str();
  for (auto [i, known] : llvm::enumerate(target.kernels))
    if (known->name == name)
      return i;
  auto report = llvm::find_if(entry.code.kernels, [&](const KernelReport &r) {
    return r.name == name;
  });
  if (report == entry.code.kernels.end())
    return op.emitError("kernel '") << name << "' has no code for "
                                    << entry.spec.name;
  auto kernel = std::make_unique<schema::KernelT>();
  kernel->name = name;
  kernel->buffers = op.getBuffers().size();
  kernel->constants = op.getConstants().size();
  kernel->workgroup_size = report->workgroupSize;
  kernel->shared_bytes = report->sharedBytes;
  kernel->scratch_bytes = report->scratchBytes;
  if (Operation *fn = SymbolTable::lookupNearestSymbolFrom(op, op.getKernelAttr())) {
    auto text = [&](StringRef attr) {
      auto s = fn->getAttrOfType<StringAttr>(attr);
      return s ? s.str() : std::string();
    };
    kernel->op = text("tercet.op");
    kernel->shape = text("tercet.shape");
    kernel->code = text("tercet.code");
    kernel->engine = text("tercet.engine");
    kernel->config = text("tercet.config");
    auto bytes = fn->getAttrOfType<AffineMapAttr>("tercet.bytes");
    auto ops = fn->getAttrOfType<AffineMapAttr>("tercet.ops");
    auto fits = [&](AffineMapAttr map) {
      return map && map.getValue().getNumDims() == kernel->constants &&
             map.getValue().getNumSymbols() == 0 &&
             map.getValue().getNumResults() > 0;
    };
    if (fits(bytes) && fits(ops)) {
      ExprBuilder exprs;
      kernel->bytes = exprs.add(bytes.getValue());
      kernel->ops = exprs.add(ops.getValue());
      kernel->exprs = exprs.getNodes();
    }
  }
  target.kernels.push_back(std::move(kernel));
  return target.kernels.size() - 1;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// The bytes of an input or output: the product of its axes and element size.
static uint32_t addTensorBytes(ExprBuilder &exprs, plan::TensorAttr tensor) {
  MLIRContext *context = tensor.getContext();
  AffineExpr bytes = getAffineConstantExpr(
      elementBytes(tensor.getElementType()), context);
  for (AffineExpr axis : tensor.getShape().getResults())
    bytes = bytes * axis;
  return exprs.add(bytes);
}

LogicalResult ManifestBuilder::addProgram(plan::ProgramOp op,
                                          schema::TargetT &target,
                                          const TargetEntry &entry,
                                          WeightSource weights) {
  auto program = std::make_unique<schema::ProgramT>();
  ExprBuilder exprs;
  program->name = op.getSymName().str();
  program->doc = op.getDoc().value_or("").str();
  for (auto dim : op.getDims().getAsRange<plan::DimAttr>()) {
    auto d = std::make_unique<schema::DimT>();
    d->name = dim.getName().str();
    d->bound = dim.getBound();
    program->dims.push_back(std::move(d));
  }
  auto addTensors = [&](ArrayAttr from, auto &to) -> LogicalResult {
    for (auto tensor : from.getAsRange<plan::TensorAttr>()) {
      auto t = std::make_unique<schema::TensorT>();
      t->name = tensor.getName().str();
      t->dtype = toDType(tensor.getElementType());
      if (t->dtype == DType::invalid)
        return op.emitError("'") << t->name << "' has elements of type "
                                 << tensor.getElementType()
                                 << ", which an artifact cannot hold";
      for (AffineExpr axis : tensor.getShape().getResults())
        t->axes.push_back(exprs.add(axis));
      t->dim = tensor.getDim();
      if (t->dim >= 0)
        require(schema::kScalarDims);
      if (DenseI64ArrayAttr range = tensor.getRange()) {
        t->range = std::make_unique<schema::ValueRange>(range[0], range[1]);
        require(schema::kValueRanges);
      }
      t->ascending = tensor.getAscending();
      if (t->ascending)
        require(schema::kAscendingSets);
      to.push_back(std::move(t));
    }
    return success();
  };
  if (failed(addTensors(op.getInputs(), program->inputs)) ||
      failed(addTensors(op.getOutputs(), program->outputs)))
    return failure();

  if (ArrayAttr constraints = op.getConstraintsAttr())
    for (auto c : constraints.getAsRange<plan::ConstraintAttr>()) {
      auto constraint = std::make_unique<schema::ConstraintT>();
      constraint->expr = exprs.add(c.getExpr());
      constraint->limit = c.getLimit();
      constraint->meaning = c.getMeaning().str();
      program->constraints.push_back(std::move(constraint));
      require(schema::kConstraints);
    }

  llvm::DenseMap<Value, uint32_t> buffers;
  auto addBuffer = [&](Value value, schema::BufferKind kind, uint32_t index,
                       uint32_t offset, uint32_t bytes) {
    schema::BufferT buffer;
    buffer.kind = kind;
    buffer.index = index;
    buffer.offset = offset;
    buffer.bytes = bytes;
    auto it = llvm::find_if(program->buffers, [&](auto &known) {
      return known->kind == kind && known->index == index &&
             known->offset == offset && known->bytes == bytes;
    });
    buffers[value] = it - program->buffers.begin();
    if (it == program->buffers.end())
      program->buffers.push_back(std::make_unique<schema::BufferT>(buffer));
  };
  auto addCommand = [&](schema::CommandKind kind, ValueRange used) {
    auto command = std::make_unique<schema::CommandT>();
    command->kind = kind;
    for (Value buffer : used)
      command->buffers.push_back(buffers.lookup(buffer));
    program->commands.push_back(std::move(command));
    return program->commands.back().get();
  };

  SymbolTable symbols(entry.module);
  for (Operation &inner : op.getBody().front()) {
    if (auto in = dyn_cast<plan::InputOp>(inner)) {
      auto tensor = cast<plan::TensorAttr>(op.getInputs()[in.getIndex()]);
      addBuffer(in, schema::BufferKind::input, in.getIndex(), exprs.constant(0),
                addTensorBytes(exprs, tensor));
    } else if (auto out = dyn_cast<plan::OutputOp>(inner)) {
      auto tensor = cast<plan::TensorAttr>(op.getOutputs()[out.getIndex()]);
      addBuffer(out, schema::BufferKind::output, out.getIndex(),
                exprs.constant(0), addTensorBytes(exprs, tensor));
    } else if (auto weight = dyn_cast<plan::WeightOp>(inner)) {
      auto decl = symbols.lookup<rows::WeightOp>(weight.getWeight());
      FailureOr<uint32_t> index = addWeight(decl, weights);
      if (failed(index))
        return failure();
      addBuffer(weight, schema::BufferKind::weight, *index, exprs.constant(0),
                exprs.constant(manifest.weights[*index]->data->length()));
    } else if (auto state = dyn_cast<plan::StateOp>(inner)) {
      auto decl = symbols.lookup<ml_program::GlobalOp>(state.getState());
      FailureOr<uint32_t> index = addState(decl);
      if (failed(index))
        return failure();
      addBuffer(state, schema::BufferKind::state, *index, exprs.constant(0),
                exprs.constant(manifest.states[*index]->bytes));
    } else if (auto arena = dyn_cast<plan::ArenaOp>(inner)) {
      addBuffer(arena, schema::BufferKind::arena, 0,
                exprs.add(arena.getOffset()), exprs.add(arena.getBytes()));
    } else if (auto dispatch = dyn_cast<plan::DispatchOp>(inner)) {
      FailureOr<uint32_t> kernel = addKernel(dispatch, target, entry);
      if (failed(kernel))
        return failure();
      const schema::KernelT &known = *target.kernels[*kernel];
      if (known.buffers != dispatch.getBuffers().size() ||
          known.constants != dispatch.getConstants().size())
        return dispatch.emitError("gives '") << known.name << "' "
               << dispatch.getBuffers().size() << " buffers and "
               << dispatch.getConstants().size() << " constants, an earlier "
               << "dispatch " << known.buffers << " and " << known.constants;
      schema::CommandT *c =
          addCommand(schema::CommandKind::dispatch, dispatch.getBuffers());
      c->kernel = *kernel;
      c->grid = exprs.add(dispatch.getGrid());
      for (auto access : dispatch.getAccess().getAsRange<plan::AccessAttr>())
        c->access.push_back((schema::Access)access.getValue());
      for (auto map : dispatch.getConstants().getAsRange<AffineMapAttr>())
        c->constants.push_back(exprs.add(map.getValue()));
    } else if (auto copy = dyn_cast<plan::CopyOp>(inner)) {
      addCommand(schema::CommandKind::copy, {copy.getSource(), copy.getTarget()})
          ->bytes = exprs.add(copy.getBytes());
    } else if (auto fill = dyn_cast<plan::FillOp>(inner)) {
      schema::CommandT *c =
          addCommand(schema::CommandKind::fill, {fill.getTarget()});
      c->bytes = exprs.add(fill.getBytes());
      c->value = fill.getValue();
    } else if (isa<plan::BarrierOp>(inner)) {
      addCommand(schema::CommandKind::barrier, {});
    } else {
      return inner.emitError("cannot be written to an artifact");
    }
  }
  program->arena_bytes = exprs.add(op.getArenaBytes());
  program->exprs = exprs.getNodes();
  target.programs.push_back(std::move(program));
  return success();
}
