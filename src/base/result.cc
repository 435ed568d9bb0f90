#include "base/result.h"

namespace ringwall {

std::string Error::text() const {
  std::string out;
  if (!where.empty()) out += where + ": ";
  out += what;
  if (!mend.empty()) out += " (" + mend + ")";
  return out;
}

}  // namespace ringwall
