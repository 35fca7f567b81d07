//===- Session.h - memory, states and prepared programs ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program is prepared once: its commands as the device takes them, with every
// range and constant in one array. A call with the dimensions of the call
// before only fills in the addresses of its tensors; new dimensions evaluate
// the expressions again. Neither allocates, after the first call.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_SESSION_H
#define TERCET_RUNTIME_CORE_SESSION_H

#include "runtime/core/Device.h"

namespace tercet::runtime {

/// A weight or a state in device memory.
struct Placed {
  tercet_device_memory *memory;
  uint64_t offset;
  bool owned;
};

/// An input or an output of a prepared program.
struct Port {
  const schema::Tensor *tensor;
  int32_t ndim;
  uint32_t elementBytes;
  DLDataType dtype;
  size_t firstAxis;             // into shapes and strides
  uint64_t bytes;               // at the current dimensions
  uint64_t maxBytes;            // at the bounds
  uint8_t *data;                // of the current call
  void *owned;                  // output: memory of the session for results
  tercet_device_memory *memory; // where the device has its own memory
};

/// A range whose address comes with the call.
struct PortRange {
  uint32_t range, port;
  uint64_t offset;
};

struct Prepared {
  const schema::Program *program = nullptr;
  bool ready = false;         // values are those of `dims`
  bool dynamicPlaces = false; // overlaps are checked at new dimensions
  Array<int64_t> dims, values;
  Array<Port> ports; // inputs, then outputs
  size_t inputCount = 0, outputCount = 0;
  Array<int64_t> shapes, strides;
  Array<uint32_t> rangeBuffers; // the buffer of each range
  Array<uint32_t> constantExprs;
  Array<tercet_device_command> commands;
  Array<tercet_device_range> ranges;
  Array<int64_t> constants;
  Array<PortRange> portRanges;
  Array<double> seconds;
};

/// A command in a profile.
struct ProfileEvent {
  const char *name;
  double start, seconds;
};

} // namespace tercet::runtime

struct tercet_session {
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  const tercet::schema::Target *target = nullptr;
  tercet::runtime::Loaded *loaded = nullptr;
  tercet_device_memory *arena = nullptr;
  uint64_t arenaBytes = 0, stateBytes = 0;
  tercet::runtime::Array<tercet::runtime::Placed> weights, states;
  tercet::runtime::Array<tercet::runtime::Prepared *> programs;
  tercet::runtime::Prepared *inFlight = nullptr;
  tercet::runtime::Prepared *lastCalled = nullptr;
  bool hostMemory = false;
  bool profiling = false;
  tercet::runtime::Array<tercet::runtime::ProfileEvent> events;

  ~tercet_session();
  tercet_status *create(tercet_artifact *a, tercet_device *d,
                        const char *wanted);
  tercet_status *call(const char *entry, const DLTensor *inputs,
                      size_t inputCount, DLTensor *outputs, size_t outputCount);
  tercet_status *wait();
  tercet_status *bind(const char *weight, const DLTensor &tensor);
  tercet_status *resetStates(bool fresh);

private:
  tercet_status *chooseTarget(const char *wanted);
  tercet_status *place();
  tercet_status *prepare(const tercet::schema::Program &program,
                         tercet::runtime::Prepared &out);
  tercet_status *preparePorts(tercet::runtime::Prepared &out,
                              const tercet::runtime::ExprFacts *facts);
  tercet_status *find(const char *entry, tercet::runtime::Prepared **out);
  tercet_status *checkConstraints(const tercet::runtime::Prepared &p) const;
  tercet_status *setDims(tercet::runtime::Prepared &p, const DLTensor *inputs);
  void fillRanges(tercet::runtime::Prepared &p);
  tercet_status *takeOutputs(tercet::runtime::Prepared &p, DLTensor *outputs);
  tercet_status *checkAliases(const tercet::runtime::Prepared &p) const;
  tercet_status *bindPorts(tercet::runtime::Prepared &p);
  tercet_status *submit(tercet::runtime::Prepared &p);
};

#endif
