//===- KernelHarness.cpp - kernels compiled and loaded for tests ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/unit/Kernels/KernelHarness.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/Parser/Parser.h"
#include "passes/Pipelines.h"
#include "tercet/InitAll.h"
#include "tercet/Target/TargetBackend.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace tercet;
using namespace tercet::test;

struct Kernel::Grid {
  MLIRContext context;
  AffineMap map;
};

std::vector<std::string> test::getRunnableTargets() {
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  std::vector<std::string> targets;
  llvm::Triple triple(llvm::sys::getProcessTriple());
  if (triple.isAArch64())
    return {"cpu:aarch64"};
  if (triple.isRISCV64())
    return {"cpu:riscv64"};
  targets.push_back("cpu:x86-64-v2");
  if (host.lookup("avx2") && host.lookup("fma") && host.lookup("bmi2"))
    targets.push_back("cpu:x86-64-v3");
  if (host.lookup("avxvnni"))
    targets.push_back("cpu:x86-64-v3+avxvnni");
  if (host.lookup("avx512bw") && host.lookup("avx512vl")) {
    targets.push_back("cpu:x86-64-v4");
    if (host.lookup("avx512vnni"))
      targets.push_back("cpu:x86-64-v4+avx512vnni");
    if (host.lookup("avx512vnni") && host.lookup("avx512vbmi"))
      targets.push_back("cpu:x86-64-v4+avx512vbmi+avx512vnni");
  }
  return targets;
}

/// Code for the kernel @k of a target; `grid` is where its grid is put.
static FailureOr<SerializedCode>
compileFunction(MLIRContext &context, StringRef target, StringRef function,
                std::string saveTemps, AffineMap &grid) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context.disableMultithreading();
  context.appendDialectRegistry(registry);
  // What was chosen is not news here.
  context.getDiagEngine().registerHandler([](Diagnostic &diag) {
    return success(diag.getSeverity() == DiagnosticSeverity::Remark);
  });
  std::string text = ("module attributes {tercet.target = \"" + target +
                      "\"} {\nmodule @kernels {\n" + function + "\n}\n}\n")
                         .str();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return failure();
  PassManager pm(&context);
  buildToKernelsPipeline(pm);
  buildToCodePipeline(pm);
  if (failed(pm.run(*module)))
    return failure();
  auto kernels = module->lookupSymbol<ModuleOp>("kernels");
  auto entry = kernels.lookupSymbol<LLVM::LLVMFuncOp>("k");
  grid = entry->getAttrOfType<AffineMapAttr>("tercet.grid").getValue();
  FailureOr<TargetSpec> spec = getModuleTarget(*module);
  SerializeOptions options;
  options.stem = "kernel";
  options.saveTemps = std::move(saveTemps);
  return lookupTarget("cpu")->serialize(kernels, *spec, options);
}

std::vector<char> test::compileToELF(StringRef target, StringRef function) {
  MLIRContext context;
  AffineMap grid;
  FailureOr<SerializedCode> code =
      compileFunction(context, target, function, "", grid);
  return failed(code) ? std::vector<char>() : code->blobs.front().data;
}

std::unique_ptr<Kernel> Kernel::compile(StringRef target, StringRef function,
                                        std::string saveTemps) {
  std::unique_ptr<Kernel> self(new Kernel());
  self->grid = std::make_unique<Grid>();
  FailureOr<SerializedCode> code =
      compileFunction(self->grid->context, target, function,
                      std::move(saveTemps), self->grid->map);
  if (failed(code))
    return nullptr;
  for (const KernelReport &report : code->kernels)
    self->scratchBytes = std::max(self->scratchBytes, report.scratchBytes);

  char path[] = "/tmp/tercet-kernel-XXXXXX";
  int file = mkstemp(path);
  const std::vector<char> &data = code->blobs.front().data;
  if (file < 0 || write(file, data.data(), data.size()) !=
                      static_cast<ssize_t>(data.size()))
    return nullptr;
  close(file);
  self->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  if (!self->library) {
    llvm::errs() << dlerror() << "\n";
    return nullptr;
  }
  self->function =
      reinterpret_cast<tercet_kernel_fn>(dlsym(self->library, "k"));
  return self->function ? std::move(self) : nullptr;
}

Kernel::~Kernel() {
  if (library)
    dlclose(library);
}

int64_t Kernel::getGrid(const std::vector<int64_t> &constants) const {
  Builder b(&grid->context);
  SmallVector<Attribute> operands, results;
  for (int64_t value : constants)
    operands.push_back(b.getI64IntegerAttr(value));
  if (failed(grid->map.constantFold(operands, results)))
    return 0;
  return cast<IntegerAttr>(results[0]).getInt();
}

void Kernel::run(const std::vector<void *> &buffers,
                 const std::vector<int64_t> &constants, int64_t chunk) const {
  int64_t count = getGrid(constants);
  void *scratch = scratchBytes
                      ? std::aligned_alloc(64, (scratchBytes + 63) / 64 * 64)
                      : nullptr;
  if (chunk == 0)
    chunk = std::max<int64_t>(count, 1);
  for (int64_t begin = 0; begin < count; begin += chunk) {
    tercet_kernel_args args{buffers.data(), constants.data(), begin,
                            std::min(begin + chunk, count), scratch};
    function(&args);
  }
  std::free(scratch);
}

std::string test::getMatmulText(StringRef codeName, int64_t rows, int64_t n,
                                int64_t k, StringRef epilogue,
                                StringRef config) {
  const ternary::Code &code =
      ternary::getCode(*ternary::symbolizeCodeKind(codeName));
  bool dynamic = rows < 0;
  // A sparse code says what weights it holds.
  std::string attribute = codeName.str();
  if (attribute == "b33")
    attribute += ", <2:4>";
  else if (attribute == "c5")
    attribute += ", <3:4, exact>";
  auto s = [](int64_t value) { return std::to_string(value); };
  std::string m = dynamic ? "?" : s(rows);
  std::string element = epilogue == "none" ? "i32" : "f32";
  std::string x = "tensor<" + m + "x" + s(code.getPaddedK(k)) + "xi8>";
  std::string sums = "tensor<" + m + "xi32>";
  std::string scales = "tensor<" + m + "xf32>",
              bias = "tensor<" + s(n) + "xf32>";
  std::string w = "tensor<" + s(ternary::Code::getPanels(n)) + "x" +
                  s(code.getPanelBytes(k)) + "xi8>";
  std::string out = "tensor<" + m + "x" + s(n) + "x" + element + ">";
  auto dims = [&](int64_t rank) -> std::string {
    if (!dynamic)
      return "";
    return rank == 1 ? " {tercet.dims = array<i64: 0>}"
                     : " {tercet.dims = array<i64: 0, -1>}";
  };
  std::string args, operands, types, maps, region;
  if (epilogue == "scale") {
    args = ", %a: " + scales + dims(1) + ", %t: tensor<f32>, %b: " + bias;
    operands =
        "epilogue(%a, %t, %b : " + scales + ", tensor<f32>, " + bias + ") ";
    maps = "affine_map<(r, n) -> (r)>, affine_map<(r, n) -> ()>, "
           "affine_map<(r, n) -> (n)>";
    region = "^bb0(%acc: i32, %e0: f32, %e1: f32, %e2: f32):\n"
             "  %zero = arith.constant 0.0 : f32\n"
             "  %0 = arith.sitofp %acc : i32 to f32\n"
             "  %1 = arith.mulf %e0, %e1 : f32\n"
             "  %2 = arith.mulf %0, %1 : f32\n"
             "  %3 = arith.maximumf %2, %zero : f32\n"
             "  %4 = arith.addf %3, %e2 : f32\n"
             "  rows.yield %4 : f32\n";
  } else if (epilogue == "residual") {
    args = ", %res: " + out + dims(2);
    operands = "epilogue(%res : " + out + ") ";
    maps = "affine_map<(r, n) -> (r, n)>";
    region = "^bb0(%acc: i32, %e0: f32):\n"
             "  %0 = arith.sitofp %acc : i32 to f32\n"
             "  %1 = arith.addf %0, %e0 : f32\n"
             "  rows.yield %1 : f32\n";
  } else {
    region = "^bb0(%acc: i32):\n  rows.yield %acc : i32\n";
  }
  std::string empty = "%init = tensor.empty(" +
                      std::string(dynamic ? "%m" : "") + ") : " + out + "\n";
  return "func.func @k(%x: " + x + dims(2) + ", %sums: " + sums + dims(1) +
         ", %w: " + w + args + (dynamic ? ", %m: index" : "") + ") -> (" + out +
         dims(2) + ") {\n" + empty + "%y = rows.matmul #ternary.code<" +
         attribute + "> k(" + s(k) + ") " +
         (config.empty() ? "" : "{config = " + config.str() + "} ") +
         "ins(%x, %sums, %w : " + x + ", " + sums + ", " + w + ") " + operands +
         "maps [" + maps + "] outs(%init : " + out + ") -> " + out + " {\n" +
         region + "}\nreturn %y : " + out + "\n}\n";
}
