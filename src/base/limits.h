#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Everything that comes from outside has a limit, and the limit has its name here. A limit that is hit is counted and
/// its reason reported where it is enforced.
namespace ringwall::limits {

using namespace std::chrono_literals;

// SIP
inline constexpr std::size_t sip_message_bytes = 65'536;
inline constexpr std::size_t sip_header_count = 256;
inline constexpr std::size_t sip_uri_parameters = 64;
inline constexpr std::size_t sip_multipart_depth = 4;
inline constexpr std::size_t sip_multipart_parts = 32;
inline constexpr std::size_t sip_transactions = 200'000;
inline constexpr std::size_t sip_max_forwards = 70;
inline constexpr std::size_t refusals_kept = 100;  // per element, for `show refusals`
inline constexpr std::size_t sip_legs = 50'000;
inline constexpr std::size_t sip_late_pracks = 256;          // of refused INVITEs; the oldest are forgotten
inline constexpr std::size_t sip_route_set = 16;             // Record-Route values of one dialog
inline constexpr std::size_t sip_forks = 8;                  // 2xx answers of different forks to one INVITE
inline constexpr std::size_t sip_early_dialogs = 16;         // of one INVITE of ours
inline constexpr std::size_t sip_reliable_provisionals = 8;  // of one INVITE, waiting for their PRACKs
inline constexpr std::size_t sip_values_per_header = 256;    // of one list header, all its fields together
inline constexpr std::size_t sip_parameter_count = 64;       // of one value
inline constexpr std::size_t sip_history_entries = 32;       // passed on from hop to hop
inline constexpr std::size_t sip_subscriptions = 50'000;
inline constexpr std::size_t sip_subscriptions_per_leg = 8;
inline constexpr auto subscription_longest = std::chrono::hours(1);
inline constexpr std::size_t sip_challenges = 8;        // of one 401 or 407
inline constexpr std::size_t digest_nonces = 100'000;   // alive at once
inline constexpr std::size_t digest_count_window = 64;  // nonce counts that may come out of order
inline constexpr auto digest_nonce_lifetime = 5min;
inline constexpr std::size_t digest_failures_per_source = 20;  // in one minute: then the source is blocked
inline constexpr std::size_t fork_targets = 32;                // rung at once for one call
inline constexpr std::size_t server_group_members = 64;

// Names (RFC 3263)
inline constexpr auto dns_time = 5s;
inline constexpr std::size_t dns_questions = 1'000;  // under way
inline constexpr std::size_t dns_records = 64;       // taken of one answer
inline constexpr std::size_t locate_targets = 32;    // tried for one request

// Sources that do harm
inline constexpr std::size_t requests_per_source_per_second = 2'000;
inline constexpr std::size_t unknown_requests_per_source_per_second = 20;  // from no trunk, element or phone
inline constexpr std::size_t connects_per_source_per_second = 200;
inline constexpr std::size_t transactions_per_source = 20'000;
inline constexpr std::size_t pipelined_bytes = 262'144;  // read ahead of one connection before it has to wait
inline constexpr std::size_t sources_watched = 100'000;
inline constexpr auto block_time = 5min;
inline constexpr std::size_t websocket_frame_bytes = sip_message_bytes;
inline constexpr std::size_t websocket_handshake_bytes = 8'192;
inline constexpr std::size_t sip_bindings_per_aor = 10;
inline constexpr std::size_t sip_aors = 100'000;
inline constexpr auto registration_shortest = 60s;
inline constexpr auto registration_longest = 3600s;

// SDP
inline constexpr std::size_t sdp_bytes = 32'768;
inline constexpr std::size_t sdp_lines = 512;
inline constexpr std::size_t sdp_media = 16;
inline constexpr std::size_t sdp_formats = 128;  // of one medium
inline constexpr std::size_t sdp_candidates = 64;
inline constexpr std::size_t sdp_fingerprints = 8;
inline constexpr std::size_t sdp_crypto_attributes = 32;  // of one medium

// Connections
inline constexpr std::size_t connections = 20'000;
inline constexpr std::size_t connections_per_source = 5'000;
inline constexpr std::size_t half_open_handshakes = 1'000;
inline constexpr auto handshake_time = 10s;
inline constexpr auto connect_time = 4s;
inline constexpr std::size_t write_queue_bytes = 1'048'576;
inline constexpr auto connection_idle_time = 2h;
inline constexpr auto message_time = 30s;
inline constexpr auto write_stall_time = 30s;
inline constexpr std::size_t udp_flows = 20'000;
inline constexpr std::size_t tls_sessions_per_peer = 16;
inline constexpr std::size_t handshake_failures_kept = 100;
inline constexpr std::size_t unconfirmed_transmits = 64;

// Media
inline constexpr std::size_t rtp_packet_bytes = 1'500;
inline constexpr std::size_t srtp_ssrcs_per_leg = 4;
inline constexpr std::size_t srtp_retired_ssrcs = 32;  // remembered of one key, so that nothing of theirs is replayed
inline constexpr std::size_t srtp_master_keys = 8;     // of one direction, told apart by MKI
inline constexpr std::size_t srtp_mki_bytes = 128;     // RFC 4568 section 6.1
inline constexpr std::uint64_t srtp_least_key_lifetime = 4'096;  // packets: 80 s of audio between two re-INVITEs
inline constexpr std::size_t prompt_seconds = 600;
inline constexpr std::size_t media_legs = 20'000;
inline constexpr std::size_t ice_pairs = 64;                // checked by one leg
inline constexpr std::size_t ice_answers_per_second = 200;  // binding requests that one leg answers
inline constexpr std::size_t ice_waiting = 64;              // messages and events of one agent that nobody fetched yet
inline constexpr std::size_t dtls_record_bytes = 16'384;
inline constexpr auto dtls_handshake_time = 20s;
inline constexpr std::size_t dtls_handshake_datagrams = 256;  // taken from one peer
inline constexpr auto ice_consent_time = 30s;                 // RFC 7675 section 5.1
inline constexpr std::size_t jitter_packets = 64;             // kept by one leg
inline constexpr std::size_t recording_seconds = 600;
inline constexpr std::size_t recordings_at_once = 5'000;
inline constexpr std::size_t recording_ring_bytes = 65'536;  // audio of one leg on its way to the disk: 3.5 s of G.711
inline constexpr auto recording_longest = std::chrono::hours(24);
inline constexpr std::size_t recording_masks = 1'024;        // spans without sound in one recording
inline constexpr std::size_t recording_label_bytes = 1'024;  // who, where: all that stands encrypted beside the audio
inline constexpr std::size_t recording_site_keys = 1'000;
inline constexpr std::size_t dtmf_digits_queued = 64;
inline constexpr std::size_t playlist_clips = 256;
inline constexpr std::size_t wav_bytes = prompt_seconds * 8'000 * 2 + 65'536;
inline constexpr std::size_t captured_packets = 500'000;

// Certificates
inline constexpr std::size_t certificate_bytes = 65'536;     // DER of one
inline constexpr std::size_t certificates_per_file = 1'000;  // a bundle of anchors
inline constexpr std::size_t certificate_file_bytes = 4'194'304;
inline constexpr std::size_t certificate_names = 256;  // in one subjectAltName
inline constexpr std::size_t certificate_chain_depth = 8;
inline constexpr std::size_t certificate_lifetime_days = 825;  // of a leaf
inline constexpr std::size_t issue_log_bytes = 268'435'456;

// Documents and requests
inline constexpr std::size_t vxml_document_bytes = 1'048'576;
inline constexpr std::size_t vxml_steps_per_event = 1'000;  ///< and per second: a page that never waits is ended
inline constexpr std::size_t vxml_depth = 32;
inline constexpr std::size_t vxml_elements = 10'000;
inline constexpr std::size_t vxml_expression_bytes = 4'096;
inline constexpr std::size_t vxml_expression_depth = 64;
inline constexpr std::size_t vxml_value_bytes = 65'536;
inline constexpr std::size_t vxml_grammar_states = 4'096;
inline constexpr std::size_t vxml_digits = 64;  ///< keyed ahead, or for one field
inline constexpr std::size_t vxml_clips = 256;  ///< queued for one caller
inline constexpr std::size_t form_pairs = 256;
inline constexpr std::size_t prompt_cache_bytes = 268'435'456;
inline constexpr std::size_t api_body_bytes = 4'194'304;
inline constexpr std::size_t configuration_bytes = 4'194'304;

// Control API
inline constexpr std::size_t control_connections = 64;
inline constexpr std::size_t control_header_bytes = 16'384;
inline constexpr std::size_t control_target_bytes = 2'048;
inline constexpr std::size_t control_json_depth = 32;
inline constexpr auto control_request_time = 10s;
inline constexpr auto control_answer_time = 120s;

// Capture and proof
inline constexpr std::size_t capture_frame_bytes = 262'144;
inline constexpr std::size_t capture_file_bytes = 1'073'741'824;
inline constexpr std::size_t capture_tcp_flows = 4'096;
inline constexpr std::size_t capture_udp_flows = 16'384;
inline constexpr std::size_t capture_reorder_bytes = 1'048'576;
inline constexpr std::size_t capture_waiting_bytes = 268'435'456;
inline constexpr std::size_t capture_tls_handshake_bytes = 131'072;

// Configuration
inline constexpr std::size_t configuration_files = 256;
inline constexpr std::size_t configuration_nesting = 16;
inline constexpr std::size_t configuration_dots_per_line = 128;
inline constexpr std::size_t configuration_findings = 1'000;
inline constexpr std::size_t dial_pattern_length = 64;

// Store
inline constexpr std::size_t store_backlog = 100'000;

// Router
inline constexpr std::size_t waiting_interactions = 100'000;
inline constexpr auto reservation_margin = 10s;  ///< a reservation's lease outlives its ring time by this

}  // namespace ringwall::limits
