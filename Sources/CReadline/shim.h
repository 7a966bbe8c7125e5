#ifndef CHAT_CREADLINE_SHIM_H
#define CHAT_CREADLINE_SHIM_H
#include <spawn.h>
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>

/* glibc declares them under _GNU_SOURCE only, which Swift's view of glibc does not have. */
extern int memfd_create(const char *name, unsigned int flags);
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/* glibc's environ, which Swift's view of glibc does not have for the same reason. */
extern char **environ;
#endif
