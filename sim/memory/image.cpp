#include "sim/memory/image.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "isa/sha256.h"

namespace lutra::memory {

Image::Image(const Image& other) { *this = other; }

Image& Image::operator=(const Image& other) {
  if (this == &other) return *this;
  pages_.clear();
  for (const auto& [number, page] : other.pages_) pages_.emplace(number, std::make_unique<Page>(*page));
  return *this;
}

const Image::Page* Image::find(std::uint64_t page) const {
  const auto it = pages_.find(page);
  return it == pages_.end() ? nullptr : it->second.get();
}

Image::Page& Image::at(std::uint64_t page) {
  std::unique_ptr<Page>& slot = pages_[page];
  if (!slot) slot = std::make_unique<Page>();
  return *slot;
}

void Image::read(std::uint64_t address, void* destination, std::uint64_t bytes) const {
  auto* out = static_cast<std::uint8_t*>(destination);
  while (bytes > 0) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t run = std::min(bytes, kPageBytes - offset);
    const Page* page = find(address / kPageBytes);
    if (page) {
      std::memcpy(out, page->data() + offset, run);
    } else {
      std::memset(out, 0, run);
    }
    address += run;
    out += run;
    bytes -= run;
  }
}

void Image::write(std::uint64_t address, const void* source, std::uint64_t bytes) {
  const auto* in = static_cast<const std::uint8_t*>(source);
  while (bytes > 0) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t run = std::min(bytes, kPageBytes - offset);
    std::memcpy(at(address / kPageBytes).data() + offset, in, run);
    address += run;
    in += run;
    bytes -= run;
  }
}

void Image::write_masked(std::uint64_t address, const std::uint8_t* source, const std::uint8_t* strobe, std::uint64_t bytes) {
  // Beats are written by the million: one look-up a page and whole strobe bytes at a time.
  std::uint8_t* page = nullptr;
  std::uint64_t known = 0;
  const auto place = [&](std::uint64_t i) {
    const std::uint64_t number = (address + i) / kPageBytes;
    if (page == nullptr || number != known) page = at(known = number).data();
    return page + (address + i) % kPageBytes;
  };
  for (std::uint64_t i = 0; i < bytes; i += 8) {
    const std::uint8_t mask = strobe[i / 8];
    if (mask == 0xFF && bytes - i >= 8 && (address + i) % kPageBytes <= kPageBytes - 8) {
      std::memcpy(place(i), source + i, 8);
      continue;
    }
    for (std::uint64_t j = i; j < std::min(i + 8, bytes); ++j)
      if ((mask >> (j % 8)) & 1U) *place(j) = source[j];
  }
}

std::optional<std::uint64_t> Image::first_difference(const Image& other) const {
  static const Page kZeros{};
  std::optional<std::uint64_t> lowest;
  const auto compare = [&](std::uint64_t number, const Page& a, const Page& b) {
    if (std::memcmp(a.data(), b.data(), kPageBytes) == 0) return;
    const auto offset = static_cast<std::uint64_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
    const std::uint64_t address = number * kPageBytes + offset;
    if (!lowest || address < *lowest) lowest = address;
  };
  for (const auto& [number, page] : pages_) {
    const Page* theirs = other.find(number);
    compare(number, *page, theirs ? *theirs : kZeros);
  }
  for (const auto& [number, page] : other.pages_) {
    if (!find(number)) compare(number, kZeros, *page);
  }
  return lowest;
}

std::string Image::sha256() const {
  std::map<std::uint64_t, std::string> digests;  // in order of address, without pages of zeros
  for (const auto& [number, page] : pages_) {
    const std::string_view bytes(reinterpret_cast<const char*>(page->data()), kPageBytes);
    if (bytes.find_first_not_of('\0') != std::string_view::npos) digests[number] = sha256_hex(bytes);
  }
  std::string text;
  for (const auto& [number, digest] : digests) text += std::to_string(number) + " " + digest + "\n";
  return sha256_hex(text);
}

}  // namespace lutra::memory
