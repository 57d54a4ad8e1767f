/* rules_test.h: `gridloop rules test`: runs the tests that departments write beside their rules. */
#ifndef ENGINE_CLI_RULES_TEST_H
#define ENGINE_CLI_RULES_TEST_H

int rules_test(int argc, char **argv);

#endif
