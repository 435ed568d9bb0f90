// Any text is an expression or an error; what evaluates stays below the limit of a value.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/limits.h"
#include "voice_browser/vxml_expression.h"

using namespace ringwall;
using namespace ringwall::voice_browser;

namespace {

class OneVariable : public Variables {
 public:
  [[nodiscard]] const Value* find(std::string_view name) const override { return name == "x" ? &value_ : nullptr; }

 private:
  Value value_ = std::string(1'000, 'x');
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto expression = Expression::parse(as_text({data, size}));
  if (!expression) return 0;
  const auto value = expression->evaluate(OneVariable());
  if (value && to_string(*value).size() > limits::vxml_value_bytes) std::abort();
  return 0;
}
