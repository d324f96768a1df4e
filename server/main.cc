// leveed: flags, then the server, then waiting for a signal to stop.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "server/observe/log.h"
#include "server/options.h"
#include "server/server.h"

namespace {

constexpr int kRefused = 1;
constexpr int kUsage = 2;

int Complain(const absl::Status& status, int code) {
  std::fprintf(stderr, "leveed: %s\n", std::string(status.message()).c_str());
  return code;
}

// Blocked in every thread that is started from here on, and taken by Wait.
sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int Serve(levee::Options options) {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  levee::observe::Start(options.log_level);
  absl::StatusOr<std::unique_ptr<levee::Server>> server =
      levee::Server::Start(std::move(options));
  if (!server.ok()) return Complain(server.status(), kRefused);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::StatusOr<levee::CommandLine> line = levee::ParseCommandLine(argc, argv);
  if (!line.ok()) {
    return Complain(line.status(),
                    absl::IsInvalidArgument(line.status()) ? kUsage : kRefused);
  }
  switch (line->act) {
    case levee::CommandLine::Act::kPrint:
      std::fputs(line->text.c_str(), stdout);
      return 0;
    case levee::CommandLine::Act::kCheck:
      std::puts("the configuration is right");
      return 0;
    case levee::CommandLine::Act::kRun:
      break;
  }
  return Serve(std::move(line->options));
}
