#include "sip/event/presence.h"

#include "base/limits.h"
#include "base/text.h"
#include "sip/event/xml.h"

namespace ringwall::sip::event {
namespace {

constexpr std::string_view pidf_namespace = "urn:ietf:params:xml:ns:pidf";
constexpr std::size_t most_tuples = 32;
constexpr std::size_t longest_text = 1'024;
constexpr int deepest = 16;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.rfind(':') + 1);  // npos + 1 is 0
}

// The prefix's namespace is declared in the element or above it.
bool is_pidf(const pugi::xml_node& node, std::string_view name) {
  if (node.type() != pugi::node_element || local_name(node) != name) return false;
  const std::string_view full = node.name();
  const auto colon = full.rfind(':');
  const std::string wanted = colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(full.substr(0, colon));
  for (pugi::xml_node at = node; at; at = at.parent())
    if (const auto declared = at.attribute(wanted.c_str())) return declared.value() == pidf_namespace;
  return false;
}

pugi::xml_node find(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([name](const pugi::xml_node& node) { return is_pidf(node, name); });
}

Result<std::string> text_of(const pugi::xml_node& node) {
  const std::string_view text = trim(node.child_value());
  if (text.size() > longest_text) return fail("a text is longer than is read", "PIDF");
  return std::string(text);
}

Result<PresenceTuple> read_tuple(const pugi::xml_node& node) {
  PresenceTuple out;
  out.id = node.attribute("id").value();
  if (out.id.empty() || out.id.size() > longest_text) return fail("a tuple has no usable id", "PIDF");
  const std::string_view basic = trim(find(find(node, "status"), "basic").child_value());
  if (basic != "open" && basic != "closed") return fail("a tuple is neither open nor closed", "PIDF");
  out.open = basic == "open";
  TRY(out.contact, text_of(find(node, "contact")));
  TRY(out.note, text_of(find(node, "note")));
  return out;
}

// Neither a document type nor a nesting that would make the walks above long.
bool is_harmless(const pugi::xml_document& document) {
  struct Walker final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      return node.type() != pugi::node_doctype && node.type() != pugi::node_pi && depth() <= deepest;
    }
  } walker;
  pugi::xml_document& walked = const_cast<pugi::xml_document&>(document);  // the walk of a const node does not exist
  return walked.traverse(walker);
}

}  // namespace

std::string print(const Presence& presence) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("presence");
  set(root, "xmlns", std::string(pidf_namespace));
  set(root, "entity", presence.entity);
  for (const PresenceTuple& tuple : presence.tuples) {
    pugi::xml_node node = root.append_child("tuple");
    set(node, "id", tuple.id);
    add_text(node.append_child("status"), "basic", tuple.open ? "open" : "closed");
    if (!tuple.contact.empty()) add_text(node, "contact", tuple.contact);
    if (!tuple.note.empty()) add_text(node, "note", tuple.note);
  }
  if (!presence.note.empty()) add_text(root, "note", presence.note);
  return print_xml(document);
}

Result<Presence> parse_presence(std::string_view body) {
  if (body.size() > limits::sip_message_bytes) return fail("the document is too long", "PIDF");
  pugi::xml_document document;
  const auto parsed = document.load_buffer(
      body.data(), body.size(), pugi::parse_default | pugi::parse_doctype | pugi::parse_pi, pugi::encoding_utf8);
  if (!parsed) return fail(std::string("it is no well-formed XML: ") + parsed.description(), "PIDF");
  if (!is_harmless(document)) return fail("a document type, an instruction or deep nesting is not read", "PIDF");
  const pugi::xml_node root = document.document_element();
  if (!is_pidf(root, "presence")) return fail("it is no presence document", "PIDF");
  Presence out;
  out.entity = root.attribute("entity").value();
  if (out.entity.empty() || out.entity.size() > longest_text) return fail("it names no entity", "PIDF");
  for (const pugi::xml_node& node : root.children()) {
    if (!is_pidf(node, "tuple")) continue;
    if (out.tuples.size() >= most_tuples) return fail("more tuples than are read", "PIDF");
    TRY(auto tuple, read_tuple(node));
    out.tuples.push_back(std::move(tuple));
  }
  TRY(out.note, text_of(find(root, "note")));
  return out;
}

}  // namespace ringwall::sip::event
