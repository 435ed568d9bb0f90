#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/signalling_loop.h"
#include "runtime/sip_transports.h"
#include "runtime/site_for_test.h"

namespace ringwall::runtime::test {

inline constexpr Duration kPatience = std::chrono::seconds(20);  ///< only a broken test waits so long

/// Remembers what the transports report.
struct Recorder : TransportOwner {
  struct Message {
    sip::Flow flow;
    std::string text;
  };
  void message_received(const sip::Flow& flow, std::string_view message) override {
    messages.push_back({flow, std::string(message)});
    if (on_message) on_message(messages.back());
  }
  void send_failed(sip::TransmitId id, const Error& why) override { failed.emplace_back(id, why.text()); }
  void flow_closed(sip::FlowId flow) override { closed.push_back(flow); }

  std::vector<Message> messages;
  std::vector<std::pair<sip::TransmitId, std::string>> failed;
  std::vector<sip::FlowId> closed;
  std::function<void(const Message&)> on_message;
};

/// One element on a loopback address of its own.
struct TestElement {
  TestElement(SignallingLoop& loop, SipHostOptions wanted) : options(std::move(wanted)) {
    auto made = SipTransports::create(loop, options, recorder);
    if (!made) throw std::runtime_error(made.error().text());
    transports = std::move(*made);
  }

  sip::TransmitId send(sip::Route route, std::string text) {
    const auto id = ids.next();
    transports->send({id, std::move(route), std::move(text)});
    transports->flush();
    return id;
  }
  [[nodiscard]] sip::Route route_to(const TestElement& other, const std::string& peer) const {
    return {{}, sip::Transport::tls, other.transports->local(sip::Transport::tls), peer};
  }

  SipHostOptions options;
  Recorder recorder;
  std::unique_ptr<SipTransports> transports;
  IdSource<sip::TransmitId> ids;
};

/// Options of an element that other elements call `name`.ringwall.test.
inline SipHostOptions element_options(const std::string& name, const std::string& address, TlsIdentity identity) {
  SipHostOptions options;
  options.name = name;
  options.host = name + ".ringwall.test";
  options.address = address;
  options.tls_port = 0;
  options.identity = std::move(identity);
  options.sweep_time = std::chrono::milliseconds(10);
  return options;
}

/// A whole request; `via_more` is added to its Via.
inline std::string request_text(const std::string& method, const NetAddress& from, const std::string& via_more = {}) {
  return method + " sip:b@ringwall.test SIP/2.0\r\nVia: SIP/2.0/TLS " + from.text() + ";branch=z9hG4bK1" + via_more +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:a@ringwall.test>;tag=1\r\nTo: <sip:b@ringwall.test>\r\nCall-ID: 1@a\r\n"
         "CSeq: 1 " +
         method + "\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace ringwall::runtime::test
