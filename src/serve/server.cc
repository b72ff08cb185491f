#include "serve/server.h"

#include <utility>

#include "serve/core.h"
#include "serve/net/net.h"

namespace tickerhouse::serve {
namespace {

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServeOptions& options, const ServeParts& parts) : core_(options, parts) {}

  base::Status start() {
    RETURN_IF_ERROR(check_exposure(core_.options));
    RETURN_IF_ERROR(core_.board.refresh());
    ASSIGN_OR_RETURN(net_, Net::open(core_));
    return {};
  }

  [[nodiscard]] std::string url() const override {
    const ServeOptions& options = core_.options;
    std::string text = options.tls_certificate.empty() ? "http://" : "https://";
    const bool six = options.address.find(':') != std::string::npos;
    text.append(six ? "[" : "").append(options.address).append(six ? "]" : "");
    return text.append(":").append(std::to_string(net_->port()));
  }

 private:
  Core core_;
  std::unique_ptr<Net> net_;  // its threads use the core, so it goes first
};

}  // namespace

base::Result<std::unique_ptr<Server>> Server::open(const ServeOptions& options, const ServeParts& parts) {
  auto server = std::make_unique<ServerImpl>(options, parts);
  RETURN_IF_ERROR(server->start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tickerhouse::serve
