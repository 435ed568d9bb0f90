#include "proof/tls_records.h"

#include <gmock/gmock.h>

#include "proof/crafted.h"
#include "proof/tls_hello.h"
#include "proof/tls_names.h"

namespace ringwall::proof {
namespace {

using crafted::tls_record;
using testing::ElementsAre;

Buffer message(std::uint8_t type, Bytes body) {
  ByteWriter out;
  out.u8(type);
  out.u24(static_cast<std::uint32_t>(body.size()));
  out.bytes(body);
  return out.take();
}

void extension(ByteWriter& out, std::uint16_t type, Bytes data) {
  out.u16(type);
  out.u16(static_cast<std::uint16_t>(data.size()));
  out.bytes(data);
}

Buffer client_hello_body() {
  ByteWriter out, extensions, name;
  out.u16(0x0303);
  out.bytes(Buffer(32, 7));
  out.u8(32);
  out.bytes(Buffer(32, 8));
  out.u16(2);
  out.u16(0x1302);
  out.u16(0x0100);
  name.u16(12);
  name.u8(0);
  name.u16(9);
  name.text("edge.test");
  extension(extensions, 0, name.buffer());
  extension(extensions, 10, Buffer{0, 6, 0x2a, 0x2a, 0, 29, 0, 23});
  extension(extensions, 43, Buffer{4, 3, 4, 3, 3});
  out.u16(static_cast<std::uint16_t>(extensions.size()));
  out.bytes(extensions.buffer());
  return out.take();
}

Buffer server_hello_body(Bytes random, std::uint16_t cipher = 0x1302, bool modern = true) {
  ByteWriter out, extensions;
  out.u16(0x0303);
  out.bytes(random);
  out.u8(0);
  out.u16(cipher);
  out.u8(0);
  if (modern) {
    extension(extensions, 43, Buffer{3, 4});
    extension(extensions, 51, Buffer{0, 29, 0, 1, 9});
  }
  out.u16(static_cast<std::uint16_t>(extensions.size()));
  out.bytes(extensions.buffer());
  return out.take();
}

TEST(TlsRecords, ReadsTheHellosOfTls13) {
  TlsRecordReader client(true), server(true);
  EXPECT_TRUE(client.receive(tls_record(22, message(1, client_hello_body()))));
  ASSERT_TRUE(client.client_hello());
  EXPECT_EQ(client.client_hello()->server_name, "edge.test");
  EXPECT_THAT(client.client_hello()->versions, ElementsAre("TLSv1.3", "TLSv1.2"));
  EXPECT_THAT(client.client_hello()->groups, ElementsAre("x25519", "P-256"));
  EXPECT_FALSE(client.client_hello()->offers_session);
  EXPECT_TRUE(server.receive(tls_record(22, message(2, server_hello_body(Buffer(32, 1))))));
  ASSERT_TRUE(server.server_hello());
  EXPECT_EQ(server.server_hello()->version, "TLSv1.3");
  EXPECT_EQ(server.server_hello()->cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(server.server_hello()->group, "x25519");
}

TEST(TlsRecords, ReadsTheGroupOfTls12) {
  TlsRecordReader server(true);
  Buffer flight = message(2, server_hello_body(Buffer(32, 1), 0xc02c, false));
  const Buffer key_exchange = message(12, Buffer{3, 0, 24, 1, 4});
  flight.insert(flight.end(), key_exchange.begin(), key_exchange.end());
  EXPECT_TRUE(server.receive(tls_record(22, flight)));
  EXPECT_EQ(server.server_hello()->version, "TLSv1.2");
  EXPECT_EQ(server.server_hello()->cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(server.server_hello()->group, "P-384");
}

TEST(TlsRecords, TakesTheHelloThatFollowsARetry) {
  const Buffer retry = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
  TlsRecordReader server(true);
  server.receive(tls_record(22, message(2, server_hello_body(retry))));
  EXPECT_FALSE(server.server_hello());
  server.receive(tls_record(20, Buffer{1}));
  server.receive(tls_record(22, message(2, server_hello_body(Buffer(32, 1)))));
  ASSERT_TRUE(server.server_hello());
}

TEST(TlsRecords, ReadsMessagesThatAreSplitAnywhere) {
  Buffer stream;
  const Buffer whole = message(1, client_hello_body());
  for (const Bytes part : {Bytes(whole).first(50), Bytes(whole).subspan(50)}) {
    const Buffer record = tls_record(22, part);
    stream.insert(stream.end(), record.begin(), record.end());
  }
  TlsRecordReader reader(true);
  for (std::uint8_t byte : stream)
    EXPECT_TRUE(reader.receive(Bytes(&byte, 1)));
  EXPECT_EQ(reader.seen().records, 2U);
  ASSERT_TRUE(reader.client_hello());
  EXPECT_EQ(reader.client_hello()->server_name, "edge.test");
}

TEST(TlsRecords, ReadsAlertsInClearOnly) {
  TlsRecordReader reader(true);
  reader.receive(tls_record(21, Buffer{2, 48}));
  reader.receive(tls_record(20, Buffer{1}));
  reader.receive(tls_record(21, Buffer{2, 40}));
  EXPECT_THAT(reader.seen().alerts, ElementsAre("fatal unknown_ca"));
}

TEST(TlsRecords, CountsPlaintextFromItsFirstByteOn) {
  TlsRecordReader reader(true);
  Buffer mixed = tls_record(23, Buffer(20, 1));
  mixed.insert(mixed.end(), 10, 'x');
  EXPECT_FALSE(reader.receive(mixed));
  EXPECT_EQ(reader.seen().plain_bytes, 10U);
  EXPECT_FALSE(reader.receive(as_bytes("more")));
  EXPECT_EQ(reader.seen().plain_bytes, 14U);
  EXPECT_TRUE(reader.receive(tls_record(23, Buffer(20, 1))));
  EXPECT_EQ(reader.seen().application_records, 2U);
}

TEST(TlsRecords, CountsPlaintextThatBeginsLikeAHeader) {
  TlsRecordReader reader(true);
  EXPECT_TRUE(reader.receive(Buffer{22, 3}));
  EXPECT_FALSE(reader.receive(Buffer{9, 9, 9}));
  EXPECT_EQ(reader.seen().plain_bytes, 5U);
  EXPECT_EQ(reader.seen().records, 0U);
}

TEST(TlsRecords, FindsItsPlaceInTheMiddleOfAStream) {
  TlsRecordReader reader(false);
  EXPECT_FALSE(reader.receive(Buffer(30, 0xee)));
  EXPECT_TRUE(reader.receive(tls_record(23, Buffer(20, 1))));
  EXPECT_EQ(reader.seen().skipped_bytes, 30U);
  EXPECT_EQ(reader.seen().plain_bytes, 0U);
}

TEST(TlsRecords, SurvivesEveryCutOfAHello) {
  const Buffer whole = client_hello_body();
  for (std::size_t length = 0; length < whole.size(); ++length)
    (void)parse_client_hello(Bytes(whole).first(length));
  EXPECT_FALSE(parse_client_hello(Bytes(whole).first(40)));
  const Buffer server = server_hello_body(Buffer(32, 1));
  for (std::size_t length = 0; length < 38; ++length)
    EXPECT_FALSE(parse_server_hello(Bytes(server).first(length)));
}

TEST(TlsNames, AreTheSameInEveryDialect) {
  EXPECT_TRUE(same_cipher("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
  EXPECT_FALSE(same_cipher("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"));
  EXPECT_TRUE(same_group("P-256", "prime256v1"));
  EXPECT_TRUE(same_group("secp256r1", "p-256"));
  EXPECT_TRUE(same_group("X25519", "x25519"));
  EXPECT_FALSE(same_group("P-384", "P-256"));
  EXPECT_FALSE(same_group("", "P-256"));
  EXPECT_EQ(cipher_name(0xabcd), "0xabcd");
  EXPECT_EQ(tls_version_name(0x0302), "TLSv1.1");
}

}  // namespace
}  // namespace ringwall::proof
