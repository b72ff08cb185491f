// What a crash says before the process ends by its signal, as it would without this.
#pragma once

namespace tickerhouse::app {

// From now on a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) writes to stderr: version, signal,
// thread, and the calls that led there as offsets in the program, which `addr2line -Cfe` names. A signal that
// has a handler, of a sanitizer for one, keeps it.
void report_crashes();

}  // namespace tickerhouse::app
