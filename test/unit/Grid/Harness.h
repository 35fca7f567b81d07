//===- Harness.h - a model on every executor --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles a model once, for all CPU code paths and for GPUs of both vendors
// with and without matrix instructions, through the compiler's C API, and runs
// it through the runtime's on every CPU path that this machine has and on every
// GPU, in emulation.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_GRID_HARNESS_H
#define TERCET_TEST_UNIT_GRID_HARNESS_H

#include "tercet-c/compiler.h"
#include "tercet/runtime.h"
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace tercet::test {

/// A safetensors file in the temporary folder, removed with the object.
class WeightFile {
public:
  void add(const std::string &name, const char *dtype,
           const std::vector<int64_t> &shape, const void *data, size_t size);
  void add(const std::string &name, const std::vector<int64_t> &shape,
           const std::vector<int8_t> &data) {
    add(name, "I8", shape, data.data(), data.size());
  }
  void add(const std::string &name, const std::vector<int64_t> &shape,
           const std::vector<float> &data) {
    add(name, "F32", shape, data.data(), 4 * data.size());
  }
  const char *write();
  ~WeightFile();

private:
  std::string header, bytes;
  char path[512] = "";
};

/// The memory of a vector as a dense tensor.
struct View {
  template <typename T>
  View(std::vector<T> &data, std::vector<int64_t> shape)
      : data(data.data()), shape(std::move(shape)),
        type{uint8_t(std::is_floating_point<T>::value ? kDLFloat : kDLInt),
             uint8_t(8 * sizeof(T)), 1} {}
  void *data;
  std::vector<int64_t> shape;
  DLDataType type;
};

/// Runs an entry point; an error is a test failure.
void call(tercet_session *session, const char *entry, std::vector<View> inputs,
          std::vector<View> outputs);

/// "tensor<?x8xf32>"; a size below 0 is not known.
std::string type(const char *element, const std::vector<int64_t> &shape);

/// `ml_program.global` of an external weight, and the line that loads it.
std::string global(const std::string &name, const std::string &type,
                   const std::string &attributes = "");
std::string load(const std::string &name, const std::string &type);

class Model {
public:
  /// Compiles; an error is a fatal test failure. `code` may be null.
  Model(const std::string &text, WeightFile &weights, const char *code);
  ~Model();
  /// A session of `run` on each executor, until one fails. Fails where less
  /// than all GPUs and two CPU paths are there.
  void onEveryExecutor(
      std::function<void(tercet_session *, const char *target)> run);

private:
  void compile(const std::string &text, WeightFile &weights, const char *code);
  void *bytes = nullptr;
  size_t size = 0;
};

} // namespace tercet::test

#endif
