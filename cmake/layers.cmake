# The house from the cellar to the roof: every folder, what it may include, and which outside libraries it alone may
# use. Includes point one way. script/check-layers holds every #include line in src/ against this file.
ringwall_layer(base USES spdlog::spdlog)
ringwall_layer(crypto ALLOWS base USES OpenSSL::Crypto OpenSSL::SSL)
ringwall_layer(policy ALLOWS base crypto USES PkgConfig::tomlplusplus)
ringwall_layer(pki ALLOWS base crypto policy USES Boost::json)
ringwall_layer(sip/message ALLOWS base)
ringwall_counted_copy(sip/message src/base/text.cc src/base/result.cc)
ringwall_layer(sip/transport ALLOWS base sip/message)
ringwall_layer(sip/transaction ALLOWS base sip/message sip/transport)
ringwall_layer(sip/dialog ALLOWS base sip/message sip/transaction)
ringwall_layer(sip/auth ALLOWS base crypto sip/message)
ringwall_layer(sip/registrar ALLOWS base crypto sip/message sip/transport)
ringwall_layer(sip/endpoint ALLOWS base sip/message sip/transport sip/transaction sip/dialog)
ringwall_layer(sip/event ALLOWS base sip/message USES PkgConfig::pugixml)
ringwall_layer(sdp ALLOWS base)
ringwall_layer(media ALLOWS base crypto USES ${SPANDSP_LIBRARY} ${OPUS_LIBRARY} ${SPEEXDSP_LIBRARY}
               TEST_USES PkgConfig::srtp2)
ringwall_layer(runtime ALLOWS base crypto policy sip/message sip/transport sip/endpoint sdp media
               USES OpenSSL::SSL Boost::headers Threads::Threads ${UNBOUND_LIBRARY})
ringwall_layer(store ALLOWS base USES ${SOCI_CORE} ${SOCI_SQLITE} ${SOCI_POSTGRESQL} Threads::Threads)
ringwall_layer(call ALLOWS base crypto policy sip/message sip/transport sip/auth sip/endpoint sip/dialog sdp media runtime)
ringwall_layer(edge ALLOWS base policy sip/message sip/endpoint sip/dialog sdp media runtime call)
ringwall_layer(router ALLOWS base policy store)
ringwall_layer(call_server ALLOWS base policy sip/message sip/endpoint sip/dialog sdp media runtime call router)
ringwall_layer(voice_browser ALLOWS base policy sip/message sip/endpoint sip/dialog sdp media runtime call
               USES PkgConfig::pugixml)
ringwall_layer(call_manager ALLOWS base crypto policy sip/message sip/auth sip/endpoint sip/dialog sip/registrar sip/event sdp media runtime store call)
ringwall_layer(desktop ALLOWS base policy runtime USES Boost::headers Boost::json Threads::Threads)
ringwall_layer(proof ALLOWS base crypto policy sdp media runtime call USES ${PCAP_LIBRARY} Boost::json)
ringwall_layer(cli ALLOWS base crypto policy pki sip/message sip/auth sip/endpoint sip/dialog sip/registrar sdp media runtime
               store call edge router call_server voice_browser call_manager desktop proof
               USES CLI11::CLI11 Boost::json PkgConfig::systemd)
