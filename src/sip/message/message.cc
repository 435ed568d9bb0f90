#include "sip/message/message.h"

#include "base/check.h"
#include "sip/message/grammar.h"
#include "sip/message/index.h"

namespace ringwall::sip {

Message::Message(std::unique_ptr<Index> index) : index_(std::move(index)) {}
Message::Message(Message&&) noexcept = default;
Message& Message::operator=(Message&&) noexcept = default;
Message::~Message() = default;

bool Message::is_request() const {
  return index_->status == 0;
}
Method Message::method() const {
  return index_->cseq.method;
}
std::string_view Message::method_name() const {
  return index_->cseq.method_name;
}
const Uri& Message::request_uri() const {
  return index_->request_uri;
}
int Message::status() const {
  return index_->status;
}
std::string_view Message::reason_phrase() const {
  return index_->reason;
}

std::span<const HeaderField> Message::headers() const {
  return index_->fields;
}

std::string_view Message::header(HeaderName name) const {
  const HeaderField* field = index_->find(name);
  return field == nullptr ? std::string_view{} : field->value;
}

std::string_view Message::header(std::string_view name) const {
  if (const HeaderName known = parse_header_name(name); known != HeaderName::other) return header(known);
  for (const HeaderField& field : index_->fields) {
    if (field.name == HeaderName::other && grammar::same(field.text_name, name)) return field.value;
  }
  return {};
}

bool Message::has(HeaderName name) const {
  return index_->find(name) != nullptr;
}

std::vector<std::string_view> Message::values(HeaderName name) const {
  std::vector<std::string_view> out;
  for (const HeaderField& field : index_->fields) {
    if (field.name != name) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t length = grammar::list_value_length(rest);
      const std::string_view value = grammar::trim_spaces(rest.substr(0, length));
      if (!value.empty()) out.push_back(value);
      rest.remove_prefix(length == rest.size() ? length : length + 1);
    }
  }
  return out;
}

const Via& Message::top_via() const {
  return index_->via;
}
const NameAddr& Message::from() const {
  return index_->from;
}
const NameAddr& Message::to() const {
  return index_->to;
}
std::string_view Message::call_id() const {
  return header(HeaderName::call_id);
}
const CSeq& Message::cseq() const {
  return index_->cseq;
}
std::optional<NameAddr> Message::contact() const {
  return index_->contact;
}
std::optional<std::uint32_t> Message::expires() const {
  return index_->expires;
}
std::optional<std::uint32_t> Message::max_forwards() const {
  return index_->max_forwards;
}

std::string_view Message::content_type() const {
  const std::string_view value = header(HeaderName::content_type);
  return grammar::trim_spaces(value.substr(0, value.find(';')));
}
std::string_view Message::body() const {
  return index_->body;
}
std::string_view Message::bytes() const {
  return {index_->buffer.get(), index_->size};
}

}  // namespace ringwall::sip
