// The process that runs one statement of a user. DuckDB promises no bound on what a statement may take: some
// functions allocate past its memory limit, some cannot be interrupted, a fault in it ends the process. So
// the statement runs in a process that holds nothing: the kernel caps its memory, its owner kills it when its
// time is over, and it cannot write to any file. It has a database of its own in memory; the tables of the
// store come from the owner, read only, over the socket (sql_channel.h). Of the file system it sees history/.
#pragma once

namespace tickerhouse::sinks {

// The whole life of such a process. Its standard input is the socket, its working directory the data
// directory.
int run_sql_worker();

}  // namespace tickerhouse::sinks
