#include "calls.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace ringwall::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 10s;
constexpr Duration kT1 = 500ms;

std::string session(std::string_view ip) {
  return fmt::format(
      "v=0\r\no=- 20518 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 16384 RTP/SAVP 0 8 101\r\n"
      "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\na=ptime:20\r\n"
      "a=sendrecv\r\n",
      ip);
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

Answerer::Answerer(Reactor& reactor, const LoadOptions& options, SSL_CTX* context)
    : contact_(fmt::format("<sip:called@{};transport={}>", options.answerer.text(), options.transport)),
      description_(session(options.answerer.ip)) {
  if (options.transport == "udp")
    datagrams_ = Channel::datagrams(reactor, *this, options.answerer, options.server);
  else
    acceptor_ = std::make_unique<Acceptor>(reactor, *this, options.answerer, context);
  if (datagrams_) datagrams_->ready();
}

void Answerer::answer(Channel& channel, const Received& request, int status) {
  const bool invite = request.method == "INVITE", described = invite && status == 200;
  out_.clear();
  out_.append(status == 180 ? "SIP/2.0 180 Ringing\r\n" : "SIP/2.0 200 OK\r\n");
  for (const auto via : request.vias)
    out_.append(via);
  for (const auto route : request.record_routes)
    out_.append(route);
  out_.append(request.from);
  if (request.to_tag) {
    out_.append(request.to);
  } else {
    out_.append(request.to.substr(0, request.to.size() - 2)).append(";tag=8a7f1c02\r\n");
  }
  out_.append(request.id).append(request.cseq);
  if (invite) out_.append("Contact: ").append(contact_).append("\r\n");
  if (described) out_.append("Content-Type: application/sdp\r\n");
  fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n\r\n", described ? description_.size() : 0);
  if (described) out_.append(description_);
  channel.send(out_);
}

void Answerer::received(Channel& channel, std::string_view message) {
  const Received request(message);
  if (request.status != 0 || request.method == "ACK") return;
  const std::size_t mark =
      std::hash<std::string_view>{}(request.branch) ^ std::hash<std::string_view>{}(request.method);
  if (!seen_.insert(mark).second) ++copies_;
  if (request.method == "INVITE") answer(channel, request, 180);
  answer(channel, request, 200);
}

Caller::Caller(Reactor& reactor, const LoadOptions& options, SSL_CTX* context, SSL_CTX* answerer_context)
    : reactor_(reactor),
      options_(options),
      context_(context),
      answerer_(reactor, options, answerer_context),
      description_(session(options.server.ip)),
      run_(fmt::format("{:x}{:x}", ::getpid(), Clock::now().time_since_epoch().count() & 0xffffff)),
      meter_(options.process),
      is_udp_(options.transport == "udp") {}

void Caller::connect() {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    if (is_udp_) {
      const auto port = static_cast<std::uint16_t>(options_.answerer.port + 1 + i);
      channels_.push_back(Channel::datagrams(reactor_, *this, {options_.answerer.ip, port}, options_.server));
      channels_.back()->ready();
    } else {
      channels_.push_back(Channel::connect(reactor_, *this, options_.server, context_));
    }
    channels_.back()->number = i;
  }
  const Time limit = Clock::now() + kPatience;
  while (open_ < channels_.size() && Clock::now() < limit)
    reactor_.turn(10);
  if (open_ < channels_.size()) {
    fmt::print(stderr, "sip_load: only {} of {} connections could be opened\n", open_, channels_.size());
    std::exit(1);
  }
}

std::string Caller::via(const Channel& channel, std::size_t index, std::string_view method) const {
  return fmt::format("Via: SIP/2.0/{} {};branch=z9hG4bK{}{}{};rport\r\n", upper(options_.transport),
                     channel.local().text(), run_, method, index);
}

void Caller::send(Call& call, std::string_view bytes) {
  channels_[call.channel]->send(bytes);
}

void Caller::begin(std::size_t index) {
  Call& call = calls_[index];
  call.channel = static_cast<std::uint32_t>(index % channels_.size());
  const Channel& channel = *channels_[call.channel];
  call.state = State::inviting;
  call.counted = index >= options_.warm_up;
  call.began = Clock::now();
  call.again = call.began + kT1;
  std::string invite = fmt::format("INVITE sip:{}@{} SIP/2.0\r\n", 6000 + index % 1000, options_.domain);
  invite += via(channel, index, "i");
  fmt::format_to(
      std::back_inserter(invite),
      "Max-Forwards: 70\r\nFrom: \"Carrier\" <sip:4085550123@carrier.{0}>;tag=f{1}\r\nTo: <sip:{2}@{0}>\r\n"
      "Call-ID: {1}-{3}@carrier.{0}\r\nCSeq: 1 INVITE\r\nContact: <sip:4085550123@{4};transport={5}>\r\n"
      "Supported: 100rel, timer, replaces, outbound\r\n"
      "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO\r\nUser-Agent: carrier/1.0\r\n"
      "P-Asserted-Identity: <sip:4085550123@carrier.{0}>\r\nDate: Sat, 21 Nov 2026 22:26:55 GMT\r\n"
      "Content-Type: application/sdp\r\nContent-Length: {6}\r\n\r\n{7}",
      options_.domain, index, 6000 + index % 1000, run_, channel.local().text(), options_.transport,
      description_.size(), description_);
  send(call, invite);
  if (is_udp_) call.pending = std::move(invite);
}

void Caller::received(Channel& channel, std::string_view message) {
  const Received response(message);
  if (response.status < 180) {
    if (response.status == 0 && response.method != "ACK") ++tally_.failures["a request came back"];
    return;
  }
  std::size_t index = calls_.size();
  std::from_chars(response.call_id.data(), response.call_id.data() + response.call_id.size(), index);
  if (index >= calls_.size()) return;
  Call& call = calls_[index];
  if (call.state == State::idle) return;
  if (response.status < 200) return;
  if (response.method == "INVITE") return answered(channel, call, index, response);
  if (call.state == State::ending) end(call, response.status == 200 ? "" : fmt::format("BYE {}", response.status));
}

void Caller::answered(Channel& channel, Call& call, std::size_t index, const Received& response) {
  if (call.state == State::ending) {
    ++tally_.retransmissions;
    if (!call.ack.empty()) send(call, call.ack);
    return;
  }
  const bool success = response.status < 300;
  const auto make = [&](std::string_view method, int cseq) {
    std::string out = fmt::format(
        "{} {} SIP/2.0\r\n", method,
        success ? std::string(response.contact) : fmt::format("sip:{}@{}", 6000 + index % 1000, options_.domain));
    out += via(channel, index, success ? method : "i");
    out += "Max-Forwards: 70\r\n";
    for (auto at = response.record_routes.rbegin(); success && at != response.record_routes.rend(); ++at)
      out.append(at->substr(7));  // "Record-Route" without "Record-"
    out.append(response.from).append(response.to).append(response.id);
    out += fmt::format("CSeq: {} {}\r\nContent-Length: 0\r\n\r\n", cseq, method);
    return out;
  };
  std::string ack = make("ACK", 1);
  send(call, ack);
  if (!success) return end(call, fmt::format("INVITE {}", response.status));
  if (call.counted)
    tally_.milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - call.began).count());
  std::string bye = make("BYE", 2);
  send(call, bye);
  call.state = State::ending;
  call.again = Clock::now() + kT1;
  call.sent_again = 0;
  if (!is_udp_) return;
  call.ack = std::move(ack);
  call.pending = std::move(bye);
}

void Caller::end(Call& call, const std::string& failure) {
  call.state = State::idle;
  ++ended_;
  call.pending = std::string();
  call.ack = std::string();
  if (!failure.empty()) ++tally_.failures[failure];
  if (call.counted && failure.empty()) ++tally_.good;
}

void Caller::closed(Channel& channel) {
  ++tally_.failures["connections closed"];
  for (Call& call : calls_)
    if (call.state != State::idle && call.channel == channel.number) end(call, "its connection closed");
}

/// Over UDP what is not answered is sent again; on every transport a call that takes too long has failed.
void Caller::repeat() {
  const Time now = Clock::now();
  while (oldest_ < begun_ && calls_[oldest_].state == State::idle)
    ++oldest_;
  for (std::size_t i = oldest_; i < begun_; ++i) {
    Call& call = calls_[i];
    if (call.state == State::idle || call.again > now) continue;
    if (now - call.began > kPatience) {
      end(call, "no answer in time");
      continue;
    }
    call.again = now + kT1 * (1 << ++call.sent_again);
    if (call.pending.empty()) continue;
    ++tally_.retransmissions;
    send(call, call.pending);
  }
}

void Caller::begin_due() {
  const double due = std::chrono::duration<double>(Clock::now() - first_).count() * options_.rate;
  while (begun_ < calls_.size() && static_cast<double>(begun_) <= due) {
    if (begun_ == options_.warm_up) meter_.begin();
    begin(begun_++);
  }
}

Tally Caller::run() {
  connect();
  calls_.resize(options_.warm_up + options_.count);
  tally_.units = options_.count;
  tally_.milliseconds.reserve(options_.count);
  first_ = Clock::now();
  Time next_look = first_;
  while (ended_ < calls_.size()) {
    begin_due();
    reactor_.turn(begun_ < calls_.size() ? 1 : 20);
    if (Clock::now() < next_look) continue;
    next_look = Clock::now() + 50ms;
    repeat();
  }
  meter_.end(tally_);
  tally_.retransmissions += answerer_.copies();
  return std::move(tally_);
}

}  // namespace ringwall::bench
