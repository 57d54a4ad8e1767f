/* cmd_rules.c: `gridloop rules lint | explain | test | backtest | plan | activate | import`: what is wrong between the rules of a
 * city; why one takes an event; what its tests say; what a change would have changed, and the change. */
#include "engine/cli/cli.h"
#include "engine/cli/rules_backtest.h"
#include "engine/cli/rules_explain.h"
#include "engine/cli/rules_import.h"
#include "engine/cli/rules_lint.h"
#include "engine/cli/rules_plan.h"
#include "engine/cli/rules_test.h"

int cmd_rules(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"lint", rules_lint,
         "conflicts, gaps and impossible rules, each with an event that shows it"},
        {"explain", rules_explain,
         "which rules take an event, and which clause of the others says no"},
        {"test", rules_test, "run the tests beside the rules"},
        {"backtest", rules_backtest, "recorded events under old and new rules, and what differs"},
        {"plan", rules_plan, "what would keep its state if these rules took over"},
        {"activate", rules_activate, "have the running engine use the rules of its city"},
        {"import", rules_import, "a catalogue table to classes and rules"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop rules", VERBS, argc, argv);
}
