#include "call/form_urlencoded.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace ringwall::call {
namespace {

using testing::ElementsAre;

TEST(FormUrlencoded, PrintsAndReads) {
  const NamedValues values{{"choice", "1"}, {"name", "Ada & B=C+D\n\xc3\xa4"}, {"empty", ""}};
  const std::string body = print_form_urlencoded(values);
  EXPECT_EQ(body, "choice=1&name=Ada+%26+B%3DC%2BD%0A%C3%A4&empty=");
  EXPECT_EQ(parse_form_urlencoded(body), values);
  EXPECT_THAT(parse_form_urlencoded("a=%&b=%2&c=%zz&&=x&d"),
              ElementsAre(testing::Pair("a", "%"), testing::Pair("b", "%2"), testing::Pair("c", "%zz"),
                          testing::Pair("d", "")));
  std::string many;
  for (int i = 0; i < 1'000; ++i)
    many += "a=b&";
  EXPECT_EQ(parse_form_urlencoded(many).size(), limits::form_pairs);
}

}  // namespace
}  // namespace ringwall::call
