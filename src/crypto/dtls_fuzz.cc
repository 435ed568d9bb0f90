// Datagrams into an association of either role, fresh, half-way or done: none may crash it, none may bring keys.
#include <cstdlib>

#include "crypto/dtls_cookie.h"
#include "crypto/dtls_session.h"

using namespace ringwall;
using namespace ringwall::crypto;

namespace {

constexpr Time now{};

const std::shared_ptr<const DtlsContext>& context() {
  static const auto made = DtlsContext::self_signed(WallTime(std::chrono::seconds(1'800'000'000)));
  return made;
}

DtlsOptions options(bool active) {
  return {.active = active,
          .peer = {*fingerprint(context()->certificate(), "sha-256")},
          .profiles = {SrtpProfile::aead_aes_256_gcm, SrtpProfile::aes128_cm_sha1_80}};
}

/// Lets the two exchange `flights` flights.
void exchange(DtlsSession& a, DtlsSession& b, unsigned flights) {
  for (unsigned i = 0; i < flights; ++i) {
    DtlsSession& from = i % 2 == 0 ? a : b;
    DtlsSession& to = i % 2 == 0 ? b : a;
    while (const auto datagram = from.poll_transmit())
      to.receive(*datagram, now);
  }
}

void try_cookie(Bytes datagram) {
  const auto hello = parse_client_hello(datagram);
  if (!hello) return;
  const Buffer request = print_hello_verify_request(*hello, make_cookie(context()->cookie_secret(), {}, *hello));
  if (parse_client_hello(request)) std::abort();
}

}  // namespace

/// First byte: whom the datagrams reach (bit 0), whether the server expects a cookie (bit 1) and how many flights were
/// exchanged before (bits 2 to 4). Then datagrams, each behind its length in two bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool to_client = (data[0] & 1) != 0;
  const DtlsCookie cookie{7};
  DtlsSession server(context(), options(false), now, (data[0] & 2) != 0 ? Bytes(cookie) : Bytes());
  DtlsSession client(context(), options(true), now);
  exchange(client, server, data[0] >> 2 & 7);
  DtlsSession& target = to_client ? client : server;
  const bool was_done = target.state() == DtlsSession::State::done;
  ByteReader in(Bytes(data + 1, size - 1));
  while (in.remaining() > 2) {
    const std::size_t length = in.u16();
    const Bytes datagram = in.take(std::min<std::size_t>(length, in.remaining()));
    try_cookie(datagram);
    target.receive(datagram, now);
    while (target.poll_transmit()) {
    }
  }
  if (!was_done && target.state() == DtlsSession::State::done) std::abort();
  return 0;
}
