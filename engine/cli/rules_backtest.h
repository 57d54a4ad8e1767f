/* rules_backtest.h: `gridloop rules backtest`: recorded events under old and new rules, and what differs. */
#ifndef ENGINE_CLI_RULES_BACKTEST_H
#define ENGINE_CLI_RULES_BACKTEST_H

int rules_backtest(int argc, char **argv);

#endif
