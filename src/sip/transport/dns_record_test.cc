#include "sip/transport/dns_record.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

using testing::ElementsAre;

std::string name(std::initializer_list<std::string_view> labels) {
  std::string out;
  for (const std::string_view label : labels)
    out.append(1, static_cast<char>(label.size())).append(label);
  return out + '\0';
}
std::string number(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
bool adds(RecordType type, const std::string& data) {
  DnsAnswer answer;
  const bool added = add_record(answer, type, as_bytes(data)).has_value();
  EXPECT_EQ(added, !(answer.addresses.empty() && answer.services.empty() && answer.pointers.empty()));
  return added;
}

TEST(DnsRecordTest, ReadsEachKind) {
  DnsAnswer answer;
  ASSERT_TRUE(add_record(answer, RecordType::a, as_bytes(std::string("\xc0\x00\x02\x01", 4))));
  ASSERT_TRUE(add_record(answer, RecordType::aaaa, as_bytes("\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01")));
  EXPECT_THAT(answer.addresses, ElementsAre("192.0.2.1", "2001:db8::1"));
  const std::string srv = number(1) + number(20) + number(5061) + name({"SIP1", "Example", "com"});
  ASSERT_TRUE(add_record(answer, RecordType::srv, as_bytes(srv)));
  EXPECT_EQ(answer.services[0].priority, 1);
  EXPECT_EQ(answer.services[0].weight, 20);
  EXPECT_EQ(answer.services[0].port, 5061);
  EXPECT_EQ(answer.services[0].target, "sip1.example.com");
  const std::string naptr =
      number(50) + number(60) + "\x01s\x08SIPS+D2T" + std::string(1, '\0') + name({"_sips", "_tcp", "example", "com"});
  ASSERT_TRUE(add_record(answer, RecordType::naptr, as_bytes(naptr)));
  EXPECT_EQ(answer.pointers[0].order, 50);
  EXPECT_EQ(answer.pointers[0].preference, 60);
  EXPECT_EQ(answer.pointers[0].flags, "s");
  EXPECT_EQ(answer.pointers[0].service, "SIPS+D2T");
  EXPECT_EQ(answer.pointers[0].regexp, "");
  EXPECT_EQ(answer.pointers[0].replacement, "_sips._tcp.example.com");
}

TEST(DnsRecordTest, AServiceThatIsNotOfferedHasNoTarget) {
  DnsAnswer answer;
  ASSERT_TRUE(add_record(answer, RecordType::srv, as_bytes(std::string(7, '\0'))));
  EXPECT_EQ(answer.services[0].target, "");
}

TEST(DnsRecordTest, MalformedOnesAreRefused) {
  const std::string head = number(1) + number(1) + number(5061);
  EXPECT_FALSE(adds(RecordType::a, "abc"));
  EXPECT_FALSE(adds(RecordType::a, "abcde"));
  EXPECT_FALSE(adds(RecordType::aaaa, "abcd"));
  EXPECT_FALSE(adds(RecordType::srv, ""));
  EXPECT_FALSE(adds(RecordType::srv, head));
  EXPECT_FALSE(adds(RecordType::srv, head + "\x05"
                                            "abc"));  // the label ends too early
  EXPECT_FALSE(adds(RecordType::srv, head + "\x03"
                                            "abc"));                // no root
  EXPECT_FALSE(adds(RecordType::srv, head + "\xc0\x0c"));           // a compression pointer
  EXPECT_FALSE(adds(RecordType::srv, head + name({"abc"}) + "x"));  // something behind it
  EXPECT_FALSE(adds(RecordType::srv, head + name({"a.b"})));        // a dot that is none
  EXPECT_FALSE(adds(RecordType::srv, head + name({"a\r\nb"})));     // would be printed
  EXPECT_FALSE(adds(RecordType::srv, head + name({std::string(63, 'a'), std::string(63, 'b'), std::string(63, 'c'),
                                                  std::string(63, 'd')})));  // 255 characters
  EXPECT_FALSE(adds(RecordType::naptr, number(1) + number(1) + "\x01s\x20SIP"));
}

TEST(DnsRecordTest, TooManyAreLeftOut) {
  DnsAnswer answer;
  for (std::size_t i = 0; i < limits::dns_records + 10; ++i)
    EXPECT_TRUE(add_record(answer, RecordType::a, as_bytes("abcd")));
  EXPECT_EQ(answer.addresses.size(), limits::dns_records);
}

}  // namespace
}  // namespace ringwall::sip
