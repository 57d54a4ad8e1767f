/* contact.h: a reporter's contact: sealed before it is logged, opened for a granted reveal, masked everywhere else.
 *
 * The words are padded to one length, so that ciphertext tells nothing by its size, and sealed with XChaCha20-Poly1305
 * under a key that is used for this one contact only: therefore the nonce is zero. The name of the key is sealed along.
 *
 * Owner   caller's structs; wipe them with contact_forget
 * Errors  contact_open: false when key and ciphertext do not belong together */
#ifndef ENGINE_EDGE_CONTACT_H
#define ENGINE_EDGE_CONTACT_H

#include "engine/core/command.h"

#define CONTACT_KEY_SIZE 32u
#define CONTACT_NAME_MAX 64u
#define CONTACT_PHONE_MAX 32u
#define CONTACT_NOTE_MAX 156u
#define CONTACT_MASK_SIZE 48u

struct contact {
    char name[CONTACT_NAME_MAX + 1];
    char phone[CONTACT_PHONE_MAX + 1];
    char note[CONTACT_NOTE_MAX + 1]; /* an address, when to call */
};

/* Where keys come from and are found again. The holder makes a key durable before it gives it out. */
struct contact_keys {
    /* a key never given out before; false: none can be had, and the holder stops the engine */
    bool (*take)(void *context, struct hash128 *out_id, uint8_t out_key[CONTACT_KEY_SIZE]);
    /* false: there is none of that name (any more) */
    bool (*find)(void *context, struct hash128 id, uint8_t out_key[CONTACT_KEY_SIZE]);
    void *context;
};

/* Texts longer than their bounds are cut. NULL is "". */
void contact_fill(struct contact *contact, const char *name, const char *phone, const char *note);
void contact_seal(const struct contact *contact, struct hash128 id,
                  const uint8_t key[CONTACT_KEY_SIZE], struct event_contact *out_sealed);
bool contact_open(const uint8_t sealed[CONTACT_SEALED_SIZE], struct hash128 id,
                  const uint8_t key[CONTACT_KEY_SIZE], struct contact *out_contact) WARN_UNUSED;
void contact_forget(struct contact *contact);

/* "138****1234"; of a number of fewer than 11 characters less is shown. A contact without a number: "****". */
void contact_mask(const struct contact *contact, char out[CONTACT_MASK_SIZE]);

/* Masks in place what looks like a mobile number in free words: 11 digits that begin with 13 to 19 and stand alone, also
 * behind 0, 86 or 0086, or as 3, 4 and 4 with spaces or dashes. The length stays. Gateways shall not write numbers there; some will. */
void contact_mask_words(char *text);

#endif
