#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/cluster/cluster.h"
#include "app/cluster/table.h"
#include "app/command_line.h"
#include "app/process/stop_signal.h"
#include "app/progress_bar.h"
#include "base/clock.h"
#include "tape/kafka/partitions_demo.h"

namespace tickerhouse::app {
namespace {

using tape::kafka::DemoView;
using tape::kafka::PartitionsDemo;

constexpr const char* kFooter = R"(Examples:
  tickerhouse demo partitions --brokers 127.0.0.1:9092
  tickerhouse demo partitions --brokers 127.0.0.1:9092 --seconds 60)";

constexpr base::DurationNanos kStep = 100 * base::kMillisecond;
constexpr std::uint32_t kSecondsMax = 600;

std::string seconds(base::DurationNanos elapsed) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%5.1f s",
                static_cast<double>(elapsed) / static_cast<double>(base::kSecond));
  return text.data();
}

std::string committed(const DemoView::Partition& partition) {
  return partition.committed ? grouped(static_cast<std::uint64_t>(*partition.committed)) : "-";
}

// What has happened, and how it stands: a table that is drawn again on a terminal, lines elsewhere.
class Screen {
 public:
  explicit Screen(std::string topic) : topic_(std::move(topic)), terminal_(::isatty(STDOUT_FILENO) != 0) {}

  // How often it wants to look.
  [[nodiscard]] base::DurationNanos pace() const { return terminal_ ? base::kSecond / 4 : base::kSecond; }

  void tell(base::DurationNanos elapsed, const std::string& news) {
    const std::string line = seconds(elapsed).append("  ").append(news);
    if (!terminal_) {
      std::printf("%s\n", line.c_str());
      return;
    }
    if (news.starts_with("key ")) return;  // the table says it
    news_.push_back(line);
    if (news_.size() > kNewsMax) news_.pop_front();
  }

  void show(base::DurationNanos elapsed, const DemoView& view) {
    terminal_ ? redraw(elapsed, view) : print_lines(elapsed, view);
    std::fflush(stdout);
  }

 private:
  static constexpr std::size_t kNewsMax = 8;

  static void print_lines(base::DurationNanos elapsed, const DemoView& view) {
    for (std::size_t i = 0; i < view.partitions.size(); ++i) {
      const DemoView::Partition& partition = view.partitions[i];
      std::printf("%s  partition %zu: member %s, committed %s, end %s, lag %s\n", seconds(elapsed).c_str(), i,
                  partition.member.empty() ? "-" : partition.member.c_str(), committed(partition).c_str(),
                  grouped(static_cast<std::uint64_t>(partition.end)).c_str(),
                  grouped(static_cast<std::uint64_t>(partition.lag)).c_str());
    }
  }

  void redraw(base::DurationNanos elapsed, const DemoView& view) {
    Table partitions({">partition", "member", ">committed", ">end", ">lag", "keys and their last offsets"});
    for (std::size_t i = 0; i < view.partitions.size(); ++i) {
      const DemoView::Partition& partition = view.partitions[i];
      std::string keys;
      for (const DemoView::Key& key : partition.keys)
        keys.append(keys.empty() ? "" : "  ").append(key.name).append(" ").append(std::to_string(key.last));
      partitions.add({std::to_string(i), partition.member.empty() ? "-" : partition.member,
                      committed(partition), grouped(static_cast<std::uint64_t>(partition.end)),
                      grouped(static_cast<std::uint64_t>(partition.lag)), keys});
    }
    Table members({"member", "partitions", ">messages read"});
    for (const DemoView::Member& member : view.members) {
      std::string mine;
      for (const std::uint16_t partition : member.partitions)
        mine.append(mine.empty() ? "" : " ").append(std::to_string(partition));
      members.add({member.name, mine.empty() ? "-" : mine, grouped(member.read)});
    }
    std::string text = std::string("topic and group ").append(topic_).append(seconds(elapsed)).append("\n\n");
    text.append(partitions.text()).append("\n").append(members.text()).append("\n");
    for (const std::string& line : news_) text.append(line).append("\n");
    // Back up over what was drawn before.
    if (lines_ > 0) std::printf("\033[%zuF\033[J", lines_);
    lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    std::fputs(text.c_str(), stdout);
  }

  std::string topic_;
  bool terminal_;
  std::deque<std::string> news_;
  std::size_t lines_ = 0;
};

base::Status play(PartitionsDemo& demo, base::DurationNanos length) {
  Screen screen(demo.topic());
  const std::atomic<bool>& stop = stop_requested();
  base::Clock& clock = base::system_clock();
  const base::DurationNanos started = clock.monotonic_now();
  base::DurationNanos due = 0;  // the next look
  for (base::DurationNanos elapsed = 0; elapsed < length && !stop;
       elapsed = clock.monotonic_now() - started) {
    RETURN_IF_ERROR(demo.step(elapsed));
    for (const std::string& news : demo.news()) screen.tell(elapsed, news);
    if (elapsed >= due) {
      ASSIGN_OR_RETURN(const DemoView view, demo.look());
      screen.show(elapsed, view);
      due = elapsed + screen.pace();
    }
    clock.sleep_for(kStep);
  }
  return {};
}

base::Status demo_partitions(const CommandLine& line, std::uint32_t length) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, connection_of(config));
  static_cast<void>(stop_requested());  // from here on a signal lets us tidy up
  ASSIGN_OR_RETURN(const auto demo, PartitionsDemo::open(connection, length * base::kSecond));
  base::Status played = play(*demo, length * base::kSecond);
  base::Status ended = demo->end();
  if (!played.ok()) return played;
  if (ended.ok()) std::printf("topic and group %s deleted\n", demo->topic().c_str());
  return ended;
}

}  // namespace

void add_demo(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("demo", "shows how Kafka works, on a cluster of yours");
  command->require_subcommand(1);
  auto* partitions = command->add_subcommand(
      "partitions",
      "keys, partitions, offsets and rebalancing, live: a topic of its own, deleted at the end");
  partitions->footer(kFooter);
  auto length = std::make_shared<std::uint32_t>(20);
  partitions->add_option("--seconds", *length, "how long [20]")->check(CLI::Range(1U, kSecondsMax));
  add_setting_flags(*partitions, line, {"kafka."});
  set_action(*partitions, line, [&line, length] { return demo_partitions(line, *length); });
}

}  // namespace tickerhouse::app
