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
#include "dialects/Ternary/Codes/Code.h"
#include "lib/Compiler/SyntheticWeights.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

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

llvm::Error WeightStore::addSource(StringRef text) {
  StringRef rest = text;
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
        if (!splat && !random)
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

ArrayRef<uint8_t> WeightStore::getSource(rows::WeightOp op,
                                         std::vector<uint8_t> &storage) const {
  auto it = tensors.find(op.getKey());
  if (it != tensors.end())
    return it->second.tensor->data;
  SyntheticWeights synthetic(splat ? std::nullopt : std::optional(seed));
  synthetic.fill(op.getKey(), getSourceType(op),
                 op.getTransform() == rows::WeightTransform::Encode
                     ? op.getSparsityAttr()
                     : ternary::SparsityAttr(),
                 storage);
  return storage;
}

FailureOr<ArrayRef<uint8_t>> WeightStore::getBytes(rows::WeightOp op) {
  if (op.getTransform() == rows::WeightTransform::Identity ||
      op.getTransform() == rows::WeightTransform::Bytes) {
    auto it = tensors.find(op.getKey());
    if (it != tensors.end())
      return it->second.tensor->data;
  }
  std::string id;
  llvm::raw_string_ostream os(id);
  os << op.getKey() << '\0' << (int)op.getTransform() << op.getSourceType()
     << op.getType() << op.getCodeAttr() << op.getSparsityAttr();
  auto it = computed.find(id);
  if (it == computed.end()) {
    FailureOr<std::vector<uint8_t>> bytes = transform(op);
    if (failed(bytes))
      return failure();
    it = computed.emplace(id, std::move(*bytes)).first;
  }
  return ArrayRef<uint8_t>(it->second);
}

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

/// Values other than -1, 0 and 1, and groups that break the sparsity, by row and
/// column, and by expert where it is not negative.
static LogicalResult checkTrits(rows::WeightOp op, ArrayRef<int8_t> trits,
                                int64_t n, int64_t k, int64_t expert) {
  std::string place = expert < 0 ? "" : "expert " + std::to_string(expert) + ", ";
  ternary::SparsityAttr sparsity = op.getSparsityAttr();
  for (int64_t row = 0; row < n; ++row) {
    ArrayRef<int8_t> values = trits.slice(row * k, k);
    for (int64_t col = 0; col < k; ++col)
      if (values[col] < -1 || values[col] > 1)
        return op.emitError("weight '")
               << op.getKey() << "' has the value " << (int)values[col]
               << " at " << place << "row " << row << ", column " << col
               << "; a ternary weight holds -1, 0 and 1";
    if (!sparsity)
      continue;
    int64_t m = sparsity.getM();
    for (int64_t col = 0; col < k; col += m) {
      auto group = values.slice(col, std::min(m, k - col));
      int64_t nonzero = llvm::count_if(group, [](int8_t v) { return v != 0; });
      bool obeys = sparsity.getExact() ? nonzero == sparsity.getN()
                                       : nonzero <= sparsity.getN();
      if (!obeys)
        return op.emitError("weight '")
               << op.getKey() << "' has " << nonzero << " nonzero values at "
               << place << "row " << row << ", columns " << col << " to " << col + (int64_t)group.size() - 1
               << "; its sparsity allows " << (sparsity.getExact() ? "exactly " : "at most ")
               << sparsity.getN() << " of " << m;
    }
  }
  return success();
}

/// Little-endian floats of a file to f32; false for a type that is not one.
static bool toFloats(Type type, ArrayRef<uint8_t> bytes,
                     std::vector<float> &floats) {
  auto floatType = dyn_cast<FloatType>(type);
  if (!floatType)
    return false;
  unsigned width = floatType.getWidth() / 8;
  floats.resize(bytes.size() / width);
  if (type.isF32()) {
    std::memcpy(floats.data(), bytes.data(), floats.size() * 4);
    return true;
  }
  for (size_t i = 0; i < floats.size(); ++i) {
    uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * width, width);
    llvm::APFloat value(floatType.getFloatSemantics(),
                        llvm::APInt(width * 8, bits));
    bool exact;
    value.convert(llvm::APFloat::IEEEsingle(),
                  llvm::APFloat::rmNearestTiesToEven, &exact);
    floats[i] = value.convertToFloat();
  }
  return true;
}

FailureOr<std::vector<uint8_t>> WeightStore::transform(rows::WeightOp op) const {
  std::vector<uint8_t> storage;
  ArrayRef<uint8_t> source = getSource(op, storage);
  RankedTensorType type = getSourceType(op);
  if (op.getTransform() == rows::WeightTransform::Identity ||
      op.getTransform() == rows::WeightTransform::Bytes)
    return std::vector<uint8_t>(source.begin(), source.end());
  if (type.getRank() != 2 && type.getRank() != 3)
    return op.emitError("weight '") << op.getKey()
                                    << "' has to be a matrix, or one for each "
                                       "expert, got "
                                    << type;
  int64_t experts = type.getRank() == 3 ? type.getDimSize(0) : 1;
  int64_t n = type.getShape().drop_back().back(), k = type.getShape().back();

  std::vector<int8_t> trits;
  std::vector<float> scales(experts);
  if (op.getTransform() == rows::WeightTransform::Encode) {
    trits.assign((const int8_t *)source.begin(), (const int8_t *)source.end());
  } else {
    std::vector<float> floats;
    if (!toFloats(type.getElementType(), source, floats))
      return op.emitError("weight '") << op.getKey()
                                      << "' has to hold floats to be ternarized, got "
                                      << type;
    trits.resize(experts * n * k);
    for (int64_t e = 0; e < experts; ++e)
      scales[e] = ternary::ternarize(
          ArrayRef(floats).slice(e * n * k, n * k), n, k, op.getSparsityAttr(),
          MutableArrayRef(trits).slice(e * n * k, n * k));
  }
  if (op.getTransform() == rows::WeightTransform::TernarizeScale) {
    std::vector<uint8_t> bytes(experts * sizeof(float));
    std::memcpy(bytes.data(), scales.data(), bytes.size());
    return bytes;
  }
  const ternary::Code &code = ternary::getCode(op.getCodeAttr().getKind());
  size_t size = ternary::Code::getPanels(n) * code.getPanelBytes(k);
  std::vector<uint8_t> bytes(experts * size);
  for (int64_t e = 0; e < experts; ++e) {
    ArrayRef<int8_t> matrix = ArrayRef(trits).slice(e * n * k, n * k);
    std::string error;
    if (code.getKind() != ternary::CodeKind::I8 &&
        failed(checkTrits(op, matrix, n, k, type.getRank() == 3 ? e : -1)))
      return failure();
    if (failed(ternary::pack(code, matrix, n, k,
                             MutableArrayRef(bytes).slice(e * size, size),
                             &error)))
      return op.emitError("weight '") << op.getKey() << "' cannot be stored as "
                                      << code.getName() << ": " << error;
  }
  return bytes;
}
