//===- WeightStore.cpp - weight files to stored bytes ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a weight binds to:
//   identity                        a tensor of the declared dtype and shape;
//   encode                          I8 values of the declared shape: any for i8,
//                                   for trits -1, 0, 1 that obey the declared
//                                   sparsity;
//   ternarize_encode, .._scale      float master weights of the declared dtype;
//   bytes                           floats of 4 or 8 bits: F8_E4M3, F8_E5M2,
//                                   F8_E8M0, or for 4 bits U8 with half as many
//                                   columns, the even one in the low half.
// Nothing is converted in silence.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/WeightStore.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;
using support::FileTensor;
using support::SafetensorsFile;

/// The dtype of a weight file that binds to elements of this type, or "".
static StringRef getFileType(Type type) {
  if (isa<ternary::TritType>(type))
    return "I8";
  if (type.isF64())
    return "F64";
  if (type.isF32())
    return "F32";
  if (type.isF16())
    return "F16";
  if (type.isBF16())
    return "BF16";
  if (isa<Float4E2M1FNType>(type))
    return "U8";
  if (isa<Float8E4M3FNType>(type))
    return "F8_E4M3";
  if (isa<Float8E5M2Type>(type))
    return "F8_E5M2";
  if (isa<Float8E8M0FNUType>(type))
    return "F8_E8M0";
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return "";
  switch (integer.getWidth()) {
  case 1:
    return "BOOL";
  case 8:
    return integer.isUnsigned() ? "U8" : "I8";
  case 16:
    return integer.isUnsigned() ? "U16" : "I16";
  case 32:
    return integer.isUnsigned() ? "U32" : "I32";
  case 64:
    return integer.isUnsigned() ? "U64" : "I64";
  default:
    return "";
  }
}

static RankedTensorType getSourceType(rows::WeightOp op) {
  return cast<RankedTensorType>(op.getSourceType());
}

/// "F32 256x64", what a file has to hold for this weight.
static std::string describeWanted(rows::WeightOp op) {
  RankedTensorType type = getSourceType(op);
  SmallVector<int64_t> shape(type.getShape());
  if (isa<Float4E2M1FNType>(type.getElementType()) && !shape.empty())
    shape.back() /= 2;
  return support::describe(getFileType(type.getElementType()), shape);
}

llvm::Error WeightStore::addExternal(StringRef file) {
  if (file.empty()) {
    external = artifact::ExternalWeights{"model.weights", std::nullopt};
    return llvm::Error::success();
  }
  auto found = artifact::ExternalWeights::read(file);
  if (!found)
    return found.takeError();
  external = std::move(*found);
  return llvm::Error::success();
}

llvm::Error WeightStore::addSource(StringRef text) {
  StringRef rest = text;
  bool isExternal = text == "external" || text.starts_with("external:");
  if (external || (isExternal && (splat || random || !files.empty())))
    return support::makeError("--weights=external goes with no other source: "
                              "tercet-encode takes the weights' values");
  if (isExternal)
    return addExternal(text == "external" ? "" : text.drop_front(9));
  if (text == "splat" || rest.consume_front("random:")) {
    if (splat || random)
      return support::makeError("made-up weights are asked for twice: --weights=" +
                                text + " and another");
    splat = text == "splat";
    random = !splat;
    if (random && rest.getAsInteger(10, seed))
      return support::makeError("--weights=" + text +
                                ": the seed has to be a whole number");
    return llvm::Error::success();
  }
  auto file = SafetensorsFile::open(text);
  if (!file)
    return file.takeError();
  for (const FileTensor &tensor : (*file)->getTensors()) {
    auto [it, added] =
        tensors.try_emplace(tensor.name, Located{file->get(), &tensor});
    if (!added)
      return support::makeError("weight '" + tensor.name + "' is in both '" +
                                it->second.file->getName() + "' and '" + text +
                                "'; leave one of them out");
  }
  files.push_back(std::move(*file));
  return llvm::Error::success();
}

LogicalResult WeightStore::bind(ArrayRef<ModuleOp> modules) {
  struct Problem {
    rows::WeightOp op;
    std::string text;
  };
  std::vector<Problem> missing, wrong;
  llvm::StringMap<bool> seen;
  for (ModuleOp module : modules) {
    for (auto op : module.getOps<rows::WeightOp>()) {
      RankedTensorType type = getSourceType(op);
      std::string wanted = describeWanted(op);
      // Several targets and transforms read one tensor: say it once.
      if (!seen.try_emplace(op.getKey().str() + " " + wanted, true).second)
        continue;
      if (getFileType(type.getElementType()).empty() || !type.hasStaticShape()) {
        wrong.push_back({op, "'" + op.getKey().str() +
                                 "' is declared with a type that no weight file holds"});
        continue;
      }
      auto it = tensors.find(op.getKey());
      if (it == tensors.end()) {
        if (!splat && !random && !external)
          missing.push_back({op, "'" + op.getKey().str() + "' (" + wanted + ")"});
        continue;
      }
      const FileTensor &tensor = *it->second.tensor;
      std::string found = support::describe(tensor.dtype, tensor.shape);
      if (found != wanted)
        wrong.push_back({op, "'" + op.getKey().str() + "' is " + found + " in '" +
                                 it->second.file->getName().str() +
                                 "', the model wants " + wanted});
    }
  }
  auto report = [](std::vector<Problem> &problems, StringRef what,
                   StringRef wayOut) {
    InFlightDiagnostic diag = problems[0].op.emitError();
    diag << problems.size() << (problems.size() == 1 ? " weight " : " weights ")
         << what << ": ";
    for (auto [i, p] : llvm::enumerate(problems))
      diag << (i ? ", " : "") << p.text;
    diag << wayOut;
  };
  if (!missing.empty()) {
    report(missing,
           files.empty() ? "not bound (no weight file is given)"
                         : "not bound (in none of the weight files)",
           "; give --weights=FILE.safetensors, or --weights=random:SEED to try "
           "without data");
    return failure();
  }
  if (!wrong.empty()) {
    report(wrong, wrong.size() == 1 ? "does not fit" : "do not fit", "");
    return failure();
  }
  return success();
}

static int64_t getBytesOf(RankedTensorType type) {
  Type element = type.getElementType();
  int64_t bits = isa<ternary::TritType>(element) ? 8
                 : element.isInteger(1)          ? 8
                                                 : type.getElementTypeBitWidth();
  return type.getNumElements() * bits / 8;
}

int64_t WeightStore::getSourceBytes(rows::WeightOp op) {
  return getBytesOf(op.getSelectedType());
}

TensorReader WeightStore::openSource(rows::WeightOp op) const {
  RankedTensorType type = getSourceType(op);
  auto it = tensors.find(op.getKey());
  if (it != tensors.end() && !op.getSelect())
    return TensorReader(*it->second.file, it->second.tensor->data);
  SyntheticWeights made(splat ? std::nullopt : std::optional(seed), op.getKey(),
                        type,
                        op.getTransform() == rows::WeightTransform::Encode
                            ? op.getSparsityAttr()
                            : ternary::SparsityAttr());
  if (!op.getSelect())
    return TensorReader(made);
  // Slices of the first axis are parts of a file. Made-up ones come in their
  // order: all are made and some taken.
  std::vector<uint8_t> whole;
  ArrayRef<uint8_t> bytes;
  if (it != tensors.end()) {
    bytes = it->second.tensor->data;
  } else {
    whole.resize(getBytesOf(type));
    made.next(whole);
    bytes = whole;
  }
  size_t slice = bytes.size() / type.getDimSize(0);
  std::vector<ArrayRef<uint8_t>> parts;
  ArrayRef<int64_t> select = *op.getSelect();
  for (int64_t i : select)
    parts.push_back(bytes.slice(i * slice, slice));
  if (it != tensors.end())
    return TensorReader(*it->second.file, parts);
  std::vector<uint8_t> picked;
  for (ArrayRef<uint8_t> part : parts)
    llvm::append_range(picked, part);
  return TensorReader(std::move(picked));
}

LogicalResult WeightStore::stream(rows::WeightOp op, TakeBytes take) {
  if (op.getTransform() == rows::WeightTransform::Identity ||
      op.getTransform() == rows::WeightTransform::Bytes) {
    TensorReader source = openSource(op);
    bytesRead += getSourceBytes(op);
    return copyWeight(op, getSourceBytes(op), source, take);
  }
  // The trits and the scale of a master are two weights: it is read once.
  std::string id;
  llvm::raw_string_ostream(id) << op.getKey() << '\0' << op.getSourceType()
                               << op.getSparsityAttr() << op.getSelectAttr();
  bool isScale = op.getTransform() == rows::WeightTransform::TernarizeScale;
  auto known = scales.find(id);
  if (!isScale || known == scales.end()) {
    TensorReader source = openSource(op);
    bytesRead += getSourceBytes(op);
    std::vector<float> found;
    if (failed(encodeWeight(op, op.getSelectedType(), source, found, take)))
      return failure();
    known = scales.insert_or_assign(id, std::move(found)).first;
  }
  if (isScale)
    take(ArrayRef((const uint8_t *)known->second.data(),
                  known->second.size() * sizeof(float)));
  return success();
}

FailureOr<ArrayRef<uint8_t>> WeightStore::getBytes(rows::WeightOp op) {
  if (!op.getSelect() &&
      (op.getTransform() == rows::WeightTransform::Identity ||
       op.getTransform() == rows::WeightTransform::Bytes)) {
    auto it = tensors.find(op.getKey());
    if (it != tensors.end())
      return it->second.tensor->data;
  }
  std::string id;
  llvm::raw_string_ostream os(id);
  os << op.getKey() << '\0' << (int)op.getTransform() << op.getSourceType()
     << op.getType() << op.getCodeAttr() << op.getSparsityAttr()
     << op.getSelectAttr();
  auto it = computed.find(id);
  if (it == computed.end()) {
    std::vector<uint8_t> bytes;
    if (failed(stream(op, [&](ArrayRef<uint8_t> part) {
          bytes.insert(bytes.end(), part.begin(), part.end());
        })))
      return failure();
    it = computed.emplace(id, std::move(bytes)).first;
  }
  return ArrayRef<uint8_t>(it->second);
}
