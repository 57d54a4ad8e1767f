/* image_store.c: images by their digest, durable before anything names them.
 *
 *   DATA/images/<digest, hi then lo, 32 hex digits>.img
 *   offset size
 *        0    .  the image, size bytes (engine/core/image.h)
 *     size    8  magic "GRIDIMGT"
 *        +8  16  XXH3-128 of the image from its first byte, hi then lo
 *
 * The image's own digest, which names it, leaves out its header; the trailer covers that as well, so a flipped
 * section count cannot make a section vanish. */
#include "engine/edge/image_store.h"

#include "engine/city/image_write.h"
#include "engine/edge/block.h"

#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#define TRAILER_MAGIC "GRIDIMGT"
#define TRAILER_SIZE 24u
#define TEMPORARY_PATH "images/new.tmp"

const char *image_store_path(struct hash128 digest, char out[IMAGE_STORE_PATH_SIZE])
{
    int size = snprintf(out, IMAGE_STORE_PATH_SIZE, IMAGE_STORE_DIRECTORY "/%016llx%016llx.img",
                        (unsigned long long)digest.hi, (unsigned long long)digest.lo);
    must(size > 0 && (uint32_t)size < IMAGE_STORE_PATH_SIZE);
    return out;
}

static void trailer_make(const void *bytes, uint64_t size, uint8_t out[TRAILER_SIZE])
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    memcpy(out, TRAILER_MAGIC, 8);
    memcpy(out + 8, &hash.high64, 8);
    memcpy(out + 16, &hash.low64, 8);
}

static enum err write_file(const struct disk *disk, int file, const void *bytes, uint64_t size)
{
    uint8_t trailer[TRAILER_SIZE];
    trailer_make(bytes, size, trailer);
    enum err err = disk->write(disk->context, file, 0, bytes, size);
    if (err == ERR_OK) {
        err = disk->write(disk->context, file, size, trailer, sizeof trailer);
    }
    return err == ERR_OK ? disk->sync(disk->context, file) : err;
}

static enum err put_new(const struct disk *disk, const void *bytes, uint64_t size, const char *path)
{
    enum err err = disk->remove(disk->context, TEMPORARY_PATH);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int file;
    err = disk->open(disk->context, TEMPORARY_PATH, DISK_CREATE, &file);
    if (err != ERR_OK) {
        return err;
    }
    err = write_file(disk, file, bytes, size);
    disk->close(disk->context, file);
    return err == ERR_OK ? disk->rename(disk->context, TEMPORARY_PATH, path) : err;
}

enum err image_store_put(const struct disk *disk, const void *bytes, uint64_t size,
                         struct hash128 digest)
{
    must(hash128_is_equal(image_digest(bytes, size), digest));
    char path[IMAGE_STORE_PATH_SIZE];
    image_store_path(digest, path);
    enum err err = disk->make_directory(disk->context, IMAGE_STORE_DIRECTORY);
    if (err == ERR_OK) {
        err = disk->sync_directory(disk->context, ".");
    }
    if (err != ERR_OK) {
        return err;
    }
    void *stored;
    uint64_t stored_size;
    err = image_store_get(disk, digest, &stored, &stored_size);
    if (err == ERR_OK) {
        free(stored);
    } else if (err == ERR_NOT_FOUND || err == ERR_DAMAGED) {
        err = put_new(disk, bytes, size, path);
    }
    /* Also when it was there: the engine may have stopped between rename and this. */
    return err == ERR_OK ? disk->sync_directory(disk->context, IMAGE_STORE_DIRECTORY) : err;
}

static bool is_whole(const uint8_t *bytes, uint64_t file_size, struct hash128 digest)
{
    uint64_t size = file_size - TRAILER_SIZE;
    uint8_t trailer[TRAILER_SIZE];
    trailer_make(bytes, size, trailer);
    return memcmp(bytes + size, trailer, sizeof trailer) == 0 &&
           hash128_is_equal(image_digest(bytes, size), digest);
}

enum err image_store_get(const struct disk *disk, struct hash128 digest, void **out_bytes,
                         uint64_t *out_size)
{
    char path[IMAGE_STORE_PATH_SIZE];
    int file;
    enum err err = disk->open(disk->context, image_store_path(digest, path), DISK_READ, &file);
    if (err != ERR_OK) {
        return err;
    }
    uint64_t file_size;
    uint8_t *bytes = NULL;
    err = disk->size(disk->context, file, &file_size);
    if (err == ERR_OK && file_size < IMAGE_HEADER_SIZE + TRAILER_SIZE) {
        err = ERR_DAMAGED;
    }
    if (err == ERR_OK) {
        bytes = malloc(file_size);
        block_enlarge(bytes, bytes == NULL ? 0 : file_size);
        err = bytes == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (err == ERR_OK) {
        err = disk->read(disk->context, file, 0, bytes, file_size);
    }
    disk->close(disk->context, file);
    if (err == ERR_OK && !is_whole(bytes, file_size, digest)) {
        err = ERR_DAMAGED;
    }
    if (err != ERR_OK) {
        free(bytes);
        return err;
    }
    *out_bytes = bytes;
    *out_size = file_size - TRAILER_SIZE;
    return ERR_OK;
}

struct measure {
    const struct disk *disk;
    uint32_t count;
    uint64_t bytes;
    enum err err;
};

static bool measure_file(void *visitor, const char *name)
{
    struct measure *measure = visitor;
    char path[DISK_PATH_MAX + 1];
    int size = snprintf(path, sizeof path, IMAGE_STORE_DIRECTORY "/%s", name);
    if (size < 0 || (size_t)size >= sizeof path || strstr(name, ".img") == NULL) {
        return true;
    }
    int file;
    uint64_t file_size = 0;
    measure->err = measure->disk->open(measure->disk->context, path, DISK_READ, &file);
    if (measure->err == ERR_OK) {
        measure->err = measure->disk->size(measure->disk->context, file, &file_size);
        measure->disk->close(measure->disk->context, file);
    }
    measure->count++;
    measure->bytes += file_size;
    return measure->err == ERR_OK;
}

enum err image_store_measure(const struct disk *disk, uint32_t *out_count, uint64_t *out_bytes)
{
    struct measure measure = {.disk = disk};
    enum err err = disk->list(disk->context, IMAGE_STORE_DIRECTORY, measure_file, &measure);
    if (err == ERR_OK) {
        err = measure.err;
    }
    if (err == ERR_OK || err == ERR_NOT_FOUND) {
        *out_count = measure.count;
        *out_bytes = measure.bytes;
        return ERR_OK;
    }
    return err;
}
