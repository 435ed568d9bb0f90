#pragma once

#include <boost/json/value.hpp>

#include <string>

/// The API's answers as text for people, at most 100 columns wide.
namespace ringwall::cli {

std::string print_connections(
    const boost::json::value& answer);                      ///< fields of `show sip-ua connections tcp tls detail`
std::string print_calls(const boost::json::value& answer);  ///< fields of `show call active voice brief`
std::string print_registrations(const boost::json::value& answer);
std::string print_certificates(const boost::json::value& answer);
std::string print_trunks(const boost::json::value& answer);
std::string print_agents(const boost::json::value& answer);
std::string print_queues(const boost::json::value& answer);
std::string print_waivers(const boost::json::value& answer);
std::string print_refusals(const boost::json::value& answer);
std::string print_ports(const boost::json::value& answer);

}  // namespace ringwall::cli
