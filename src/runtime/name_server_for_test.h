#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/net_address.h"
#include "sip/transport/dns_record.h"

namespace ringwall::runtime::test {

/// A name server over UDP on a loopback address, with a thread of its own: answers what a map holds, NXDOMAIN else.
class NameServer {
 public:
  explicit NameServer(const std::string& ip) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    inet_pton(AF_INET, ip.c_str(), &at.sin_addr);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("the name server of the test cannot bind");
    address = {ip, ntohs(at.sin_port)};
    timeval patience{.tv_sec = 0, .tv_usec = 20'000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~NameServer() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }
  NameServer(const NameServer&) = delete;

  /// Adds a record by its data in wire format.
  void add(const std::string& name, sip::RecordType type, const std::string& data, std::uint32_t ttl = 300) {
    const std::lock_guard lock(mutex_);
    records_[{name, type}].push_back({data, ttl});
  }
  void add_srv(const std::string& name, unsigned priority, unsigned weight, unsigned port, const std::string& target,
               std::uint32_t ttl = 300) {
    ByteWriter out;
    out.u16(static_cast<std::uint16_t>(priority));
    out.u16(static_cast<std::uint16_t>(weight));
    out.u16(static_cast<std::uint16_t>(port));
    out.text(wire_name(target));
    add(name, sip::RecordType::srv, std::string(as_text(out.buffer())), ttl);
  }
  void add_a(const std::string& name, const std::string& ip, std::uint32_t ttl = 300) {
    in_addr raw{};
    inet_pton(AF_INET, ip.c_str(), &raw);
    add(name, sip::RecordType::a, std::string(reinterpret_cast<const char*>(&raw), 4), ttl);
  }
  void forget(const std::string& name, sip::RecordType type) {
    const std::lock_guard lock(mutex_);
    records_.erase({name, type});
  }
  [[nodiscard]] int asked(const std::string& name, sip::RecordType type) {
    const std::lock_guard lock(mutex_);
    return asked_[{name, type}];
  }

  NetAddress address;
  std::atomic<bool> silent = false;     ///< answers nothing
  std::atomic<bool> malformed = false;  ///< answers with bytes that are no DNS message behind the header

  static std::string wire_name(const std::string& name) {
    std::string out;
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t dot = std::min(name.find('.', at), name.size());
      out += static_cast<char>(dot - at);
      out += name.substr(at, dot - at);
      at = dot + 1;
    }
    return out + '\0';
  }

 private:
  struct Record {
    std::string data;
    std::uint32_t ttl;
  };

  void serve(const std::stop_token& stop) {
    std::uint8_t buffer[1500];
    while (!stop.stop_requested()) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto length = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (length < 12) continue;
      const std::string reply = answer({buffer, static_cast<std::size_t>(length)});
      if (!silent) ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::string answer(Bytes query) {
    ByteReader in(query);
    const std::uint16_t id = in.u16();
    in.skip(10);
    std::string name;
    while (const std::uint8_t label = in.u8())
      name += (name.empty() ? "" : ".") + std::string(as_text(in.take(label)));
    for (char& c : name)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto type = static_cast<sip::RecordType>(in.u16());
    in.skip(2);
    const Bytes question = query.subspan(12, in.position() - 12);
    const std::lock_guard lock(mutex_);
    ++asked_[{name, type}];
    const auto known = records_.find({name, type});
    const std::size_t count = known == records_.end() ? 0 : known->second.size();
    ByteWriter out;
    out.u16(id);
    out.u16(0x8580);  // an authoritative answer, recursion available; the name exists
    out.u16(1);
    out.u16(static_cast<std::uint16_t>(count));
    out.u32(0);
    if (malformed) {
      out.text("\xff\xff\xff\xff\xc0");
      return std::string(as_text(out.buffer()));
    }
    out.bytes(question);
    for (std::size_t i = 0; i < count; ++i) {
      const Record& record = known->second[i];
      out.u16(0xc00c);  // the question's name
      out.u16(static_cast<std::uint16_t>(type));
      out.u16(1);
      out.u32(record.ttl);
      out.u16(static_cast<std::uint16_t>(record.data.size()));
      out.text(record.data);
    }
    return std::string(as_text(out.buffer()));
  }

  int socket_;
  std::mutex mutex_;
  std::map<sip::DnsQuestion, std::vector<Record>> records_;
  std::map<sip::DnsQuestion, int> asked_;
  std::jthread thread_;
};

}  // namespace ringwall::runtime::test
