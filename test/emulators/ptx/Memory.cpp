//===- Memory.cpp - ld, st, atom, cp.async and addresses ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Mnemonics of memory are read part by part. Hints (caches, eviction, prefetch
// sizes) and orders change no result here, as warps run one after the other.
//
//===----------------------------------------------------------------------===//
#include "Select.h"
#include <algorithm>
#include <cinttypes>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

/// Generic addresses become those of their space.
static Space resolve(Space space, uint64_t &address) {
  if (space != Space::Generic)
    return space == Space::Const ? Space::Global : space;
  uint64_t tag = address & kSpaceMask;
  if (tag == kSharedBase || tag == kLocalBase) {
    address -= tag;
    return tag == kSharedBase ? Space::Shared : Space::Local;
  }
  return Space::Global;
}

char *Warp::local(uint64_t address, unsigned size, int lane, const char *verb) {
  uint64_t bytes = group.kernel.localBytes;
  if (address > bytes || size > bytes - address)
    failAt(lane,
           "%s %u bytes at byte %" PRId64 " of local memory, of which there "
           "are %" PRIu64,
           verb, size, static_cast<int64_t>(address), bytes);
  if (address & (size - 1))
    failAt(lane,
           "%s %u bytes at byte %" PRIu64
           " of local memory, which is not aligned to %u",
           verb, size, address, size);
  return localMemory.data() + lane * bytes + address;
}

const char *Warp::read(Space space, uint64_t address, unsigned size, int lane) {
  switch (resolve(space, address)) {
  case Space::Shared:
    return group.shared.read(address, size, size, thread(lane), index, lane);
  case Space::Local:
    return local(address, size, lane, "reads");
  case Space::Param:
    if (address > group.parameters.size() ||
        size > group.parameters.size() - address)
      failAt(lane,
             "reads %u bytes at byte %" PRId64 " of the parameters, of which "
             "there are %zu",
             size, static_cast<int64_t>(address), group.parameters.size());
    return group.parameters.data() + address;
  default:
    return group.memory.read(address, size, size, lane);
  }
}

char *Warp::write(Space space, uint64_t address, unsigned size, int lane) {
  switch (resolve(space, address)) {
  case Space::Shared:
    return group.shared.write(address, size, size, thread(lane), index, lane);
  case Space::Local:
    return local(address, size, lane, "writes");
  case Space::Param:
    failAt(lane, "writes to the parameters");
  default:
    return group.memory.write(address, size, size, lane);
  }
}

char *Warp::atomic(Space space, uint64_t address, unsigned size, int lane) {
  switch (resolve(space, address)) {
  case Space::Shared:
    return group.shared.atomic(address, size, thread(lane), index, lane);
  case Space::Local:
  case Space::Param:
    failAt(lane, "an atomic on memory that is no other thread's");
  default:
    return group.memory.atomic(address, size, lane);
  }
}

// ---- ld, st -----------------------------------------------------------------

namespace {
template <typename T, typename Wide, int Count>
void load(Warp &w, const Instruction &i) {
  int count = Count ? Count : i.count;
  const uint64_t *address = w.reg(i.regs[count]);
  forLanes(w.mask, [&](int l) {
    const char *from =
        w.read(i.space, address[l] + i.offset, count * sizeof(T), l);
    for (int k = 0; k < count; ++k) {
      T value;
      memcpy(&value, from + k * sizeof(T), sizeof(T));
      w.reg(i.regs[k])[l] = toBits(Wide(value));
    }
  });
}
template <typename T, int Count> void store(Warp &w, const Instruction &i) {
  int count = Count ? Count : i.count;
  const uint64_t *address = w.reg(i.regs[0]);
  forLanes(w.mask, [&](int l) {
    char *to = w.write(i.space, address[l] + i.offset, count * sizeof(T), l);
    for (int k = 0; k < count; ++k) {
      T value = fromBits<T>(w.reg(i.regs[k + 1])[l]);
      memcpy(to + k * sizeof(T), &value, sizeof(T));
    }
  });
}

template <typename T, typename Wide> Run loadOf(int count) {
  return count == 1 ? load<T, Wide, 1> : load<T, Wide, 0>;
}
Run selectLoad(const std::string &type, unsigned width, int count) {
  unsigned bits = strtoul(type.c_str() + 1, nullptr, 10);
  if (type[0] == 's' && bits < width) {
    switch (bits) {
    case 8:
      return width == 16   ? loadOf<int8_t, int16_t>(count)
             : width == 32 ? loadOf<int8_t, int32_t>(count)
                           : loadOf<int8_t, int64_t>(count);
    case 16:
      return width == 32 ? loadOf<int16_t, int32_t>(count)
                         : loadOf<int16_t, int64_t>(count);
    case 32:
      return loadOf<int32_t, int64_t>(count);
    }
  }
  switch (bits) {
  case 8:
    return loadOf<uint8_t, uint8_t>(count);
  case 16:
    return loadOf<uint16_t, uint16_t>(count);
  case 32:
    return loadOf<uint32_t, uint32_t>(count);
  case 64:
    return loadOf<uint64_t, uint64_t>(count);
  }
  return nullptr;
}
Run selectStore(unsigned bits, int count) {
  switch (bits) {
  case 8:
    return count == 1 ? store<uint8_t, 1> : store<uint8_t, 0>;
  case 16:
    return count == 1 ? store<uint16_t, 1> : store<uint16_t, 0>;
  case 32:
    return count == 1 ? store<uint32_t, 1> : store<uint32_t, 0>;
  case 64:
    return count == 1 ? store<uint64_t, 1> : store<uint64_t, 0>;
  }
  return nullptr;
}

std::vector<std::string> split(const std::string &mnemonic) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t dot; (dot = mnemonic.find('.', from)) != std::string::npos;
       from = dot + 1)
    parts.push_back(mnemonic.substr(from, dot - from));
  parts.push_back(mnemonic.substr(from));
  return parts;
}

bool isOneOf(const std::string &part, std::initializer_list<const char *> all) {
  return std::find(all.begin(), all.end(), part) != all.end();
}
bool parseSpace(const std::string &part, Space &space) {
  if (part == "global")
    space = Space::Global;
  else if (isOneOf(part, {"shared", "shared::cta"}))
    space = Space::Shared;
  else if (part == "local")
    space = Space::Local;
  else if (isOneOf(part, {"param", "param::entry"}))
    space = Space::Param;
  else if (part == "const")
    space = Space::Const;
  else
    return false;
  return true;
}
bool isOrder(const std::string &part) {
  return isOneOf(part, {"weak", "relaxed", "acquire", "release", "acq_rel",
                        "volatile", "cta", "gpu", "sys", "mmio"});
}
bool isHint(const std::string &part) {
  return isOneOf(part, {"nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt",
                        "L1::evict_normal", "L1::evict_unchanged",
                        "L1::evict_first", "L1::evict_last", "L1::no_allocate",
                        "L2::64B", "L2::128B", "L2::256B"});
}
bool isType(const std::string &part) {
  return part.size() > 1 && strchr("busf", part[0]) &&
         isdigit(static_cast<unsigned char>(part[1])) &&
         isOneOf(part.substr(1), {"8", "16", "32", "64"}) && part != "f8";
}

bool selectAccess(Instruction &i, const std::vector<std::string> &parts) {
  std::string type;
  i.count = 1;
  for (size_t k = 1; k < parts.size(); ++k) {
    const std::string &p = parts[k];
    if (isType(p) && k + 1 == parts.size())
      type = p;
    else if (isOneOf(p, {"v2", "v4", "v8"}))
      i.count = static_cast<uint8_t>(p[1] - '0');
    else if (!parseSpace(p, i.space) && !isOrder(p) && !isHint(p))
      return false;
  }
  bool store = parts[0] == "st";
  if (type.empty() || i.regs.size() != i.count + 1u ||
      (i.count > 1 && i.vectorSize != i.count))
    return false;
  unsigned bits = strtoul(type.c_str() + 1, nullptr, 10);
  if (bits / 8 * i.count > 32)
    return false;
  i.run =
      store ? selectStore(bits, i.count) : selectLoad(type, i.width, i.count);
  return i.run;
}

// ---- addresses --------------------------------------------------------------

bool selectCvta(Instruction &i, const std::vector<std::string> &parts) {
  bool to = parts.size() > 1 && parts[1] == "to";
  size_t at = to ? 2 : 1;
  if (parts.size() != at + 2 || !isOneOf(parts[at + 1], {"u64", "u32"}) ||
      !parseSpace(parts[at], i.space))
    return false;
  i.value = i.space == Space::Shared  ? kSharedBase
            : i.space == Space::Local ? kLocalBase
                                      : 0;
  if (parts[at + 1] == "u32" || i.space == Space::Param)
    return false;
  if (to)
    i.value = 0 - i.value;
  i.run = [](Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forEachLane(w.mask, [&](int l) { d[l] = a[l] + i.value; });
  };
  return true;
}

bool selectIsspacep(Instruction &i, const std::vector<std::string> &parts) {
  if (parts.size() != 2 || !parseSpace(parts[1], i.space))
    return false;
  i.run = [](Warp &w, const Instruction &i) {
    uint64_t *p = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forLanes(w.mask, [&](int l) {
      uint64_t address = a[l];
      p[l] = resolve(Space::Generic, address) == i.space;
    });
  };
  return true;
}

// ---- cp.async ---------------------------------------------------------------

/// cp.async [to], [from], size{, bytes that are there}. The bytes are read now,
/// and may not be read of shared memory before they are waited for.
void copyAsync(Warp &w, const Instruction &i) {
  const uint64_t *to = w.reg(i.regs[0]), *from = w.reg(i.regs[1]);
  auto size = static_cast<unsigned>(i.value);
  const uint64_t *there = i.regs.size() > 3 ? w.reg(i.regs[3]) : nullptr;
  forLanes(w.mask, [&](int l) {
    Warp::Copy copy = {};
    copy.size = size;
    copy.group = w.groups[l];
    copy.to = to[l] + i.offset;
    copy.lane = l;
    unsigned bytes = there ? static_cast<uint32_t>(there[l]) : size;
    if (bytes > size)
      failAt(l, "copies %u of %u bytes", bytes, size);
    uint64_t source = from[l] + i.offset2;
    if (source & (size - 1))
      failAt(l, "reads %u bytes at address 0x%" PRIx64 ", which is not aligned",
             size, source);
    // Bytes behind the ones that are there are not touched.
    for (unsigned k = 0; k < bytes; ++k)
      copy.bytes[k] = *w.read(Space::Global, source + k, 1, l);
    w.write(Space::Shared, copy.to, size, l);
    w.group.shared.invalidate(copy.to, size);
    w.copies.push_back(copy);
  });
}
/// Applies the copies of lanes whose groups are all but the last `keep`.
void finishCopies(Warp &w, uint64_t keep, bool uncommitted) {
  auto done = [&](const Warp::Copy &c) {
    if (!(w.mask >> c.lane & 1) ||
        (!uncommitted && c.group + keep >= w.groups[c.lane]))
      return false;
    memcpy(w.write(Space::Shared, c.to, c.size, c.lane), c.bytes, c.size);
    return true;
  };
  w.copies.erase(std::remove_if(w.copies.begin(), w.copies.end(), done),
                 w.copies.end());
}

bool selectCopy(Instruction &i, std::vector<std::string> parts) {
  // cp.async.{ca,cg}.shared{::cta}.global{hints}
  if (parts.size() < 3 || parts[1] != "async")
    return false;
  if (parts[2] == "commit_group" && parts.size() == 3) {
    i.run = [](Warp &w, const Instruction &) {
      forLanes(w.mask, [&](int l) { ++w.groups[l]; });
    };
    return true;
  }
  if (parts[2] == "wait_group" && parts.size() == 3 && i.regs.size() == 1) {
    i.run = [](Warp &w, const Instruction &i) {
      finishCopies(w, w.reg(i.regs[0])[__builtin_ctz(w.mask)], false);
    };
    return true;
  }
  if (parts[2] == "wait_all" && parts.size() == 3) {
    i.run = [](Warp &w, const Instruction &) { finishCopies(w, 0, true); };
    return true;
  }
  if (parts.size() < 5 || !isOneOf(parts[2], {"ca", "cg"}) ||
      !isOneOf(parts[3], {"shared", "shared::cta"}) || parts[4] != "global")
    return false;
  for (size_t k = 5; k < parts.size(); ++k)
    if (!isHint(parts[k]))
      return false;
  if (i.regs.size() < 3 || i.regs.size() > 4 || !i.immediate)
    return false;
  i.value = *i.immediate;
  if (parts[2] == "cg" ? i.value != 16
                       : i.value != 4 && i.value != 8 && i.value != 16)
    return false;
  i.run = copyAsync;
  return true;
}

void nothing(Warp &, const Instruction &) {}
} // namespace

bool tercet::emu::ptx::selectMemory(Instruction &i) {
  std::vector<std::string> parts = split(i.mnemonic);
  const std::string &name = parts[0];
  if (isOneOf(name, {"ld", "ldu", "st"}))
    return selectAccess(i, parts);
  if (isOneOf(name, {"atom", "red"}))
    return selectAtomic(i, parts);
  if (name == "cvta")
    return selectCvta(i, parts);
  if (name == "isspacep")
    return selectIsspacep(i, parts);
  if (name == "cp")
    return selectCopy(i, parts);
  if (isOneOf(name, {"prefetch", "prefetchu", "membar", "fence"})) {
    // Nothing is kept back here that they could bring out.
    for (size_t k = 1; k < parts.size(); ++k)
      if (!isOneOf(parts[k],
                   {"global", "local", "L1", "L2", "L2::evict_last",
                    "L2::evict_normal", "cta", "gl", "gpu", "sys", "cluster",
                    "sc", "acq_rel", "acquire", "release"}))
        return false;
    i.run = nothing;
    return true;
  }
  return false;
}
