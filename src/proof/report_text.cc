#include <algorithm>

#include "base/text.h"
#include "proof/report.h"

namespace ringwall::proof {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t hop_columns = 29;

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));  // UTF-8 characters
}

/// Names come from peers: no control character and no line longer than the sheet.
std::string clean(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

std::string clip(std::string_view text, std::size_t room) {
  std::string out = clean(text);
  if (width(out) <= room) return out;
  while (!out.empty() && (width(out) > room - 2 || (out.back() & 0xc0) == 0x80))
    out.pop_back();
  return out + "..";
}

/// Words on lines of at most `columns`, each line after `indent` spaces; a word that is longer than a line is cut.
void wrap(std::string& out, std::string_view label, std::string_view text, std::size_t indent) {
  std::string line = std::string(indent, ' ') + std::string(label);
  bool empty = true;
  const std::string cleaned = clean(text);
  for (std::string_view word : split(cleaned, ' ')) {
    if (word.empty()) continue;
    if (!empty && width(line) + 1 + width(word) > columns) {
      out += line + "\n";
      line = std::string(indent + label.size(), ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += clip(word, columns - width(line));
    empty = false;
  }
  out += line + "\n";
}

std::string padded(std::string_view text, std::size_t room) {
  std::string out = clip(text, room);
  return out + std::string(room - std::min(room, width(out)), ' ');
}

std::string padlock(bool encrypted, bool proven, std::string_view waiver) {
  if (!waiver.empty() && !encrypted) return "[waived]";
  if (!encrypted) return "[CLEAR] ";
  return proven ? "[locked]" : "[?]     ";
}

void add_line(std::string& out, std::string_view hop, std::string_view what, std::string_view text) {
  out += clip(fmt::format("  {}{}  {}", padded(hop, hop_columns), what, text), columns) + "\n";
}

/// More about the line above.
void add_detail(std::string& out, std::string_view text) {
  out += clip(fmt::format("  {}  {}", std::string(hop_columns, ' '), text), columns) + "\n";
}

void print_signalling(std::string& out, const HopReport& hop, const SignallingReport& signalling) {
  const bool encrypted = equals_ignoring_case(signalling.transport, "TLS");
  const SignallingWire& wire = signalling.wire;
  std::string text = encrypted ? fmt::format("{} {} {}", signalling.tls_version, signalling.cipher, signalling.group)
                               : fmt::format("SIP over {}", signalling.transport.empty() ? "?" : signalling.transport);
  if (signalling.resumed) text += " resumed";
  add_line(out, hop.from + " -> " + hop.to, padlock(encrypted, hop.proven, signalling.waiver), "SIP    " + text);
  const std::string seen = wire.seen
                               ? fmt::format("wire {} and {} records{}", wire.records_from_to, wire.records_to_from,
                                             wire.handshake_captured ? "" : ", handshake before the capture")
                               : std::string("not seen on the wire");
  const auto name = [](const std::string& text_of) { return text_of.empty() ? std::string("?") : text_of; };
  add_detail(out, fmt::format("{} <> {}", name(signalling.from_name), name(signalling.to_name)));
  add_detail(out, seen);
}

void print_media(std::string& out, const HopReport& hop, const MediaReport& media) {
  const bool encrypted = !media.suite.empty();
  std::string text = encrypted ? fmt::format("{} {}", media.key_exchange, media.suite) : std::string("RTP in clear");
  for (const auto* tone : {&media.tone, &media.tone_back}) {
    if (*tone) text += fmt::format("  {:.0f} Hz {}", (*tone)->hz, (*tone)->found ? "heard" : "NOT HEARD");
  }
  add_line(out, hop.signalling ? "" : hop.from + " -> " + hop.to, padlock(encrypted, hop.proven, media.waiver),
           "media  " + text);
  add_detail(out, fmt::format("{}/{} packets, {} lost, {} bad, {:.1f} ms jitter", media.packets_from_to,
                              media.packets_to_from, media.lost, media.authentication_failures, media.jitter_ms));
  add_detail(out, fmt::format("wire {} packets, {} authentic", media.wire_packets, media.wire_authenticated));
}

void print_packets(std::string& out, const PacketCounts& packets) {
  std::string text;
  for (std::size_t i = 0; i < packet_classes; ++i) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", packets[i], print(static_cast<PacketClass>(i)));
  }
  wrap(out, "Packets  ", text, 0);
}

void print_failures(std::string& out, const std::vector<Failure>& failures) {
  constexpr std::size_t printed_at_most = 12;
  for (std::size_t i = 0; i < std::min(failures.size(), printed_at_most); ++i) {
    const Failure& failure = failures[i];
    wrap(out, "- ", failure.hop.empty() ? failure.what : failure.hop + ": " + failure.what, 2);
    if (!failure.why.empty()) wrap(out, "why:  ", failure.why, 4);
    if (!failure.mend.empty()) wrap(out, "mend: ", failure.mend, 4);
  }
  if (failures.size() > printed_at_most) {
    out += fmt::format("  ... and {} more, in the JSON report\n", failures.size() - printed_at_most);
  }
}

}  // namespace

std::string to_text(const Report& report) {
  std::string out = fmt::format("{}  ({:.1f} s, {} hops)\n\n", report.proven ? "PROVEN" : "NOT PROVEN", report.seconds,
                                report.hops.size());
  for (const HopReport& hop : report.hops) {
    if (hop.signalling) print_signalling(out, hop, *hop.signalling);
    if (hop.media) print_media(out, hop, *hop.media);
  }
  out += "\n";
  print_packets(out, report.packets);
  if (report.waivers.empty()) out += "Waivers  none\n";
  for (const WaiverReport& waiver : report.waivers) {
    wrap(out, "Waiver   ",
         fmt::format("{} until {}, {} clear packets: {}", waiver.name, print_wall_time(waiver.until), waiver.packets,
                     waiver.reason),
         0);
  }
  if (report.failures.empty()) {
    wrap(out, "Verdict  ", "every hop was seen encrypted, every name was verified, the tone came through both ways", 0);
  } else {
    out += fmt::format("Verdict  not proven, {} failures:\n", report.failures.size());
    print_failures(out, report.failures);
  }
  return out;
}

}  // namespace ringwall::proof
