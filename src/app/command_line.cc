#include "app/command_line.h"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/config/settings.h"
#include "app/exit_codes.h"
#include "app/logging.h"

namespace tickerhouse::app {
namespace {

// Prints the error, each line of it.
int fail(const base::Error& error) {
  std::string text = error.message();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::fprintf(stderr, "tickerhouse: %s\n", text.substr(0, end).c_str());
    text.erase(0, end + 1);
  }
  return exit_code_of(error.code);
}

}  // namespace

base::Result<Config> CommandLine::load() const {
  ASSIGN_OR_RETURN(Config config, load_config(settings, config_file));
  set_up_logging(config.log_level, config.log_json);
  for (const std::string& note : config.notes) log_info(note);
  return config;
}

void add_setting_flags(CLI::App& command, CommandLine& line, const std::vector<std::string>& key_prefixes) {
  for (const SettingInfo& setting : setting_table()) {
    const std::string key = setting.key;
    const bool wanted = std::any_of(key_prefixes.begin(), key_prefixes.end(),
                                    [&](const std::string& prefix) { return key.starts_with(prefix); });
    if (!wanted || *setting.flag == '\0') continue;
    if (std::string_view(setting.fallback) == "false") {  // to be switched on
      command.add_flag_callback(
          setting.flag, [&line, key] { line.settings[key] = "true"; }, setting.what);
      continue;
    }
    const std::string what = std::string(setting.what).append(" [").append(setting.fallback).append("]");
    command.add_option_function<std::string>(
        setting.flag, [&line, key](const std::string& text) { line.settings[key] = text; }, what);
  }
  if (std::find(key_prefixes.begin(), key_prefixes.end(), "kafka.") != key_prefixes.end())
    command
        .add_option_function<std::vector<std::string>>(
            "-X",
            [&line](const std::vector<std::string>& properties) {
              for (const std::string& property : properties) {
                const std::size_t equals = property.find('=');
                if (equals == std::string::npos) throw CLI::ValidationError("-X", "expected NAME=VALUE");
                line.settings[std::string(kKafkaProperties).append(property, 0, equals)] =
                    property.substr(equals + 1);
              }
            },
            "NAME=VALUE: a property of librdkafka (repeats)")
        ->take_all()
        ->allow_extra_args(false);
  command.add_option("--config", line.config_file, "configuration file [./tickerhouse.toml]");
}

void set_action(CLI::App& command, CommandLine& line, std::function<base::Result<int>()> run) {
  command.callback([&line, run = std::move(run)] {
    line.action = [run] {
      const auto code = run();
      return code.ok() ? *code : fail(code.error());
    };
  });
}

void set_action(CLI::App& command, CommandLine& line, std::function<base::Status()> run) {
  set_action(command, line, [run = std::move(run)]() -> base::Result<int> {
    RETURN_IF_ERROR(run());
    return kExitOk;
  });
}

}  // namespace tickerhouse::app
