//===- Emulator.cpp -------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Emulator.h"
#include "Warp.h"
#include <cfenv>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

namespace {
/// Kernels round to nearest, whatever the caller's mode is.
struct FloatEnvironment {
  FloatEnvironment() {
    fegetenv(&before);
    fesetenv(FE_DFL_ENV);
  }
  ~FloatEnvironment() { fesetenv(&before); }
  fenv_t before;
};
} // namespace

[[noreturn]] static void refuse(const Kernel &kernel, const std::string &what) {
  throw Fault{"kernel '" + kernel.name + "' " + what, -1, true};
}

static std::vector<char> packParameters(const Kernel &kernel,
                                        const std::vector<uint64_t> &values) {
  if (values.size() != kernel.parameters.size())
    refuse(kernel, "has " + std::to_string(kernel.parameters.size()) +
                       " parameters and is given " +
                       std::to_string(values.size()));
  std::vector<char> bytes(kernel.parameterBytes);
  for (size_t k = 0; k < values.size(); ++k)
    memcpy(bytes.data() + kernel.parameters[k].offset, &values[k],
           kernel.parameters[k].size);
  return bytes;
}

/// Warps that wait met, or never will.
static void finishBarrier(std::vector<Warp> &warps,
                          const std::vector<Warp::State> &states,
                          SharedMemory &shared) {
  const Warp *ended = nullptr, *waiting = nullptr;
  for (size_t k = 0; k < warps.size(); ++k) {
    const Warp &w = warps[k];
    if (states[k] == Warp::State::Done) {
      ended = &w;
    } else {
      if (waiting && waiting->barrier != w.barrier)
        w.place({"waits at barrier " + std::to_string(w.barrier) +
                 " and warp " + std::to_string(waiting->index) +
                 " at barrier " + std::to_string(waiting->barrier)});
      waiting = &w;
    }
  }
  if (ended && waiting)
    waiting->place({"waits at a barrier for warp " +
                    std::to_string(ended->index) + ", which has ended"});
  shared.barrier();
}

static void runWorkgroup(std::vector<Warp> &warps, SharedMemory &shared,
                         std::vector<uint64_t> &executed,
                         uint64_t &laneInstructions, uint64_t maxSteps) {
  std::vector<Warp::State> states(warps.size(), Warp::State::Ready);
  for (Warp &w : warps)
    w.start();
  for (bool waiting = true; waiting;) {
    waiting = false;
    for (size_t k = 0; k < warps.size(); ++k) {
      if (states[k] == Warp::State::Done)
        continue;
      if (states[k] == Warp::State::AtBarrier)
        warps[k].leaveBarrier();
      states[k] = warps[k].run(executed, laneInstructions, maxSteps);
      waiting |= states[k] == Warp::State::AtBarrier;
    }
    if (waiting)
      finishBarrier(warps, states, shared);
  }
}

void tercet::emu::ptx::launch(Module &module, const Kernel &kernel,
                              const Launch &launch, GlobalMemory &memory,
                              Counts &counts) {
  unsigned threads = launch.workgroupSize;
  if (!threads || threads > 1024)
    refuse(kernel, "is launched with workgroups of " + std::to_string(threads) +
                       " threads");
  if (kernel.threads && kernel.threads != threads)
    refuse(kernel, "takes workgroups of " + std::to_string(kernel.threads) +
                       " threads and is launched with " +
                       std::to_string(threads));
  if (launch.workgroups > 0x7fffffff)
    refuse(kernel, "is launched with too many workgroups");
  std::vector<char> parameters = packParameters(kernel, launch.arguments);
  uint64_t globals = 0;
  if (!module.globals.empty())
    globals = memory.addWindow(module.globals.data(), module.globals.size(),
                               "the module's variables", true);
  unsigned count = (threads + kLanes - 1) / kLanes;
  SharedMemory shared(kernel.sharedBytes + launch.dynamicShared, count);
  Workgroup group{kernel,
                  memory,
                  shared,
                  parameters,
                  globals,
                  0,
                  static_cast<uint32_t>(launch.workgroups),
                  threads,
                  launch.dynamicShared};
  std::vector<Warp> warps;
  warps.reserve(count);
  for (unsigned k = 0; k < count; ++k)
    warps.emplace_back(group, k);
  std::vector<uint64_t> executed(kernel.code.size());
  uint64_t maxSteps = launch.maxSteps ? launch.maxSteps : uint64_t(1) << 36;
  FloatEnvironment environment;
  for (uint64_t g = 0; g < launch.workgroups; ++g) {
    group.number = static_cast<uint32_t>(g);
    group.steps = 0;
    memory.beginWorkgroup(g);
    shared.beginWorkgroup();
    runWorkgroup(warps, shared, executed, counts.laneInstructions, maxSteps);
  }
  for (size_t k = 0; k < executed.size(); ++k)
    if (executed[k])
      counts.mnemonics[kernel.code[k].mnemonic] += executed[k];
}
