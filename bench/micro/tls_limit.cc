// What OpenSSL itself needs for the server's side of a TLS 1.3 handshake with certificates of both sides, in memory:
// the bound of sip.handshake_full and sip.handshake_resumed. Prints one JSON object.
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/time.h"

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

[[noreturn]] void stop(const char* what) {
  fmt::print(stderr, "tls_limit: {}\n", what);
  std::exit(1);
}

Context make_context(const SSL_METHOD* method, const std::string& folder, const std::string& name) {
  Context out(SSL_CTX_new(method), SSL_CTX_free);
  SSL_CTX* raw = out.get();
  const bool usable = SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_ciphersuites(raw, "TLS_AES_256_GCM_SHA384") == 1 &&
                      SSL_CTX_set1_groups_list(raw, "X25519") == 1 &&
                      SSL_CTX_use_certificate_chain_file(raw, (folder + "/" + name + ".crt").c_str()) == 1 &&
                      SSL_CTX_use_PrivateKey_file(raw, (folder + "/" + name + ".key").c_str(), SSL_FILETYPE_PEM) == 1 &&
                      SSL_CTX_load_verify_locations(raw, (folder + "/ca.crt").c_str(), nullptr) == 1;
  if (!usable) stop("the TLS files cannot be used");
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return out;
}

double thread_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

SSL_SESSION* newest = nullptr;

int keep(SSL*, SSL_SESSION* session) {
  SSL_SESSION_free(newest);
  newest = session;
  return 1;
}

/// Processor time of the server's side.
double handshake(SSL_CTX* server_context, SSL_CTX* client_context, bool resume) {
  const double begin = thread_us();
  SSL* server = SSL_new(server_context);
  SSL_set_accept_state(server);
  double spent = thread_us() - begin;
  SSL* client = SSL_new(client_context);
  SSL_set_connect_state(client);
  const bool offered = resume && newest != nullptr;
  if (offered) SSL_set_session(client, newest);
  BIO *near = nullptr, *far = nullptr;
  if (BIO_new_bio_pair(&near, 65'536, &far, 65'536) != 1) stop("no BIO pair");
  SSL_set_bio(client, near, near);
  SSL_set_bio(server, far, far);
  int done = 0;
  for (int turn = 0; turn < 6 && done < 2; ++turn) {
    done = SSL_do_handshake(client) == 1 ? 1 : 0;
    const double from = thread_us();
    if (SSL_do_handshake(server) == 1) ++done;
    spent += thread_us() - from;
  }
  if (done != 2) stop("the handshake failed");
  if (SSL_session_reused(server) != (offered ? 1 : 0)) stop("the session was not resumed");
  char byte = 0;
  SSL_read(client, &byte, 1);                   // takes the tickets
  SSL_set_shutdown(client, SSL_SENT_SHUTDOWN);  // or its session could not be resumed
  SSL_free(client);
  const double from = thread_us();
  SSL_free(server);
  return spent + thread_us() - from;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder;
  bool resume = false;
  int count = 500;
  std::size_t tickets = 1;
  CLI::App app("OpenSSL's own limit of TLS 1.3 handshakes");
  app.add_option("--certificates", folder)->required();
  app.add_option("--count", count)->check(CLI::Range(1, 100'000));
  app.add_option("--tickets", tickets, "that the server sends")->check(CLI::Range(0, 8));
  app.add_flag("--resume", resume);
  CLI11_PARSE(app, argc, argv);
  const Context server = make_context(TLS_server_method(), folder, "server");
  const Context client = make_context(TLS_client_method(), folder, "load");
  constexpr unsigned char scope[] = "bench";
  SSL_CTX_set_session_id_context(server.get(), scope, sizeof scope);
  SSL_CTX_set_num_tickets(server.get(), tickets);
  SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(client.get(), keep);
  for (int i = 0; i < 20; ++i)
    handshake(server.get(), client.get(), resume);
  double sum = 0;
  for (int i = 0; i < count; ++i)
    sum += handshake(server.get(), client.get(), resume);
  fmt::print("{{\"value\":{:.2f}}}\n", sum / count);
  SSL_SESSION_free(newest);
  return 0;
}
