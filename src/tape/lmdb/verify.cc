#include "tape/lmdb/verify.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "tape/commit_rule.h"
#include "tape/lmdb/batches.h"
#include "tape/lmdb/env.h"

namespace tickerhouse::tape {
namespace {

constexpr std::string_view kSound = "sound";

base::Error damaged(std::string_view what, std::string_view where) {
  return {base::ErrorCode::damaged, std::string("the tape is damaged: ").append(what), std::string(where)};
}

template <typename Visit>
base::Status for_each_entry(MDB_txn* txn, MDB_dbi table, Visit visit) {
  LmdbCursor cursor(txn, table);
  for (bool first = true;; first = false) {
    ASSIGN_OR_RETURN(const auto entry, first ? cursor.first() : cursor.next());
    if (!entry) return {};
    RETURN_IF_ERROR(visit(*entry));
  }
}

base::Status check_batches(MDB_txn* txn, const LmdbTables& tables) {
  AlignedCopy scratch;
  std::optional<BatchKey> expected;
  return for_each_entry(txn, tables.batches, [&](const LmdbCursor::Entry& entry) -> base::Status {
    ASSIGN_OR_RETURN(const FoundBatch found, open_entry(entry, scratch));
    if (expected && found.key.same_partition(*expected) && found.key.first != expected->first)
      return damaged("rows are missing", place_name(expected->topic, expected->partition, expected->first));
    expected = found.key;
    expected->first = found.end();
    return {};
  });
}

base::Result<std::uint64_t> free_pages(MDB_txn* txn) {
  std::uint64_t pages = 0;
  RETURN_IF_ERROR(for_each_entry(txn, 0, [&](const LmdbCursor::Entry& entry) -> base::Status {
    std::size_t listed = 0;  // each list begins with its length
    if (entry.value.size() < sizeof listed) return damaged("a list of free pages is cut off", "");
    std::memcpy(&listed, entry.value.data(), sizeof listed);
    pages += listed;
    return {};
  }));
  return pages;
}

base::Status check_pages(const LmdbEnv& env, MDB_txn* txn) {
  MDB_envinfo info;
  MDB_stat stat;
  const int rc = mdb_env_info(env.get(), &info) != 0 ? EINVAL : mdb_env_stat(env.get(), &stat);
  if (rc != 0) return env.error(rc, "cannot count the tape's pages");
  ASSIGN_OR_RETURN(const std::uint64_t used, bytes_in_use(env, txn));
  ASSIGN_OR_RETURN(const std::uint64_t free, free_pages(txn));
  if (used / stat.ms_psize + free != info.me_last_pgno + 1)
    return damaged("its pages do not add up", env.options().directory);
  return {};
}

base::Status check_positions(MDB_txn* txn, const LmdbTables& tables) {
  return for_each_entry(txn, tables.positions, [](const LmdbCursor::Entry& entry) -> base::Status {
    if (entry.value.empty()) return damaged("a writer without a position", entry.key);
    return {};
  });
}

base::Status check_everything(const std::string& directory) {
  ASSIGN_OR_RETURN(const auto env,
                   LmdbEnv::open({.directory = directory, .read_only = true, .locks = false}));
  ReadTxn txn(*env);
  RETURN_IF_ERROR(txn.begin());
  RETURN_IF_ERROR(check_batches(txn.get(), env->tables()));
  RETURN_IF_ERROR(check_positions(txn.get(), env->tables()));
  return check_pages(*env, txn.get());
}

[[noreturn]] void run_child(const std::string& directory, int out) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const base::Status status = check_everything(directory);
  const std::string answer = status.ok() ? std::string(kSound) : status.error().message();
  const ssize_t written = ::write(out, answer.data(), answer.size());
  ::_exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4'096> part;
  for (;;) {
    const ssize_t n = ::read(fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace

base::Status verify_lmdb_tape(const std::string& directory) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return lmdb_error(errno, "cannot start the check of the tape", directory);
  const pid_t child = ::fork();
  if (child == 0) run_child(directory, ends[1]);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return lmdb_error(errno, "cannot start the check of the tape", directory);
  }
  const std::string answer = read_to_end(ends[0]);
  ::close(ends[0]);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (answer == kSound) return {};
  if (answer.empty()) return damaged("reading it ended the program that did", directory);
  return base::Error{base::ErrorCode::damaged, answer, directory};
}

}  // namespace tickerhouse::tape
