/* bench_sockets.h: sockets, codec and disk alone: what the machine allows at most.
 *
 * Receives frames, opens and checks them once, appends their bytes as they came to a real log, syncs, acknowledges every event: the
 * same sockets, codec, log format and disk as the engine. No identity, no number of an outbox, no facts, no command, no decision. */
#ifndef ENGINE_CLI_BENCH_SOCKETS_H
#define ENGINE_CLI_BENCH_SOCKETS_H

/* Listens on url and keeps its log in directory, which exists. Ends with the process. */
_Noreturn void bench_sockets_run(const char *url, const char *directory);

#endif
