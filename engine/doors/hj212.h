/* hj212.h: frames of HJ 212-2017, the protocol of pollution-source monitoring stations, without a socket.
 *
 *   ## | 4 digits: size of the data | data, QN=...;ST=...;CN=...;PW=...;MN=...;Flag=...;CP=&&...&& | 4 hex digits: CRC | CR LF
 *
 * The reader takes bytes as they come, in any pieces, and waits for one frame at most: bytes that are no frame are stepped over to the
 * next "##" and counted, so that one bad frame never costs the good one behind it.
 *
 * Shape   20 KB a reader
 * Source  HJ 212-2017, 6.3 (frame) and annex A (CRC); numbers of commands from annex C */
#ifndef ENGINE_DOORS_HJ212_H
#define ENGINE_DOORS_HJ212_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HJ212_DATA_MAX                                                                             \
    9999u /* what four digits say; the standard allows 1,024, stations in the field send more */
#define HJ212_FRAME_MAX (HJ212_DATA_MAX + 12u)
#define HJ212_ANSWER_SIZE 256u
#define HJ212_WHY_SIZE 160u

enum hj212_command {
    HJ212_REAL_TIME = 2011,
    HJ212_TIME_ASKED = 1013, /* the station asks for the time: a notice */
    HJ212_NOTICE_TAKEN = 9013,
    HJ212_DATA_TAKEN = 9014,
};

struct hj212_reader {
    char bytes[HJ212_FRAME_MAX];
    size_t size;
    char data[HJ212_DATA_MAX + 1];                 /* of the frame given last */
    uint64_t frames, bad_crc, bad_length, skipped; /* skipped counts bytes */
};

/* Takes as many bytes as fit and returns how many. */
size_t hj212_feed(struct hj212_reader *reader, const void *bytes, size_t size);

/* The data of the next whole frame with a good CRC, valid until the next call; NULL: feed more. */
const char *hj212_next(struct hj212_reader *reader, size_t *out_size);

uint16_t hj212_crc(const char *data, size_t size);

/* What stands before CP. */
struct hj212_head {
    char qn[24], st[8], cn[8], pw[16], mn[32];
    uint32_t command;              /* cn as a number */
    uint32_t flag;                 /* bit 0: wants an answer; bit 1: is one of several packets */
    uint32_t packet_count, packet; /* 0: not of several */
};

/* Reads the data of a frame. *out_record is what a map reads: QN, ST, CN, MN, PNO, at, CP.NAME, factors.CODE.ITEM; to be freed by
 * json_decref. False after a sentence in out_why (HJ212_WHY_SIZE). */
bool hj212_parse(const char *data, size_t size, struct hj212_head *out_head, json_t **out_record,
                 char *out_why);

/* The command that answers head's, 0 = none is due. */
uint32_t hj212_answer_to(const struct hj212_head *head);

/* A frame that answers head with command. Returns its size. */
size_t hj212_answer(const struct hj212_head *head, uint32_t command, char out[HJ212_ANSWER_SIZE]);

#endif
