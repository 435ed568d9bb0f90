#include <algorithm>

#include "base/text.h"
#include "sip/endpoint/core.h"
#include "sip/endpoint/description.h"
#include "sip/endpoint/headers.h"

// An INVITE of ours that is sent again, changed, because of how it was refused (RFC 3261 section 8.1.3.5). The leg and
// its Call-ID and From stay; branch and CSeq are new.
namespace ringwall::sip {
namespace {

constexpr int most_raises = 2;  // 422s in a row that are obeyed: ours may be raised by several hops

}  // namespace

/// The request once more: with this branch and CSeq, and with headers of `changed` in place of those of the same name.
std::string Endpoint::Core::write_again(const Message& first, Transport transport, std::string_view branch,
                                        std::uint32_t cseq, const Headers& changed) const {
  MessageWriter writer;
  writer.request(first.method_name(), first.request_uri().text);
  writer.header(HeaderName::via, own_names.via(transport, branch));
  for (const HeaderField& field : first.headers()) {
    if (field.name == HeaderName::via || field.name == HeaderName::content_length ||
        field.name == HeaderName::content_type)
      continue;
    const auto replaced = [&](const auto& header) {
      const HeaderName name = parse_header_name(header.first);
      return name == HeaderName::other ? equals_ignoring_case(header.first, field.text_name) : name == field.name;
    };
    if (field.name == HeaderName::cseq) {
      writer.header(HeaderName::cseq, fmt::format("{} {}", cseq, first.method_name()));
    } else if (std::ranges::none_of(changed, replaced)) {
      writer.header(field.text_name, field.value);
    }
  }
  for (const auto& [name, value] : changed)
    writer.header(name, value);
  return writer.finish(first.header(HeaderName::content_type), first.body());
}

/// False if it cannot be repeated: the refusal is final then. Headers of `changed` replace those of the same name.
bool Endpoint::Core::repeat_invite(ClientTransaction& transaction, Leg& leg, const Headers& changed, Time now) {
  const auto first = Message::parse(transaction.request);
  if (!first || leg.silent || full()) return false;
  leg.invite_cseq = leg.dialog.next_cseq();
  leg.rseq = 0;
  leg.forks.clear();  // early dialogs end with the final response
  leg.unanswered.clear();
  std::string branch = new_branch(first->request_uri().text);
  std::string bytes = write_again(*first, transaction.route.transport, branch, leg.invite_cseq, changed);
  (void)leg.session.sent(OfferAnswerState::Carrier::invite, is_description(*first));
  const auto purpose = static_cast<Purpose>(transaction.purpose);
  const Route route = transaction.route;
  leg.client_invite = start_client(Method::invite, std::move(branch), std::move(bytes), route, purpose, leg.id, now).id;
  return true;
}

// 422 (RFC 4028 section 7.4): once more, with the interval that was asked for.
bool Endpoint::Core::retry_longer(ClientTransaction& transaction, Leg& leg, const MessagePtr& refusal, Time now) {
  if (refusal == nullptr || refusal->status() != 422 || leg.clock.raises++ >= most_raises) return false;
  const SessionWishes wishes = session_wishes();
  const auto raised = raised_interval(*refusal, std::max(leg.clock.minimum, wishes.interval));
  if (raised == std::chrono::seconds::zero()) return false;
  leg.clock.minimum = raised;
  Headers changed;
  ask_for_session(&leg, changed);
  return repeat_invite(transaction, leg, changed, now);
}

}  // namespace ringwall::sip
