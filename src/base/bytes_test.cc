#include "base/bytes.h"

#include <gtest/gtest.h>

namespace ringwall {
namespace {

TEST(ByteReader, ReadsBigEndianFields) {
  const Buffer bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u24(), 0x040506u);
  EXPECT_EQ(reader.u32(), 0x0708090au);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, StaysFailedAfterReadingPastTheEnd) {
  const Buffer bytes{1, 2};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  ByteWriter writer;
  writer.u8(0xfe);
  writer.u24(0x010203);
  writer.u64(0x1122334455667788);
  writer.text("ok");
  ByteReader reader(writer.buffer());
  EXPECT_EQ(reader.u8(), 0xfe);
  EXPECT_EQ(reader.u24(), 0x010203u);
  EXPECT_EQ(reader.u64(), 0x1122334455667788u);
  EXPECT_EQ(as_text(reader.rest()), "ok");
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace ringwall
