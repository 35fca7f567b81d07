//===- Executor.cpp -------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Executor.h"
#include "Vector.h"
#include "common/SharedMemory.h"
#include <algorithm>
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

/// What registers hold before a kernel writes them: nothing that looks like a
/// result.
constexpr uint32_t kGarbage = 0xa5c3e1f7;

namespace {
struct Executor {
  Executor(Code &code, const Kernel &kernel, const Launch &launch,
           GlobalMemory &memory);
  void runWorkgroup(uint64_t workgroup);
  void count(Counts &counts) const;

private:
  void startWave(Wave &w, uint64_t workgroup);
  void run(Wave &w);
  [[noreturn]] void place(const Fault &fault, const Wave &w) const;

  Code &code;
  const Kernel &kernel;
  const Launch &config;
  GlobalMemory &memory;
  SharedMemory shared;
  HostFloat host;
  std::vector<Wave> waves;
  std::vector<uint64_t> runs; ///< of each instruction
  std::vector<char> kernarg;
  std::vector<uint32_t> packet;
  uint64_t workgroup = 0, steps = 0;
  uint64_t kernargAddress = 0, packetAddress = 0, codeBase = 0;
  uint64_t laneInstructions = 0;
};
} // namespace

static unsigned wavesOf(const Code &code, const Launch &launch) {
  unsigned lanes = code.decoder.lanes;
  return (launch.workgroupSize + lanes - 1) / lanes;
}

/// The packet of a dispatch, as AQL has it: sizes of workgroup and grid.
static std::vector<uint32_t> makePacket(const Kernel &k, const Launch &l,
                                        uint64_t kernarg) {
  std::vector<uint32_t> p(16);
  p[0] = 1u << 16;                   // one dimension
  p[1] = l.workgroupSize | 1u << 16; // x, y
  p[2] = 1;                          // z
  p[3] = static_cast<uint32_t>(l.workgroups * l.workgroupSize);
  p[4] = p[5] = 1;
  p[6] = k.scratchBytes;
  p[7] = k.sharedBytes;
  memcpy(&p[10], &kernarg, 8);
  return p;
}

Executor::Executor(Code &code, const Kernel &kernel, const Launch &launch,
                   GlobalMemory &memory)
    : code(code), kernel(kernel), config(launch), memory(memory),
      shared(kernel.sharedBytes, std::max(1u, wavesOf(code, launch))),
      waves(wavesOf(code, launch)), runs(code.insts.size()),
      kernarg(launch.arguments) {
  if (kernarg.size() < kernel.kernargBytes)
    fail("kernel '%s' takes %u bytes of arguments and is given %zu",
         kernel.name.c_str(), kernel.kernargBytes, kernarg.size());
  kernargAddress =
      memory.addWindow(kernarg.data(), kernarg.size(), "the arguments");
  packet = makePacket(kernel, launch, kernargAddress);
  packetAddress =
      memory.addWindow(packet.data(), packet.size() * 4, "the dispatch packet");
  codeBase =
      memory.addWindow(code.image.data(), code.image.size(), "the code object");
  for (auto [at, value] : code.relocations) {
    uint64_t address = codeBase + value;
    memcpy(code.image.data() + at, &address, 8);
  }
  for (Wave &w : waves) {
    w.lanes = code.decoder.lanes;
    w.id = static_cast<unsigned>(&w - waves.data());
    w.global = &memory;
    w.shared = &shared;
    w.host = &host;
    w.code = &code;
    w.codeBase = codeBase;
    w.scratch.perLane = kernel.scratchBytes;
    w.scratch.bytes.resize(size_t(kernel.scratchBytes) * w.lanes);
  }
}

void Executor::startWave(Wave &w, uint64_t workgroup) {
  std::fill(std::begin(w.s), std::end(w.s), kGarbage);
  // At least v0, the lane's number.
  unsigned registers = std::max(code.vectors, 1u);
  w.vectors.assign(size_t(registers) * w.lanes, kGarbage);
  w.state = Wave::Running;
  w.next = kernel.entry;
  w.indexed = 0;
  w.s[kNull] = 0;
  w.s[kScc] = 0;
  w.s[kSharedBase] = w.s[kPrivateBase] = 0;
  w.s[kSharedBase + 1] = kSharedAperture;
  w.s[kPrivateBase + 1] = kPrivateAperture;
  w.s[kSharedLimit] = w.s[kPrivateLimit] = ~0u;
  w.s[kSharedLimit + 1] = kSharedAperture;
  w.s[kPrivateLimit + 1] = kPrivateAperture;
  // Rounding, denormals, DX10_CLAMP and IEEE_MODE.
  w.mode = (kernel.rsrc1 >> 12 & 0xff) | (kernel.rsrc1 >> 21 & 1) << 8 |
           (kernel.rsrc1 >> 23 & 1) << 9;

  // User registers in the order of the descriptor's bits, then the system's.
  unsigned s = 0;
  auto refuse = [&](const std::string &what) {
    throw Fault{"kernel '" + kernel.name + "' " + what, -1, true};
  };
  auto user = [&](unsigned bit, unsigned words, uint64_t value,
                  const char *what) {
    if (!(kernel.properties >> bit & 1))
      return;
    if (what)
      refuse(std::string("wants ") + what + " in scalar registers");
    w.s[s] = static_cast<uint32_t>(value);
    if (words > 1)
      w.s[s + 1] = static_cast<uint32_t>(value >> 32);
    s += words;
  };
  user(0, 4, 0, "a buffer of scratch memory");
  user(1, 2, packetAddress, nullptr);
  user(2, 2, 0, nullptr); // the queue: reading it is a fault
  user(3, 2, kernargAddress, nullptr);
  user(4, 2, 0, nullptr);
  user(5, 2, 0, nullptr); // flat scratch: nothing reads it here
  user(6, 1, kernel.scratchBytes, nullptr);
  unsigned preload = kernel.preload & 127, from = kernel.preload >> 7;
  for (unsigned k = 0; k < preload; ++k) {
    if ((from + k + 1) * 4 > kernarg.size())
      refuse("preloads arguments that it is not given");
    memcpy(&w.s[s++], kernarg.data() + 4 * (from + k), 4);
  }
  unsigned users = kernel.rsrc2 >> 1 & 31;
  s = std::max(s, users);
  const uint32_t ids[] = {static_cast<uint32_t>(workgroup), 0, 0};
  for (unsigned k = 0; k < 3; ++k)
    if (kernel.rsrc2 >> (7 + k) & 1)
      w.s[s++] = ids[k];
  if (kernel.rsrc2 >> 10 & 1)
    w.s[s++] = 0; // workgroup info

  // Lanes of an incomplete last wave are off.
  unsigned first = w.id * w.lanes;
  unsigned lanes = std::min(w.lanes, config.workgroupSize - first);
  uint64_t on = lanes == 64 ? ~uint64_t(0) : (uint64_t(1) << lanes) - 1;
  w.setScalar64(kExec, on);
  for (unsigned l = 0; l < w.lanes; ++l)
    w.v(0)[l] = first + l; // y and z of the packed id are 0
}

void Executor::place(const Fault &fault, const Wave &w) const {
  if (fault.placed)
    throw fault;
  const Inst &i = code.insts[w.next ? w.next - 1 : 0];
  std::string lane =
      fault.lane < 0 ? "" : ", lane " + std::to_string(fault.lane);
  throw Fault{"kernel '" + kernel.name + "', workgroup " +
                  std::to_string(workgroup) + ", wave " + std::to_string(w.id) +
                  lane + ", at " + code.placeOf(i, kernel) + " \'" + i.text +
                  "': " + fault.message,
              fault.lane, true};
}

void Executor::run(Wave &w) {
  const Inst *insts = code.insts.data();
  w.setMode(w.mode);
  uint64_t limit = config.maxSteps ? config.maxSteps : uint64_t(1) << 40;
  while (w.state == Wave::Running) {
    uint32_t at = w.next++;
    const Inst &i = insts[at];
    ++runs[at];
    laneInstructions += i.scalar ? 1 : w.active;
    if (++steps > limit)
      fail("runs for more than %llu instructions",
           static_cast<unsigned long long>(limit));
    if (w.indexed)
      runIndexed(w, i);
    else
      i.run(w, i);
  }
}

void Executor::runWorkgroup(uint64_t id) {
  workgroup = id;
  memory.beginWorkgroup(id);
  shared.beginWorkgroup();
  Wave *current = &waves[0];
  steps = 0;
  try {
    for (Wave &w : waves) {
      current = &w;
      startWave(w, id);
    }
    for (;;) {
      for (Wave &w : waves) {
        current = &w;
        run(w);
      }
      Wave *ended = nullptr, *waiting = nullptr;
      for (Wave &w : waves)
        (w.state == Wave::Ended ? ended : waiting) = &w;
      if (!waiting)
        break;
      if (ended) {
        current = waiting;
        fail("waits at a barrier for wave %u, which has ended", ended->id);
      }
      for (Wave &w : waves)
        w.state = Wave::Running;
      shared.barrier();
    }
  } catch (const Fault &fault) {
    place(fault, *current);
  }
}

void Executor::count(Counts &counts) const {
  counts.laneInstructions += laneInstructions;
  for (size_t k = 0; k < runs.size(); ++k)
    if (runs[k])
      counts.mnemonics[code.insts[k].name] += runs[k];
}

void amdgpu::launch(Code &code, const Kernel &kernel, const Launch &launch,
                    GlobalMemory &memory, Counts &counts) {
  if (!launch.workgroupSize || launch.workgroupSize > 1024)
    fail("a workgroup of %u lanes", launch.workgroupSize);
  Executor executor(code, kernel, launch, memory);
  for (uint64_t id = 0; id < launch.workgroups; ++id)
    executor.runWorkgroup(id);
  executor.count(counts);
}
