/* history_precision.h: `gridloop history precision`. */
#ifndef ENGINE_CLI_HISTORY_PRECISION_H
#define ENGINE_CLI_HISTORY_PRECISION_H

int history_precision(int argc, char **argv);

#endif
