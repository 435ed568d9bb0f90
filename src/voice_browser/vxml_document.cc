#include "voice_browser/vxml_document.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/limits.h"
#include "base/text.h"
#include "voice_browser/vxml_xml.h"

namespace ringwall::voice_browser {
namespace {

/// Depth and number of elements are bounded before anything walks the tree recursively.
Result<> check_shape(const Page& page, pugi::xml_node root) {
  std::size_t elements = 0, depth = 0;
  for (pugi::xml_node node = root; node;) {
    if (++elements > limits::vxml_elements) {
      return page.trouble(node, fmt::format("the page has more than {} elements", limits::vxml_elements),
                          "split the page");
    }
    if (node.first_child()) {
      if (++depth > limits::vxml_depth) {
        return page.trouble(node, fmt::format("elements are nested deeper than {}", limits::vxml_depth),
                            "use several forms");
      }
      node = node.first_child();
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) break;
    node = node.next_sibling();
  }
  return {};
}

Result<> read_child(Page& page, pugi::xml_node child, Document& document) {
  const std::string_view name = child.name();
  if (name == "form") {
    TRY(Form form, read_form(page, child));
    if (!form.id.empty() && document.form(form.id) != nullptr) {
      return page.trouble(child, fmt::format("two forms are called '{}'", form.id), "rename one");
    }
    document.forms.push_back(std::move(form));
  } else if (name == "var") {
    TRY(std::optional<Executable> var, read_executable(page, child));
    document.variables.push_back(std::move(*var));
  } else if (name == "property") {
    TRY(document.properties, read_property(page, child, document.properties));
  } else if (is_catch(name)) {
    TRY(Catch handler, read_catch(page, child));
    document.catches.push_back(std::move(handler));
  } else if (name != "meta" && name != "metadata") {
    return page.unknown(child);
  }
  return {};
}

Result<> check_root(const Page& page, pugi::xml_node root) {
  if (std::string_view(root.name()) != "vxml") {
    return page.trouble(root, fmt::format("the page is <{}>, not <vxml>", root.name()),
                        "write <vxml version=\"2.1\" xmlns=\"http://www.w3.org/2001/vxml\">");
  }
  const std::string_view version = root.attribute("version").value();
  if (version != "2.1" && version != "2.0") {
    return page.trouble(root, fmt::format("version '{}' of VoiceXML is not supported", version),
                        "write version=\"2.1\"");
  }
  return page.attributes(root, {"version"});
}

}  // namespace

void Properties::inherit(const Properties& outer) {
  if (!timeout) timeout = outer.timeout;
  if (!interdigit_timeout) interdigit_timeout = outer.interdigit_timeout;
  if (!term_timeout) term_timeout = outer.term_timeout;
  if (!term_char) term_char = outer.term_char;
  if (!bargein) bargein = outer.bargein;
}

const Form* Document::form(std::string_view id) const {
  const auto found = std::ranges::find(forms, id, &Form::id);
  return found == forms.end() ? nullptr : &*found;
}

Result<DocumentPtr> parse_document(std::string_view xml, std::string name) {
  if (xml.size() > limits::vxml_document_bytes) {
    return fail(fmt::format("the page has {} bytes, the limit is {}", xml.size(), limits::vxml_document_bytes), name,
                "split the page");
  }
  Page page(xml, name);
  pugi::xml_document tree;
  const pugi::xml_parse_result parsed =
      tree.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    return fail(fmt::format("this is no well-formed XML: {}", parsed.description()),
                fmt::format("{}:{}", name, page.line_at(parsed.offset)),
                "close every element and quote every attribute");
  }
  const pugi::xml_node root = tree.document_element();
  TRY_VOID(check_shape(page, root));
  TRY_VOID(check_root(page, root));
  auto document = std::make_shared<Document>();
  document->name = std::move(name);
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() == pugi::node_element) {
      TRY_VOID(read_child(page, child, *document));
    } else if (is_text(child)) {
      return page.unknown(child);
    }
  }
  if (document->forms.empty()) return page.trouble(root, "the page has no <form>", "write at least one");
  TRY_VOID(page.check_targets(*document));
  return document;
}

Result<DocumentPtr> load_document(const std::string& folder, std::string_view uri) {
  const std::string name(take_until(uri, '#'));
  const bool leaves = name.starts_with('/') || name.find("..") != name.npos || name.find(':') != name.npos ||
                      name.find('\\') != name.npos || name.find('\0') != name.npos;
  if (name.empty() || leaves) {
    return fail(fmt::format("the page '{}' is not below the site's vxml folder", name), name,
                "put the page into the vxml folder and write its name alone");
  }
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail("there is no such VoiceXML page", path.string(),
                "write the page, or correct its name where it is used");
  }
  std::ifstream file(path, std::ios::binary);
  // One byte more than the limit, so that parse_document() sees that there is more.
  std::string text(limits::vxml_document_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && !file.eof()))
    return fail("the VoiceXML page cannot be read", path.string(), "check its permissions");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse_document(text, name);
}

}  // namespace ringwall::voice_browser
