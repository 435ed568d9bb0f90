#include "proof/capture.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "proof/pcap_file.h"

namespace ringwall::proof {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

constexpr int kernel_buffer_bytes = 32 << 20;
constexpr auto rights_mend =
    "run it as root, or give the program the right once: sudo setcap cap_net_raw+ep $(command -v ringwall)";

bool is_ip(const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

Error capture_error(pcap_t* handle, int status, const std::string& interface) {
  if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
    return {"no right to capture packets", interface, rights_mend};
  }
  if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
    return {"there is no such network interface", interface, "see `ip link` for the names"};
  }
  const char* detail = pcap_geterr(handle);
  std::string what = std::string("cannot capture: ") + pcap_statustostr(status);
  if (detail != nullptr && *detail != '\0') what += std::string(", ") + detail;
  return {std::move(what), interface, "check that the interface exists and is up"};
}

Result<> set_filter(pcap_t* handle, const std::string& expression, const std::string& interface) {
  if (expression.empty()) return {};
  bpf_program program{};
  if (pcap_compile(handle, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(std::string("the capture filter does not compile: ") + pcap_geterr(handle), interface);
  }
  const int status = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (status != 0) return std::unexpected(capture_error(handle, status, interface));
  return {};
}

/// DLT_ numbers are LINKTYPE_ numbers but for raw IP.
int link_type(pcap_t* handle) {
  const int link = pcap_datalink(handle);
  return link == DLT_RAW ? static_cast<int>(LinkType::raw_ip) : link;
}

Result<Handle> open_interface(const std::string& interface, const std::string& filter) {
  char trouble[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_create(interface.c_str(), trouble));
  if (!handle) return fail(std::string("cannot capture: ") + trouble, interface);
  pcap_set_snaplen(handle.get(), static_cast<int>(limits::capture_frame_bytes));
  pcap_set_immediate_mode(handle.get(), 1);
  pcap_set_buffer_size(handle.get(), kernel_buffer_bytes);
  pcap_set_timeout(handle.get(), 10);
  if (const int status = pcap_activate(handle.get()); status < 0) {
    return std::unexpected(capture_error(handle.get(), status, interface));
  }
  if (!is_link_type_known(link_type(handle.get()))) {
    return fail(fmt::format("link type {} cannot be read", link_type(handle.get())), interface);
  }
  TRY_VOID(set_filter(handle.get(), filter, interface));
  if (pcap_setnonblock(handle.get(), 1, trouble) != 0)
    return fail(std::string("cannot capture: ") + trouble, interface);
  return handle;
}

}  // namespace

Result<std::string> capture_filter(const std::vector<std::string>& addresses) {
  std::string filter;
  for (const std::string& address : addresses) {
    if (!is_ip(address)) return fail("this is no IP address", address, "give the addresses of the site's elements");
    if (!filter.empty()) filter += " or ";
    filter += "host " + address;
  }
  // The later fragments of a datagram hold no ports but match "host" all the same.
  return filter;
}

struct Capture::Core {
  struct Source {
    Handle handle;
    LinkType link;
    std::thread thread;
    std::uint64_t kernel_drops = 0;  ///< guarded by mutex; the last reading of pcap_stats
  };

  void read(Source& source);
  void update_drops(Source& source);
  void take(Source& source, const pcap_pkthdr& header, const unsigned char* bytes);
  static void on_frame(unsigned char* user, const pcap_pkthdr* header, const unsigned char* bytes);

  CaptureOptions options;
  std::vector<std::unique_ptr<Source>> sources;
  int wake = -1;  ///< readable once the capture is to end
  std::atomic<bool> stopping = false;
  mutable std::mutex mutex;
  std::vector<Frame> ring;
  std::size_t ring_bytes = 0;
  CaptureCounts counts;
  std::ofstream keep;

  ~Core() {
    if (wake >= 0) ::close(wake);
  }
};

namespace {
struct Target {
  void* core;
  void* source;
};
}  // namespace

void Capture::Core::on_frame(unsigned char* user, const pcap_pkthdr* header, const unsigned char* bytes) {
  const auto* target = reinterpret_cast<const Target*>(user);
  static_cast<Core*>(target->core)->take(*static_cast<Source*>(target->source), *header, bytes);
}

void Capture::Core::take(Source& source, const pcap_pkthdr& header, const unsigned char* bytes) {
  Frame frame{
      .time = CaptureTime(std::chrono::seconds(header.ts.tv_sec) + std::chrono::microseconds(header.ts.tv_usec)),
      .link = source.link,
      .wire_bytes = header.len,
      .bytes = Buffer(bytes, bytes + header.caplen)};
  const std::lock_guard guard(mutex);
  ++counts.frames;
  if (keep.is_open()) {
    const Buffer record = print_pcap_record(frame);
    keep.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(record.size()));
    if (!keep) {
      ++counts.write_errors;
      keep.clear();
    }
  }
  const std::size_t cost = frame.bytes.size() + sizeof(Frame);
  if (ring_bytes + cost > options.ring_bytes) {
    ++counts.ring_drops;
    return;
  }
  ring_bytes += cost;
  // Almost always at the end: only with several interfaces a frame may come a little late.
  ring.insert(std::ranges::upper_bound(ring, frame.time, {}, &Frame::time), std::move(frame));
}

void Capture::Core::read(Source& source) {
  Target target{this, &source};
  pollfd ready[2] = {{pcap_get_selectable_fd(source.handle.get()), POLLIN, 0}, {wake, POLLIN, 0}};
  for (;;) {
    const bool last = stopping;
    // Until nothing is left: what the kernel has queued before stop() belongs to the capture.
    while (pcap_dispatch(source.handle.get(), 1024, on_frame, reinterpret_cast<unsigned char*>(&target)) > 0) {
    }
    update_drops(source);
    if (last) return;
    ::poll(ready, 2, 100);
  }
}

void Capture::Core::update_drops(Source& source) {
  pcap_stat stat{};
  if (pcap_stats(source.handle.get(), &stat) != 0) return;
  const std::lock_guard guard(mutex);
  const std::uint64_t drops = std::uint64_t{stat.ps_drop} + stat.ps_ifdrop;
  counts.kernel_drops += drops - std::min(drops, source.kernel_drops);
  source.kernel_drops = drops;
}

Result<std::unique_ptr<Capture>> Capture::start(CaptureOptions options) {
  if (options.interfaces.empty())
    return fail("no network interface is named", "", "name the one that carries the site");
  TRY(const std::string filter, capture_filter(options.addresses));
  auto core = std::make_unique<Core>();
  core->options = std::move(options);
  core->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (core->wake < 0) return fail(fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
  for (const std::string& interface : core->options.interfaces) {
    TRY(Handle handle, open_interface(interface, filter));
    const auto link = static_cast<LinkType>(link_type(handle.get()));
    core->sources.push_back(std::make_unique<Core::Source>(std::move(handle), link));
  }
  if (!core->options.keep.empty()) {
    for (const auto& source : core->sources) {
      if (source->link != core->sources.front()->link) {
        return fail("interfaces of different kinds cannot share one pcap file", core->options.keep.string(),
                    "keep the capture of one interface, or capture on 'any'");
      }
    }
    core->keep.open(core->options.keep, std::ios::binary | std::ios::trunc);
    const Buffer header = print_pcap_header(core->sources.front()->link);
    core->keep.write(reinterpret_cast<const char*>(header.data()), static_cast<std::streamsize>(header.size()));
    if (!core->keep) return fail("cannot write the capture", core->options.keep.string());
  }
  for (auto& source : core->sources)
    source->thread = std::thread([raw = core.get(), &from = *source] { raw->read(from); });
  return std::unique_ptr<Capture>(new Capture(std::move(core)));
}

Capture::Capture(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Capture::~Capture() {
  stop();
}

std::vector<Frame> Capture::drain() {
  const std::lock_guard guard(core_->mutex);
  core_->ring_bytes = 0;
  return std::exchange(core_->ring, {});
}

void Capture::stop() {
  core_->stopping = true;
  CHECK(::eventfd_write(core_->wake, 1) == 0);
  for (auto& source : core_->sources) {
    if (source->thread.joinable()) source->thread.join();
  }
  const std::lock_guard guard(core_->mutex);
  if (core_->keep.is_open()) core_->keep.close();
}

CaptureCounts Capture::counts() const {
  const std::lock_guard guard(core_->mutex);
  return core_->counts;
}

}  // namespace ringwall::proof
