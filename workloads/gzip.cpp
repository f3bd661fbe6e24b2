// zlib on texts that are held whole.
#include "workloads/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, in a gzip wrapper
constexpr int kMemoryLevel = 8;       // zlib's default

Bytef* bytes_of(const std::string& text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

std::string gzip(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("zlib has no memory to compress with");
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = bytes_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error("zlib could not compress the text");
  return out;
}

bool is_gzip(const std::string& bytes) { return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

std::string gunzip(const std::string& bytes, const std::string& file, std::uint64_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw Error("zlib has no memory to unpack with", {file});
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 65536> block{};
  int status = Z_OK;
  while (status == Z_OK && text.size() <= max_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (text.size() > max_bytes) throw Error(fmt::format("more than {} bytes when unpacked", max_bytes), {file});
  if (status != Z_STREAM_END) throw Error("the gzip file is damaged or cut short", {file});
  return text;
}

}  // namespace lutra::workloads
