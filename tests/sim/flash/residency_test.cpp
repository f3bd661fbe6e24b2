// What stays in DRAM, checked against plain implementations.
#include "sim/flash/residency.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <random>

using namespace lutra::flash;

TEST_CASE("the cache holds exactly what a list of the least recently used would hold") {
  constexpr std::uint32_t kGranules = 60;
  for (const std::int64_t capacity : {0, 1, 7, 60}) {
    LruResidency cache(kGranules, capacity);
    std::list<std::uint32_t> plain;
    std::mt19937 random(3);
    for (int step = 0; step < 5000; ++step) {
      const std::uint32_t g = std::min(random() % kGranules, random() % kGranules);
      const auto found = std::find(plain.begin(), plain.end(), g);
      REQUIRE(cache.lookup(g) == (found != plain.end()));
      if (found != plain.end()) plain.erase(found);
      plain.push_front(g);
      if (plain.size() > static_cast<std::size_t>(capacity)) plain.pop_back();
      cache.insert(g);
      REQUIRE(cache.held() == static_cast<std::int64_t>(plain.size()));
    }
  }
}

TEST_CASE("a window holds what the last tokens used and nothing else") {
  WindowResidency window(10, 10, 2);
  const auto use = [&window](std::uint32_t g) {
    const bool there = window.lookup(g);
    if (!there) window.insert(g);
    return there;
  };
  CHECK_FALSE(use(1));
  CHECK_FALSE(use(2));
  window.next_token();
  CHECK(use(1));
  window.next_token();
  CHECK(window.held() == 2);
  window.next_token();  // 2 was used three tokens ago
  CHECK(window.held() == 1);
  CHECK(window.held_between(0, 2) == 1);
  CHECK(window.held_between(2, 10) == 0);
  CHECK_FALSE(use(2));
}

TEST_CASE("a static residency keeps its share of every expert, spread over its neurons") {
  StaticResidency kept(400, 200, 100);
  for (std::uint32_t expert = 0; expert < 4; ++expert) {
    int first_half = 0, all = 0;
    for (std::uint32_t g = 0; g < 100; ++g) {
      const bool there = kept.lookup(expert * 100 + g);
      all += there ? 1 : 0;
      first_half += there && g < 50 ? 1 : 0;
    }
    CHECK(all == 50);
    CHECK(std::abs(first_half - 25) <= 2);
  }
}
