#include "media/ice/stun_message.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/digest_access.h"
#include "media/ice/crc32.h"
#include "media/ice/stun_writer.h"

namespace ringwall::media::stun {
namespace {

Buffer from_hex(std::string_view hex) {
  Buffer out;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return out;
}

// RFC 5769: the password of sections 2.1 to 2.3.
constexpr std::string_view password = "VOkJxbRl1RmTxUk/WvJxBt";

const Buffer request = from_hex(  // section 2.1
    "0001005821 12a442b7e7a701bc34d686fa87dfae 802200105354554e20746573 7420636c69656e74 002400046e0001ff"
    "80290008932ff9b151263b36 000600096576746a3a68367659202020 000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf");
const Buffer response_ipv4 = from_hex(  // section 2.2
    "0101003c2112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220 002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004c07d4c96");
const Buffer response_ipv6 = from_hex(  // section 2.3
    "010100482112a442b7e7a701bc34d686fa87dfae 8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9 00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c");
const Buffer long_term_request = from_hex(  // section 2.4
    "000100602112a44278ad3433c6ad72c029da412e 00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666");
const TransactionId transaction{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

TEST(Rfc5769, RequestOfTheShortTermMechanism) {
  const auto message = parse(request);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Class::request);
  EXPECT_EQ(message->method, binding);
  EXPECT_EQ(message->transaction, transaction);
  EXPECT_EQ(message->software, "STUN test client");
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_EQ(message->priority, 0x6e0001ffu);
  EXPECT_EQ(message->controlled, 0x932ff9b151263b36u);
  EXPECT_FALSE(message->controlling);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_EQ(message->unknown_count, 0u);
  EXPECT_TRUE(message->fingerprint);
  EXPECT_TRUE(integrity_right(*message, as_bytes(password)));
  EXPECT_FALSE(integrity_right(*message, as_bytes("VOkJxbRl1RmTxUk/WvJxBT")));
}

TEST(Rfc5769, RequestIsWrittenByteForByte) {
  Writer out(Class::request, transaction);
  out.text(Attribute::software, "STUN test client");
  out.u32(Attribute::priority, 0x6e0001ff);
  out.u64(Attribute::ice_controlled, 0x932ff9b151263b36);
  out.text(Attribute::username, "evtj:h6vY", ' ');
  out.integrity(as_bytes(password));
  out.fingerprint();
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(to_buffer(out.bytes()), request);
}

TEST(Rfc5769, ResponseWithAnIpv4Address) {
  const auto message = parse(response_ipv4);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Class::success);
  EXPECT_EQ(message->software, "test vector");
  ASSERT_TRUE(message->mapped);
  EXPECT_EQ(to_net_address(*message->mapped).text(), "192.0.2.1:32853");
  EXPECT_TRUE(message->fingerprint);
  EXPECT_TRUE(integrity_right(*message, as_bytes(password)));

  Writer out(Class::success, transaction);
  out.text(Attribute::software, "test vector", ' ');
  out.xor_mapped_address(*message->mapped);
  out.integrity(as_bytes(password));
  out.fingerprint();
  EXPECT_EQ(to_buffer(out.bytes()), response_ipv4);
}

TEST(Rfc5769, ResponseWithAnIpv6Address) {
  const auto message = parse(response_ipv6);
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->mapped);
  EXPECT_EQ(to_net_address(*message->mapped).text(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_TRUE(integrity_right(*message, as_bytes(password)));

  Writer out(Class::success, transaction);
  out.text(Attribute::software, "test vector", ' ');
  out.xor_mapped_address(*message->mapped);
  out.integrity(as_bytes(password));
  out.fingerprint();
  EXPECT_EQ(to_buffer(out.bytes()), response_ipv6);
}

TEST(Rfc5769, RequestOfTheLongTermMechanism) {
  const auto message = parse(long_term_request);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->username, "マトリックス");
  EXPECT_EQ(message->nonce, "f//499k954d6OL34oL9FSTvy64sA");
  EXPECT_EQ(message->realm, "example.org");
  EXPECT_FALSE(message->fingerprint);
  // The key is MD5(username:realm:password), the password as SASLprep leaves it (RFC 8489 section 18.5.1).
  const Secret hex = crypto::digest_a1(crypto::DigestAlgorithm::md5, *message->username, *message->realm, "TheMatrIX");
  EXPECT_TRUE(integrity_right(*message, from_hex(as_text(hex.reveal()))));
}

TEST(Rfc5769, EveryChangedBitIsSeen) {
  for (std::size_t bit = 0; bit < request.size() * 8; ++bit) {
    Buffer changed = request;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto message = parse(changed);
    EXPECT_FALSE(message && message->fingerprint && integrity_right(*message, as_bytes(password))) << bit;
  }
}

TEST(Crc32, IsTheOneOfTheStandard) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926u);
}

TEST(StunMessage, ClassAndMethodComeBack) {
  for (const Class kind : {Class::request, Class::indication, Class::success, Class::error})
    for (unsigned method = 0; method <= 0xff; ++method) {
      const auto message = parse(Writer(kind, transaction, static_cast<std::uint16_t>(method)).bytes());
      ASSERT_TRUE(message) << method;
      EXPECT_EQ(message->kind, kind);
      EXPECT_EQ(message->method, method);
    }
}

TEST(StunMessage, EveryShorterOneIsRefused) {
  for (std::size_t size = 0; size < request.size(); ++size)
    EXPECT_FALSE(parse(Bytes(request).first(size))) << size;
  Buffer longer = request;
  longer.insert(longer.end(), 4, 0);
  EXPECT_FALSE(parse(longer));
}

TEST(StunMessage, AnAttributeMayNotReachBehindTheEnd) {
  Writer out(Class::request, transaction);
  out.u32(Attribute::priority, 1);
  Buffer bytes = to_buffer(out.bytes());
  bytes[stun::header_bytes + 3] = 5;  // its padding would stand outside
  EXPECT_FALSE(parse(bytes));
}

TEST(StunMessage, TellsWhatItDoesNotUnderstand) {
  Writer out(Class::request, transaction);
  for (unsigned type = 0x30; type < 0x40; ++type)
    out.flag(static_cast<Attribute>(type));
  out.flag(static_cast<Attribute>(0xc057));  // may be passed over
  const auto message = parse(out.bytes());
  ASSERT_TRUE(message);
  ASSERT_EQ(message->unknown_count, 8u);
  EXPECT_EQ(message->unknown[0], 0x30);
  EXPECT_EQ(message->unknown[7], 0x37);
}

TEST(StunMessage, WhatFollowsTheIntegrityIsNotRead) {
  Writer out(Class::request, transaction);
  out.text(Attribute::username, "a:b");
  out.integrity(as_bytes("key"));
  out.flag(Attribute::use_candidate);
  out.text(Attribute::username, "c:d");
  const auto message = parse(out.bytes());
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_EQ(message->username, "a:b");
  EXPECT_TRUE(integrity_right(*message, as_bytes("key")));
}

TEST(StunMessage, ErrorCodesAndTheirLimits) {
  Writer out(Class::error, transaction);
  out.error(487, "Role Conflict");
  EXPECT_EQ(parse(out.bytes())->error, 487);
  Writer unknown(Class::error, transaction);
  unknown.error(420, "Unknown Attribute");
  unknown.unknown_attributes(std::array<std::uint16_t, 3>{0x30, 0x31, 0x32});
  EXPECT_EQ(parse(unknown.bytes())->error, 420);
  for (const std::uint16_t code : {std::uint16_t{200}, std::uint16_t{700}}) {
    Writer bad(Class::error, transaction);
    bad.error(code, "");
    EXPECT_FALSE(parse(bad.bytes()));
  }
}

TEST(StunMessage, AWrongFingerprintIsNoStun) {
  Buffer bytes = request;
  bytes.back() ^= 1;
  EXPECT_FALSE(parse(bytes));
}

TEST(StunMessage, WhatIsNoStun) {
  Buffer bytes = request;
  bytes[4] ^= 1;  // the cookie
  EXPECT_FALSE(looks_like_stun(bytes));
  bytes = request;
  bytes[0] |= 0x80;  // RTP
  EXPECT_FALSE(looks_like_stun(bytes));
}

TEST(StunWriter, LeavesOutWhatDoesNotFit) {
  Writer out(Class::request, transaction);
  out.text(Attribute::username, std::string(message_bytes, 'a'));
  EXPECT_FALSE(out.ok());
  EXPECT_LE(out.bytes().size(), message_bytes);
}

}  // namespace
}  // namespace ringwall::media::stun
