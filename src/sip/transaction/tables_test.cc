#include <gmock/gmock.h>

#include "sip/transaction/client_table.h"
#include "sip/transaction/server_table.h"

namespace ringwall::sip {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Time start{1000s};

std::string request(std::string_view method, std::string_view branch, std::string_view host = "host.test:5061",
                    std::string_view to_tag = "", int cseq = 1) {
  return fmt::format(
      "{0} sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/TLS {2};branch={1}\r\nMax-Forwards: 70\r\nRoute: <sip:p1.test;lr>\r\n"
      "Route: <sip:p2.test;lr>\r\nFrom: <sip:a@a.test>;tag=from\r\nTo: <sip:b@b.test>{3}\r\nCall-ID: call\r\n"
      "CSeq: {4} {0}\r\nContact: <sip:a@1.1.1.1>\r\nContent-Length: 0\r\n\r\n",
      method, branch, host, to_tag, cseq);
}
MessagePtr parse(const std::string& text) {
  auto message = Message::parse(text);
  EXPECT_TRUE(message.has_value()) << message.error().reason << "\n" << text;
  return std::make_shared<const Message>(std::move(*message));
}
MessagePtr response(int status, std::string_view branch, std::string_view method) {
  return parse(
      fmt::format("SIP/2.0 {} X\r\nVia: SIP/2.0/TLS host.test;branch={}\r\nFrom: <sip:a@a.test>;tag=from\r\n"
                  "To: <sip:b@b.test>;tag=to\r\nCall-ID: call\r\nCSeq: 1 {}\r\nContent-Length: 0\r\n\r\n",
                  status, branch, method));
}

struct ServerTableTest : testing::Test {
  ServerTable table{HashKey{1, 2}};
  std::uint64_t last = 0;
  ServerTransaction& add(const std::string& text) { return table.add(TransactionId{++last}, parse(text), {}, start); }
};

TEST_F(ServerTableTest, MatchesByBranchSentByAndMethod) {
  ServerTransaction& known = add(request("INVITE", "z9hG4bK1"));
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK1"))), &known);
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK1", "HOST.test:5061"))), &known);
  EXPECT_EQ(table.find(*parse(request("ACK", "z9hG4bK1"))), &known);
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK2"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK1", "host.test"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK1", "other.test:5061"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("OPTIONS", "z9hG4bK1"))), nullptr);
}

TEST_F(ServerTableTest, CancelFindsItsInvite) {
  ServerTransaction& known = add(request("INVITE", "z9hG4bK1"));
  const auto cancel = parse(request("CANCEL", "z9hG4bK1"));
  EXPECT_EQ(table.find(*cancel), nullptr);
  EXPECT_EQ(table.find_cancelled(*cancel), &known);
  EXPECT_EQ(table.find_cancelled(*parse(request("CANCEL", "z9hG4bK3"))), nullptr);
}

TEST_F(ServerTableTest, SeesMergedRequests) {
  add(request("INVITE", "z9hG4bK1"));
  EXPECT_TRUE(table.is_merged(*parse(request("INVITE", "z9hG4bK2"))));
  EXPECT_FALSE(table.is_merged(*parse(request("INVITE", "z9hG4bK2", "host.test", "", 2))));
  EXPECT_FALSE(table.is_merged(*parse(request("INVITE", "z9hG4bK2", "host.test", ";tag=x"))));
  EXPECT_FALSE(table.is_merged(*parse(request("OPTIONS", "z9hG4bK2"))));
}

TEST_F(ServerTableTest, ForgetsWhatIsErased) {
  const TransactionId id = add(request("INVITE", "z9hG4bK1")).id;
  table.erase(id);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find(*parse(request("INVITE", "z9hG4bK1"))), nullptr);
  EXPECT_FALSE(table.is_merged(*parse(request("INVITE", "z9hG4bK2"))));
  table.erase(id);  // twice is harmless
}

TEST_F(ServerTableTest, KnowsTheMagicCookie) {
  EXPECT_EQ(branch_kind(*parse(request("INVITE", "z9hG4bK1"))), BranchKind::cookie);
  EXPECT_EQ(branch_kind(*parse(request("INVITE", "z9hG4bK"))), BranchKind::bare);
  EXPECT_EQ(branch_kind(*parse(request("INVITE", "1"))), BranchKind::old);
}

TEST_F(ServerTableTest, MatchesAnOldBranchByTheWholeRequest) {
  ServerTransaction& first = add(request("INVITE", "1"));
  ServerTransaction& second = add(request("INVITE", "1", "host.test:5061", "", 2));
  EXPECT_EQ(table.find(*parse(request("INVITE", "1"))), &first);
  EXPECT_EQ(table.find(*parse(request("INVITE", "1", "host.test:5061", "", 2))), &second);
  EXPECT_EQ(table.find(*parse(request("INVITE", "1", "host.test:5061", ";tag=to"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("INVITE", "2"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("INVITE", "1", "host.test"))), nullptr);
  EXPECT_EQ(table.find(*parse(request("ACK", "1", "host.test:5061", ";tag=ours"))), &first);
  EXPECT_EQ(table.find_cancelled(*parse(request("CANCEL", "1"))), &first);
  table.erase(first.id);
  EXPECT_EQ(table.find(*parse(request("INVITE", "1"))), nullptr);
}

TEST(ClientTableTest, MatchesByBranchAndMethod) {
  ClientTable table;
  ClientTransaction& invite = table.add(TransactionId{1}, Method::invite, "z9hG4bKa", {}, start);
  ClientTransaction& cancel = table.add(TransactionId{2}, Method::cancel, "z9hG4bKa", {}, start);
  EXPECT_EQ(table.find(*response(180, "z9hG4bKa", "INVITE")), &invite);
  EXPECT_EQ(table.find(*response(200, "z9hG4bKa", "CANCEL")), &cancel);
  EXPECT_EQ(table.find(*response(200, "z9hG4bKa", "BYE")), nullptr);
  EXPECT_EQ(table.find(*response(200, "z9hG4bKb", "INVITE")), nullptr);
  table.erase(TransactionId{1});
  EXPECT_EQ(table.find(*response(180, "z9hG4bKa", "INVITE")), nullptr);
  EXPECT_EQ(table.size(), 1U);
}

TEST(AckTest, CopiesWhatSection17113Says) {
  const auto ack = parse(make_ack(request("INVITE", "z9hG4bK1"), *response(486, "z9hG4bK1", "INVITE")));
  EXPECT_EQ(ack->method(), Method::ack);
  EXPECT_EQ(ack->request_uri().text, "sip:b@b.test");
  EXPECT_EQ(ack->top_via().branch, "z9hG4bK1");
  EXPECT_EQ(ack->to().tag, "to");
  EXPECT_EQ(ack->from().tag, "from");
  EXPECT_EQ(ack->cseq().number, 1U);
  EXPECT_THAT(ack->values(HeaderName::route), testing::ElementsAre("<sip:p1.test;lr>", "<sip:p2.test;lr>"));
  EXPECT_FALSE(ack->has(HeaderName::contact));
}

TEST(CancelTest, CopiesWhatSection91Says) {
  const auto cancel = parse(make_cancel(request("INVITE", "z9hG4bK1"), {{"Reason", "Q.850;cause=16"}}));
  EXPECT_EQ(cancel->method(), Method::cancel);
  EXPECT_EQ(cancel->top_via().branch, "z9hG4bK1");
  EXPECT_EQ(cancel->to().tag, "");
  EXPECT_EQ(cancel->cseq().method, Method::cancel);
  EXPECT_EQ(cancel->header(HeaderName::reason), "Q.850;cause=16");
  EXPECT_THAT(cancel->values(HeaderName::route), testing::SizeIs(2));
}

TEST(TimerQueueTest, WakesInOrderAndForgetsWhatMoved) {
  TimerQueue queue;
  TimerSlot a, b;
  queue.schedule(1, a, start + 5s);
  queue.schedule(2, b, start + 2s);
  queue.schedule(1, a, start + 9s);  // later: nothing new is queued
  queue.schedule(1, a, start + 1s);  // earlier: it is
  EXPECT_EQ(queue.next(), start + 1s);
  auto due = queue.pop(start + 5s);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->owner, 1U);
  EXPECT_TRUE(TimerQueue::claims(*due, a));
  due = queue.pop(start + 5s);
  EXPECT_EQ(due->owner, 2U);
  EXPECT_TRUE(TimerQueue::claims(*due, b));
  due = queue.pop(start + 5s);
  EXPECT_EQ(due->owner, 1U);
  EXPECT_FALSE(TimerQueue::claims(*due, a));
  EXPECT_FALSE(queue.pop(start + 5s));
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(FlowIndexTest, KnowsWhoUsesAFlow) {
  FlowIndex index;
  FlowMember a(1), b(2);
  {
    FlowMember c(3);
    for (FlowMember* member : {&a, &b, &c})
      index.join(*member, FlowId{7});
    EXPECT_THAT(index.owners(FlowId{7}), testing::UnorderedElementsAre(1, 2, 3));
  }
  EXPECT_THAT(index.owners(FlowId{7}), testing::UnorderedElementsAre(1, 2));
  index.join(b, FlowId{8});
  EXPECT_THAT(index.owners(FlowId{7}), testing::ElementsAre(1));
  EXPECT_THAT(index.owners(FlowId{8}), testing::ElementsAre(2));
  a.leave();
  EXPECT_THAT(index.owners(FlowId{7}), testing::IsEmpty());
}

TEST(KeyedHashTest, DependsOnKeyAndText) {
  EXPECT_EQ(keyed_hash({1, 2}, "branch-1"), keyed_hash({1, 2}, "branch-1"));
  EXPECT_NE(keyed_hash({1, 2}, "branch-1"), keyed_hash({1, 2}, "branch-2"));
  EXPECT_NE(keyed_hash({1, 2}, "branch-1"), keyed_hash({1, 3}, "branch-1"));
  EXPECT_NE(keyed_hash({1, 2}, ""), keyed_hash({1, 2}, std::string_view("\0", 1)));
}

}  // namespace
}  // namespace ringwall::sip
