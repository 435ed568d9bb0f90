#pragma once

#include <algorithm>

#include "sdp/session_description.h"

/// Equality of whole descriptions, for tests and fuzzers only: keys are compared in the open.
namespace ringwall::sdp {

inline bool same(const Attribute& a, const Attribute& b) {
  return a.name == b.name && a.value == b.value;
}

inline bool same(const Format& a, const Format& b) {
  return a.payload_type == b.payload_type && a.encoding == b.encoding && a.clock_rate == b.clock_rate &&
         a.channels == b.channels && a.parameters == b.parameters;
}

inline bool same(const Candidate& a, const Candidate& b) {
  return a.foundation == b.foundation && a.component == b.component && a.transport == b.transport &&
         a.priority == b.priority && a.address == b.address && a.type == b.type && a.related == b.related;
}

inline bool same(const CryptoAttribute& a, const CryptoAttribute& b) {
  return a.tag == b.tag && a.suite == b.suite && std::ranges::equal(a.key_and_salt.reveal(), b.key_and_salt.reveal()) &&
         a.lifetime == b.lifetime && a.mki == b.mki && a.session_parameters == b.session_parameters &&
         std::ranges::equal(a.more_keys, b.more_keys, [](const InlineKey& x, const InlineKey& y) {
           return std::ranges::equal(x.key_and_salt.reveal(), y.key_and_salt.reveal()) && x.lifetime == y.lifetime &&
                  x.mki == y.mki;
         });
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

inline bool same(const MediaDescription& a, const MediaDescription& b) {
  return a.kind == b.kind && a.port == b.port && a.protocol == b.protocol && same(a.formats, b.formats) &&
         a.format_text == b.format_text && a.address == b.address && same(a.crypto, b.crypto) &&
         a.direction == b.direction && a.packet_ms == b.packet_ms && a.rtcp_port == b.rtcp_port &&
         a.rtcp_mux == b.rtcp_mux && a.fingerprints == b.fingerprints && a.setup == b.setup && a.tls_id == b.tls_id &&
         a.ice_ufrag == b.ice_ufrag && std::ranges::equal(a.ice_password.reveal(), b.ice_password.reveal()) &&
         same(a.candidates, b.candidates) && a.end_of_candidates == b.end_of_candidates && a.mid == b.mid &&
         same(a.attributes, b.attributes);
}

inline bool same(const SessionDescription& a, const SessionDescription& b) {
  return a.user == b.user && a.session_id == b.session_id && a.version == b.version &&
         a.origin_address == b.origin_address && a.name == b.name && a.ice_lite == b.ice_lite &&
         a.trickle == b.trickle && a.bundle == b.bundle && same(a.attributes, b.attributes) && same(a.media, b.media);
}

}  // namespace ringwall::sdp
