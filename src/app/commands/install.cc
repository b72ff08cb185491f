// install and completion: the program on the PATH of a user.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "base/disk.h"

namespace tickerhouse::app {
namespace {

namespace fs = std::filesystem;
constexpr const char* kLibrary = "libduckdb.so";

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      words.append(words.empty() ? "--" : " --").append(name);
  for (const CLI::App* nested : command.get_subcommands([](const CLI::App* /*all*/) { return true; }))
    words.append(words.empty() ? "" : " ").append(nested->get_name());
  return words;
}

// Hidden commands have no description group.
bool shown(const CLI::App* command) { return !command->get_group().empty(); }

// For bash; zsh reads it through bashcompinit.
std::string completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands(shown)) {
    commands.append(commands.empty() ? "" : " ").append(command->get_name());
    cases.append("    ")
        .append(command->get_name())
        .append(") words='")
        .append(words_of(*command))
        .append("' ;;\n");
  }
  std::string text =
      "# Completion of tickerhouse, by `tickerhouse completion bash`.\n_tickerhouse() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} words=''\n"
      "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '";
  text.append(commands).append("' -- \"$current\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n");
  text.append(cases).append(
      "  esac\n  if [[ $current == -* || $words != *--* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n  else\n"
      "    COMPREPLY=($(compgen -W \"${words//--[a-z-]*/}\" -- \"$current\") $(compgen -f -- "
      "\"$current\"))\n  fi\n}\n"
      "complete -F _tickerhouse tickerhouse\n");
  return text;
}

// The library as this process has it loaded.
base::Result<fs::path> loaded_library() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(std::string("/") + kLibrary)) return fs::path(line.substr(line.find('/')));
  return base::Error{base::ErrorCode::not_found, "the program runs without it", kLibrary};
}

// A program that is running cannot be written over; renaming puts the new one in its place.
base::Status copy_into_place(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_directories(to.parent_path(), code);
  const fs::path staged = fs::path(to).concat(".new");
  if (!code) fs::copy_file(from, staged, fs::copy_options::overwrite_existing, code);
  if (!code) fs::rename(staged, to, code);
  if (code) return base::Error{base::ErrorCode::io, code.message(), to.string()};
  return {};
}

base::Status install(const CLI::App& app, const std::string& prefix) {
  if (prefix.empty())
    return base::Error{base::ErrorCode::invalid_argument, "expected a folder such as ~/.local", "--prefix"};
  const fs::path root(prefix);
  ASSIGN_OR_RETURN(const fs::path library, loaded_library());
  RETURN_IF_ERROR(copy_into_place(library, root / "lib/tickerhouse" / kLibrary));
  RETURN_IF_ERROR(copy_into_place("/proc/self/exe", root / "bin/tickerhouse"));
  const fs::path bash = root / "share/bash-completion/completions/tickerhouse";
  std::error_code code;
  fs::create_directories(bash.parent_path(), code);
  RETURN_IF_ERROR(base::system_disk().replace_file(bash.string(), completion(app)));
  std::printf("installed %s, its library and its completion for bash\n", (root / "bin/tickerhouse").c_str());
  std::printf("zsh: autoload bashcompinit && bashcompinit && source %s\n", bash.c_str());
  return {};
}

}  // namespace

void add_install(CLI::App& app, CommandLine& line) {
  auto* installing =
      app.add_subcommand("install", "put the program, its library and its completion below a folder");
  auto prefix = std::make_shared<std::string>();  // lives in the action
  installing->footer("Examples:\n  tickerhouse install --prefix ~/.local");
  installing->add_option("--prefix", *prefix, "bin/, lib/ and share/ are made in it")->required();
  set_action(*installing, line, [&app, prefix] { return install(app, *prefix); });

  auto* completing =
      app.add_subcommand("completion", "print the completion for bash (and zsh, through bashcompinit)");
  auto shell = std::make_shared<std::string>("bash");
  completing->add_option("shell", *shell, "bash [bash]")->check(CLI::IsMember({"bash"}));
  set_action(*completing, line, [&app]() -> base::Status {
    std::fputs(completion(app).c_str(), stdout);
    return {};
  });
}

}  // namespace tickerhouse::app
