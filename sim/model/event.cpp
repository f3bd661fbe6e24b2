// Names of the event channels.
#include "sim/model/event.h"

#include <array>

namespace lutra::model {

std::string_view channel_name(Channel channel) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Channel::kCount)> kNames = {
      "issue", "retire", "ar", "r", "aw", "w", "b", "lite", "trap", "irq"};
  return kNames.at(static_cast<std::size_t>(channel));
}

}  // namespace lutra::model
