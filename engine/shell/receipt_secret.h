/* receipt_secret.h: the six letters that prove whose receipt it is.
 *
 * A receipt's number can be guessed; what it may do (rate, "not solved") needs its secret, which is computed from the number under a
 * key in DATA/receipt.key (32 bytes, mode 0600, made once). Nothing is stored per receipt.
 *
 * 30 bits: enough only because asking is limited; see rate_gate.h.
 * Errors  ERR_IO: the key can neither be read nor made; a key of another length is ERR_DAMAGED, never replaced */
#ifndef ENGINE_SHELL_RECEIPT_SECRET_H
#define ENGINE_SHELL_RECEIPT_SECRET_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stdbool.h>

#define RECEIPT_KEY_SIZE 32u
#define RECEIPT_SECRET_SIZE 7u /* with the end */

enum err receipt_key_load(const char *data, uint8_t out_key[RECEIPT_KEY_SIZE]) WARN_UNUSED;

/* receipt: "110108-20260303-0001.1" in full. */
void receipt_secret_make(const uint8_t key[RECEIPT_KEY_SIZE], const char *receipt,
                         char out[RECEIPT_SECRET_SIZE]);

/* As people type it: capitals, o for 0, i and l for 1. In constant time. */
bool receipt_secret_fits(const uint8_t key[RECEIPT_KEY_SIZE], const char *receipt,
                         const char *shown);

#endif
