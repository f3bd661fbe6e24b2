// Which granules (neurons, clusters, experts) are in DRAM.
#pragma once

#include <cstdint>
#include <vector>

namespace lutra::flash {

/// Granules are numbered through the model. The caller looks every granule up that a token needs, and inserts those it had to load.
class Residency {
 public:
  virtual ~Residency() = default;
  /// Whether the granule is there; marks it as used now.
  virtual bool lookup(std::uint32_t granule) = 0;
  /// Keeps a granule that was loaded, if it wants to.
  virtual void insert(std::uint32_t granule) = 0;
  /// A new token begins.
  virtual void next_token() {}
  /// Granules held now; never more than the capacity.
  [[nodiscard]] virtual std::int64_t held() const = 0;
  [[nodiscard]] virtual std::int64_t capacity() const = 0;
  /// Granules of a layer that are held: [begin, end) are its numbers. Only where `compute_resident` makes sense.
  [[nodiscard]] virtual std::int64_t held_between(std::uint32_t begin, std::uint32_t end) const;
};

/// Nothing stays.
class NoResidency : public Residency {
 public:
  bool lookup(std::uint32_t) override { return false; }
  void insert(std::uint32_t) override {}
  [[nodiscard]] std::int64_t held() const override { return 0; }
  [[nodiscard]] std::int64_t capacity() const override { return 0; }
};

/// A fixed share of every expert, chosen without regard to use.
class StaticResidency : public Residency {
 public:
  StaticResidency(std::int64_t granules, std::int64_t capacity, std::int64_t per_expert);
  bool lookup(std::uint32_t granule) override;
  void insert(std::uint32_t) override {}
  [[nodiscard]] std::int64_t held() const override { return held_; }
  [[nodiscard]] std::int64_t capacity() const override { return capacity_; }

 private:
  std::int64_t capacity_, per_expert_, kept_, held_, stride_;
};

/// What the last tokens used (LLM in a flash). Throws Error (bad input) from insert() when the window does not fit.
class WindowResidency : public Residency {
 public:
  WindowResidency(std::int64_t granules, std::int64_t capacity, int window);
  bool lookup(std::uint32_t granule) override;
  void insert(std::uint32_t granule) override;
  void next_token() override;
  [[nodiscard]] std::int64_t held() const override { return held_; }
  [[nodiscard]] std::int64_t capacity() const override { return capacity_; }
  [[nodiscard]] std::int64_t held_between(std::uint32_t begin, std::uint32_t end) const override;

 private:
  void use(std::uint32_t granule);

  std::int64_t capacity_;
  int window_;
  std::int32_t token_ = 0;
  std::int64_t held_ = 0;
  std::vector<std::int32_t> last_;                  // token of the last use; -1: not held
  std::vector<std::vector<std::uint32_t>> recent_;  // granules used, by token modulo window + 1
};

/// The least recently used granule makes room.
class LruResidency : public Residency {
 public:
  LruResidency(std::int64_t granules, std::int64_t capacity);
  bool lookup(std::uint32_t granule) override;
  void insert(std::uint32_t granule) override;
  [[nodiscard]] std::int64_t held() const override { return held_; }
  [[nodiscard]] std::int64_t capacity() const override { return capacity_; }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct Links {
    std::uint32_t before = kNone, after = kNone;
  };
  void unlink(std::uint32_t granule);
  void push_front(std::uint32_t granule);

  std::int64_t capacity_, held_ = 0;
  std::vector<Links> links_;
  std::vector<bool> present_;
  std::uint32_t newest_ = kNone, oldest_ = kNone;
};

}  // namespace lutra::flash
