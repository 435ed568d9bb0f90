#include "sip/event/xml.h"

namespace ringwall::sip::event {
namespace {

struct TextWriter final : pugi::xml_writer {
  void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
};

// Peers' words may hold what XML cannot, escaped or not (XML 1.0 section 2.2).
std::string printable(const std::string& text) {
  std::string out = text;
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n'; });
  return out;
}

}  // namespace

void set(pugi::xml_node node, const char* name, const std::string& value) {
  if (!value.empty()) node.append_attribute(name).set_value(printable(value).c_str());
}

pugi::xml_node add_text(pugi::xml_node node, const char* name, const std::string& text) {
  pugi::xml_node out = node.append_child(name);
  out.append_child(pugi::node_pcdata).set_value(printable(text).c_str());
  return out;
}

std::string print_xml(const pugi::xml_document& document) {
  TextWriter writer;
  document.save(writer, "  ", pugi::format_indent | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(writer.text);
}

}  // namespace ringwall::sip::event
