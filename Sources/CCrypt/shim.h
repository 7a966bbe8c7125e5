#ifndef CHAT_CCRYPT_SHIM_H
#define CHAT_CCRYPT_SHIM_H
#include <crypt.h>
#include <sys/prctl.h>

// prctl is variadic, which the importer skips. What was hashed here shall not be found in a dump of the process.
static inline int shim_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
// What glibc's own module leaves out: gives the pages of freed memory back to the system.
#include <malloc.h>
static inline void shim_malloc_trim(void) { malloc_trim(0); }
#endif
