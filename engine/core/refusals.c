/* refusals.c: see refusals.h. WRONG_STATE is answered where the table of acts is asked. */
#include "engine/core/refusals.h"

bool refusal_is_of_state(enum code code)
{
    return code == CODE_CHILD_OPEN || code == CODE_OVERDUE || code == CODE_NO_MORE_EXTENSIONS ||
           code == CODE_ONCE_ONLY || code == CODE_NOTHING_ASKED || code == CODE_NOT_MISSED ||
           code == CODE_NO_DISPUTE || code == CODE_IN_DISPUTE || code == CODE_CONTACT_ERASED ||
           code == CODE_NO_CONTACT;
}
