/* block.c: see block.h. */
#include "engine/edge/block.h"

#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

enum err block_new(size_t size, struct block *out_block)
{
    must(size > 0 && size < SIZE_MAX / 2);
    const size_t rounded = (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    const size_t mapped_size = rounded + LARGE_PAGE; /* room to begin at a large page */
    void *mapped =
        mmap(NULL, mapped_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return ERR_MEMORY;
    }
    uint8_t *bytes = mapped;
    bytes += -(uintptr_t)mapped & (LARGE_PAGE - 1);
    const int refused = madvise(bytes, rounded, MADV_HUGEPAGE);
    (void)refused; /* small pages do, too */
    *out_block = (struct block){.bytes = bytes, .mapped = mapped, .mapped_size = mapped_size};
    return ERR_OK;
}

void block_enlarge(void *bytes, size_t size)
{
    const size_t skipped = -(uintptr_t)bytes & (LARGE_PAGE - 1);
    if (bytes != NULL && size > skipped && size - skipped >= LARGE_PAGE) {
        const int refused = madvise((uint8_t *)bytes + skipped,
                                    (size - skipped) & ~(LARGE_PAGE - 1), MADV_HUGEPAGE);
        (void)refused; /* small pages do, too */
    }
}

void block_free(struct block *block)
{
    if (block->mapped != NULL) {
        const int failed = munmap(block->mapped, block->mapped_size);
        must(failed == 0);
    }
    *block = (struct block){0};
}
