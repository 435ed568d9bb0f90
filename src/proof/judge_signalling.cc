#include <algorithm>
#include <vector>

#include "base/text.h"
#include "proof/judgement.h"
#include "proof/tls_names.h"

namespace ringwall::proof {
namespace {

bool is_encrypted(const SignallingEnd& end) {
  return equals_ignoring_case(end.transport, "TLS");
}
bool is_current(std::string_view version) {
  return version == "TLSv1.2" || version == "TLSv1.3";
}

/// Sees to it that one end knows whom it spoke to, and that the other end indeed showed that name.
void judge_name(const std::string& element, const SignallingEnd& end, const std::string& other_element,
                const SignallingEnd* other, Findings& findings) {
  if (end.verified.empty()) {
    findings.add(fmt::format("the name of {} was not verified by {}", other_element, element),
                 "the element reports no verified certificate name for its peer",
                 fmt::format("give {} a certificate whose SAN is its host name, and {} the trust anchor of its issuer",
                             other_element, element));
    return;
  }
  if (other == nullptr || other->local_name.empty()) return;
  if (!equals_ignoring_case(end.peer_name, other->local_name)) {
    findings.add(fmt::format("{} and {} do not speak of the same certificate", element, other_element),
                 fmt::format("{} verified \"{}\", but {} showed \"{}\"", element, end.peer_name, other_element,
                             other->local_name),
                 "look for something that stands between the two and answers in another's name");
  }
}

void judge_agreement(const std::string& who, const SignallingEnd& end, const std::string& other_who,
                     std::string_view version, std::string_view cipher, std::string_view group, Findings& findings) {
  const bool versions = version.empty() || end.tls_version.empty() || equals_ignoring_case(end.tls_version, version);
  const bool ciphers = cipher.empty() || end.cipher.empty() || same_cipher(end.cipher, cipher);
  const bool groups = group.empty() || end.group.empty() || same_group(end.group, group);
  if (versions && ciphers && groups) return;
  findings.add(fmt::format("{} and {} do not agree about the connection", who, other_who),
               fmt::format("{}: {} {} {}; {}: {} {} {}", who, end.tls_version, end.cipher, end.group, other_who,
                           version, cipher, group),
               "look for something that ends the TLS connection between the two");
}

/// All captured connections between the two addresses, whichever end is named first.
std::vector<const TcpWire*> connections_of(const Facts& facts, const SignallingEvidence& evidence) {
  std::vector<const TcpWire*> found;
  for (const TcpWire& wire : facts.wire.connections) {
    const bool straight = wire.client == evidence.client && wire.server == evidence.server;
    const bool turned = wire.client == evidence.server && wire.server == evidence.client;
    if (straight || turned) found.push_back(&wire);
  }
  return found;
}

/// Joins what the captured connections showed. The capture may have begun after the SYN and taken the ends the wrong
/// way round: the evidence knows better who connected.
SignallingWire read_wire(const std::vector<const TcpWire*>& connections, const SignallingEvidence& evidence) {
  SignallingWire wire;
  for (const TcpWire* connection : connections) {
    const bool straight = connection->client == evidence.client;
    const TlsDirection& client = straight ? connection->client_sent : connection->server_sent;
    const TlsDirection& server = straight ? connection->server_sent : connection->client_sent;
    const bool from_is_client = !evidence.server_is_from;
    wire.records_from_to += (from_is_client ? client : server).records;
    wire.records_to_from += (from_is_client ? server : client).records;
    wire.seen = wire.seen || connection->tls;
    if (connection->server_hello) {
      wire.handshake_captured = true;
      wire.version = connection->server_hello->version;
      wire.cipher = connection->server_hello->cipher;
      wire.group = connection->server_hello->group;
    }
  }
  return wire;
}

void judge_wire(const std::string& hop, const SignallingEvidence& evidence, const SignallingWire& wire,
                const std::vector<const TcpWire*>& connections, Findings& findings) {
  const std::string between = evidence.client.text() + " - " + evidence.server.text();
  if (!wire.seen) {
    findings.add("the connection was not seen on the wire", "no TLS record was captured between " + between,
                 "capture on the interface that carries " + hop + " (--interface)");
    return;
  }
  if (wire.records_from_to == 0 || wire.records_to_from == 0) {
    findings.add("TLS records were seen in one direction only", "between " + between,
                 "capture on an interface that carries both directions");
  }
  std::uint64_t plain = 0;
  for (const TcpWire* connection : connections)
    plain += connection->client_sent.plain_bytes + connection->server_sent.plain_bytes;
  if (plain > 0) {
    findings.add("the connection carries bytes that are not TLS", fmt::format("{} bytes between {}", plain, between),
                 "look at the captured packets (verify --pcap FILE) for what sends them");
  }
}

void judge_ends(const HopEvidence& hop, const SignallingEvidence& evidence, const SignallingWire& wire,
                Findings& findings) {
  const SignallingEnd* ends[] = {evidence.from_end ? &*evidence.from_end : nullptr,
                                 evidence.to_end ? &*evidence.to_end : nullptr};
  const std::string* names[] = {&hop.from, &hop.to};
  for (int i = 0; i < 2; ++i) {
    const SignallingEnd* end = ends[i];
    if (end == nullptr) {
      findings.add(fmt::format("{} reported nothing of its connection", *names[i]), "it has no connection of this hop",
                   "see `ringwall show connections` and the site's log for why it is not there");
      continue;
    }
    if (!is_encrypted(*end)) {
      findings.add("signalling is not encrypted", fmt::format("{} reports {}", *names[i], end->transport),
                   "use TLS for this hop, or name a waiver for it in ringwall.toml");
      continue;
    }
    if (!is_current(end->tls_version)) {
      findings.add("the TLS version is too old", fmt::format("{} reports {}", *names[i], end->tls_version),
                   "allow TLS 1.2 and 1.3 only");
    }
    judge_name(*names[i], *end, *names[1 - i], ends[1 - i], findings);
    judge_agreement(*names[i], *end, "the wire", wire.version, wire.cipher, wire.group, findings);
  }
  if (ends[0] != nullptr && ends[1] != nullptr && is_encrypted(*ends[0]) && is_encrypted(*ends[1])) {
    judge_agreement(hop.from, *ends[0], hop.to, ends[1]->tls_version, ends[1]->cipher, ends[1]->group, findings);
  }
}

std::string describe_verification(const HopEvidence& hop, const SignallingEvidence& evidence) {
  std::string text;
  const auto add = [&text](const std::string& who, const std::optional<SignallingEnd>& end) {
    if (!end || end->verified.empty()) return;
    if (!text.empty()) text += "; ";
    text += fmt::format("{}: {}", who, end->verified);
  };
  add(hop.from, evidence.from_end);
  add(hop.to, evidence.to_end);
  return text;
}

}  // namespace

SignallingReport judge_signalling(const Facts& facts, const HopEvidence& hop, Findings& findings) {
  const SignallingEvidence& evidence = *hop.signalling;
  const auto connections = connections_of(facts, evidence);
  SignallingReport report{.waiver = evidence.waiver, .wire = read_wire(connections, evidence)};
  const auto& spoken = evidence.from_end ? evidence.from_end : evidence.to_end;
  if (spoken) {
    report.transport = spoken->transport;
    report.tls_version = spoken->tls_version;
    report.cipher = spoken->cipher;
    report.group = spoken->group;
    report.resumed = spoken->resumed;
  }
  if (evidence.from_end) report.from_name = evidence.from_end->local_name;
  if (evidence.to_end) report.to_name = evidence.to_end->local_name;
  if (report.from_name.empty() && evidence.to_end) report.from_name = evidence.to_end->peer_name;
  if (report.to_name.empty() && evidence.from_end) report.to_name = evidence.from_end->peer_name;
  report.verified = describe_verification(hop, evidence);
  if (valid_waiver(facts, evidence.waiver) != nullptr) return report;
  judge_ends(hop, evidence, report.wire, findings);
  judge_wire(hop.from + " -> " + hop.to, evidence, report.wire, connections, findings);
  return report;
}

}  // namespace ringwall::proof
