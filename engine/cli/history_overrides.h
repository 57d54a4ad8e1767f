/* history_overrides.h: `gridloop history overrides`. */
#ifndef ENGINE_CLI_HISTORY_OVERRIDES_H
#define ENGINE_CLI_HISTORY_OVERRIDES_H

int history_overrides(int argc, char **argv);

#endif
