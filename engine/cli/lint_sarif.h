/* lint_sarif.h: findings as SARIF 2.1.0, which code hosts and editors read. */
#ifndef ENGINE_CLI_LINT_SARIF_H
#define ENGINE_CLI_LINT_SARIF_H

#include "rules/lint.h"

#include <jansson.h>

/* problems: what kept the files from being read; lint NULL then. The caller's reference. */
json_t *lint_sarif(const struct problems *problems, const struct lint *lint);

#endif
