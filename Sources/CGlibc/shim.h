// What Swift's view of glibc lacks: what stands behind _GNU_SOURCE, what is variadic, and headers that no module has.
#ifndef CHAT_CGLIBC_SHIM_H
#define CHAT_CGLIBC_SHIM_H
#include <malloc.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

extern int memfd_create(const char *name, unsigned int flags);
extern int pipe2(int ends[2], int flags);
extern int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern char **environ;

static inline char **shim_environment(void) { return environ; }

static inline int shim_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
// The type of the file system at `path`, -1 where that cannot be told.
static inline long shim_file_system_type(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)(unsigned int)status.f_type : -1;
}
#endif
