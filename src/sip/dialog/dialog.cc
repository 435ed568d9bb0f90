#include "sip/dialog/dialog.h"

#include <algorithm>

#include "base/limits.h"

namespace ringwall::sip {
namespace {

// A Contact that requests can be sent to.
Result<std::string> usable_contact(const Message& message) {
  const auto contact = message.contact();
  if (!contact) return fail("the message has no Contact, so no later request could be sent", "Contact");
  if (!contact->uri.is_sip() || contact->uri.host.empty()) return fail("the Contact is no SIP URI", "Contact");
  return std::string(contact->uri.text.substr(0, contact->uri.text.find('?')));
}

Result<std::vector<std::string>> recorded_route(const Message& message) {
  if (!message.has(HeaderName::record_route)) return {};
  const auto values = message.values(HeaderName::record_route);
  if (values.size() > limits::sip_route_set) return fail("more Record-Route values than are followed", "Record-Route");
  std::vector<std::string> out;
  out.reserve(values.size());
  for (std::string_view value : values) {
    if (!parse_name_addr(value)) return fail("a Record-Route value cannot be read", "Record-Route");
    out.emplace_back(value);
  }
  return out;
}

std::string uri_of(const std::string& party) {
  const auto parsed = parse_name_addr(party);
  return parsed ? std::string(parsed->uri.text) : std::string();
}

}  // namespace

Dialog Dialog::caller(std::string call_id, std::string_view local, std::string_view remote, std::string remote_uri,
                      std::string local_tag, std::uint32_t cseq) {
  Dialog out;
  out.call_id_ = std::move(call_id);
  out.local_party_ = std::string(local).append(";tag=").append(local_tag);
  out.remote_party_ = remote;
  out.remote_target_ = std::move(remote_uri);
  out.local_tag_ = std::move(local_tag);
  out.local_cseq_ = cseq;
  return out;
}

Dialog Dialog::caller(const Message& invite) {
  Dialog out;
  out.call_id_ = invite.call_id();
  out.local_party_ = invite.header(HeaderName::from);
  out.remote_party_ = invite.header(HeaderName::to);
  out.remote_target_ = invite.request_uri().text;
  out.local_tag_ = invite.from().tag;
  out.local_cseq_ = invite.cseq().number;
  return out;
}

Result<Dialog> Dialog::called(const Message& invite, std::string local_tag) {
  Dialog out;
  TRY(out.remote_target_, usable_contact(invite));
  TRY(out.route_set_, recorded_route(invite));  // in order: the caller's proxies come last to us
  out.call_id_ = invite.call_id();
  out.local_party_ = std::string(invite.header(HeaderName::to)).append(";tag=").append(local_tag);
  out.remote_party_ = invite.header(HeaderName::from);
  out.remote_tag_ = invite.from().tag;
  out.local_tag_ = std::move(local_tag);
  out.remote_cseq_ = invite.cseq().number;
  return out;
}

Result<> Dialog::receive_response(const Message& response) {
  const bool success = response.status() >= 200;
  const std::string_view tag = response.to().tag;
  if (state_ == State::confirmed || (tag.empty() && !success)) return {};
  auto contact = usable_contact(response);
  auto route = recorded_route(response);
  if (contact) remote_target_ = std::move(*contact);
  if (route) {
    std::reverse(route->begin(), route->end());
    route_set_ = std::move(*route);
  }
  if (tag != remote_tag_) remote_cseq_.reset();  // another fork counts for itself
  remote_tag_ = tag;
  remote_party_ = response.header(HeaderName::to);
  state_ = success ? State::confirmed : State::early;
  if (success && !contact) return std::unexpected(std::move(contact).error());
  if (success && !route) return std::unexpected(std::move(route).error());
  return {};
}

Result<> Dialog::receive_notify(const Message& notify) {
  TRY(auto target, usable_contact(notify));
  TRY(route_set_, recorded_route(notify));
  remote_target_ = std::move(target);
  remote_tag_ = notify.from().tag;
  remote_party_ = notify.header(HeaderName::from);
  remote_cseq_.reset();
  state_ = State::confirmed;
  return {};
}

void Dialog::answered(int status) {
  if (status >= 200) {
    state_ = State::confirmed;
  } else if (state_ == State::none) {
    state_ = State::early;
  }
}

bool Dialog::matches(const Message& request) const {
  return request.to().tag == local_tag_ && request.from().tag == remote_tag_ && request.call_id() == call_id_;
}

bool Dialog::receive_request(const Message& request) {
  const std::uint32_t number = request.cseq().number;
  if (remote_cseq_ && number <= *remote_cseq_) return false;
  remote_cseq_ = number;
  return true;
}

void Dialog::refresh_target(const Message& message) {
  if (auto contact = usable_contact(message)) remote_target_ = std::move(*contact);
}

void Dialog::exchange_remote(Dialog& other) {
  std::swap(state_, other.state_);
  std::swap(remote_tag_, other.remote_tag_);
  std::swap(remote_party_, other.remote_party_);
  std::swap(remote_target_, other.remote_target_);
  std::swap(route_set_, other.route_set_);
  std::swap(local_cseq_, other.local_cseq_);
  std::swap(remote_cseq_, other.remote_cseq_);
}

void Dialog::write_request(MessageWriter& writer, std::string_view method, std::string_view via,
                           std::uint32_t cseq) const {
  // A first hop without ;lr routes strictly: it is the Request-URI, and the target goes to the end of Route.
  const auto first = route_set_.empty() ? Result<NameAddr>(fail("")) : parse_name_addr(route_set_.front());
  const bool strict = first && !first->uri.parameter("lr");
  writer.request(method, strict ? first->uri.text : std::string_view(remote_target_));
  writer.header(HeaderName::via, via);
  writer.header(HeaderName::max_forwards, "70");
  for (std::size_t i = strict ? 1 : 0; i < route_set_.size(); ++i)
    writer.header(HeaderName::route, route_set_[i]);
  if (strict) writer.header(HeaderName::route, "<" + remote_target_ + ">");
  writer.header(HeaderName::from, local_party_);
  writer.header(HeaderName::to, remote_party_);
  writer.header(HeaderName::call_id, call_id_);
  writer.header(HeaderName::cseq, {std::to_string(cseq), " ", method});
}

std::string_view Dialog::next_hop() const {
  if (route_set_.empty()) return remote_target_;
  const auto first = parse_name_addr(route_set_.front());
  return first ? first->uri.text : std::string_view(remote_target_);
}

std::string Dialog::local_uri() const {
  return uri_of(local_party_);
}
std::string Dialog::remote_uri() const {
  return uri_of(remote_party_);
}

}  // namespace ringwall::sip
