#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "proof/report.h"

namespace ringwall::proof {
namespace {

namespace json = boost::json;

json::value print(const std::optional<Tone>& tone) {
  if (!tone) return nullptr;
  return json::object{{"hz", tone->hz}, {"found", tone->found}};
}

json::object print(const SignallingWire& wire) {
  json::object out{
      {"seen", wire.seen}, {"records_from_to", wire.records_from_to}, {"records_to_from", wire.records_to_from}};
  if (wire.handshake_captured) {
    out["version"] = wire.version;
    out["cipher"] = wire.cipher;
    out["group"] = wire.group;
  } else if (wire.seen) {
    out["handshake"] = "handshake before the capture";
  }
  return out;
}

json::value print(const std::optional<SignallingReport>& signalling) {
  if (!signalling) return nullptr;
  json::object out{{"transport", signalling->transport}, {"tls_version", signalling->tls_version},
                   {"cipher", signalling->cipher},       {"group", signalling->group},
                   {"from_name", signalling->from_name}, {"to_name", signalling->to_name},
                   {"verified", signalling->verified},   {"resumed", signalling->resumed},
                   {"wire", print(signalling->wire)}};
  if (!signalling->waiver.empty()) out["waiver"] = signalling->waiver;
  return out;
}

json::value print(const std::optional<MediaReport>& media) {
  if (!media) return nullptr;
  json::object out{{"key_exchange", media->key_exchange},
                   {"suite", media->suite},
                   {"packets_from_to", media->packets_from_to},
                   {"packets_to_from", media->packets_to_from},
                   {"authentication_failures", media->authentication_failures},
                   {"lost", media->lost},
                   {"jitter_ms", media->jitter_ms},
                   {"wire", {{"packets", media->wire_packets}, {"authenticated", media->wire_authenticated}}},
                   {"tone", print(media->tone)},
                   {"tone_back", print(media->tone_back)}};
  if (!media->waiver.empty()) out["waiver"] = media->waiver;
  return out;
}

bool is_nested(const json::value& value) {
  if (const auto* object = value.if_object()) return !object->empty();
  if (const auto* array = value.if_array()) return !array->empty();
  return false;
}

void print_indented(const json::value& value, int depth, std::string& out) {
  const auto line = [&out](int level) { out += '\n' + std::string(static_cast<std::size_t>(level) * 2, ' '); };
  if (!is_nested(value)) {
    out += json::serialize(value);
    return;
  }
  bool first = true;
  const auto next = [&] {
    if (!first) out += ',';
    first = false;
    line(depth + 1);
  };
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      next();
      out += json::serialize(json::string(key)) + ": ";
      print_indented(member, depth + 1, out);
    }
    line(depth);
    out += '}';
    return;
  }
  out += '[';
  for (const auto& element : value.get_array()) {
    next();
    print_indented(element, depth + 1, out);
  }
  line(depth);
  out += ']';
}

}  // namespace

json::value to_json(const Report& report) {
  json::array hops, waivers, failures;
  for (const HopReport& hop : report.hops) {
    hops.push_back({{"from", hop.from},
                    {"to", hop.to},
                    {"proven", hop.proven},
                    {"signalling", print(hop.signalling)},
                    {"media", print(hop.media)}});
  }
  json::object packets;
  for (std::size_t i = 0; i < packet_classes; ++i)
    packets[print(static_cast<PacketClass>(i))] = report.packets[i];
  for (const WaiverReport& waiver : report.waivers) {
    waivers.push_back({{"name", waiver.name},
                       {"reason", waiver.reason},
                       {"until", print_wall_time(waiver.until)},
                       {"packets", waiver.packets}});
  }
  for (const Failure& failure : report.failures) {
    failures.push_back({{"hop", failure.hop}, {"what", failure.what}, {"why", failure.why}, {"mend", failure.mend}});
  }
  return {{"proven", report.proven}, {"seconds", report.seconds}, {"hops", hops},
          {"packets", packets},      {"waivers", waivers},        {"failures", failures}};
}

std::string print_json(const Report& report) {
  std::string out;
  print_indented(to_json(report), 0, out);
  return out + '\n';
}

}  // namespace ringwall::proof
