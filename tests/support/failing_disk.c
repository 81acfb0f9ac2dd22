/* A disk on which one call fails: loaded before the C library, it counts the calls that write below a folder, and lets
   the one that is asked for fail. Built by tests/apart.py. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int chosen, error, seen;
static char failed[PATH_MAX + 32];

/* Let call number `which` below `path` fail with `with`. */
void disk_fails(const char *path, int which, int with) {
    snprintf(folder, sizeof folder, "%s", path);
    chosen = which, error = with;
    failed[0] = 0;
    __atomic_store_n(&seen, 0, __ATOMIC_SEQ_CST);
}

/* Which call failed, if one did; and no more of that. */
const char *disk_failed(void) { return failed; }
void disk_mended(void) { chosen = 0; }

static int fails(const char *call, const char *path) {
    if (!folder[0] || strncmp(path, folder, strlen(folder)))
        return 0;
    if (__atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST) != chosen)
        return 0;
    snprintf(failed, sizeof failed, "%s %s", call, strrchr(path, '/'));
    errno = error;
    return 1;
}

static int fails_at(const char *call, int number) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    int saved = errno;
    ssize_t size = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (size < 0)
        return 0;
    path[size] = 0;
    return fails(call, path);
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define ON_PATH(result, name, parameters, arguments, path)                                                             \
    result name parameters {                                                                                           \
        REAL(name);                                                                                                    \
        return fails(#name, path) ? -1 : real arguments;                                                               \
    }
#define ON_FILE(result, name, parameters, arguments)                                                                   \
    result name parameters {                                                                                           \
        REAL(name);                                                                                                    \
        return fails_at(#name, number) ? -1 : real arguments;                                                          \
    }
#define OPENING(name, parameters, arguments)                                                                           \
    int name parameters {                                                                                              \
        REAL(name);                                                                                                    \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                                      \
        va_end(rest);                                                                                                  \
        return (flags & O_CREAT) && fails(#name, path) ? -1 : real arguments;                                          \
    }

ON_FILE(ssize_t, write, (int number, const void *bytes, size_t size), (number, bytes, size))
ON_FILE(ssize_t, pwrite, (int number, const void *bytes, size_t size, off_t at), (number, bytes, size, at))
ON_FILE(ssize_t, pwrite64, (int number, const void *bytes, size_t size, off64_t at), (number, bytes, size, at))
ON_FILE(int, fsync, (int number), (number))
ON_FILE(int, fdatasync, (int number), (number))
ON_FILE(int, ftruncate, (int number, off_t size), (number, size))
ON_FILE(int, ftruncate64, (int number, off64_t size), (number, size))
ON_PATH(int, mkdir, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(int, chmod, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(int, rename, (const char *path, const char *to), (path, to), path)
ON_PATH(int, unlink, (const char *path), (path), path)
OPENING(open, (const char *path, int flags, ...), (path, flags, mode))
OPENING(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENING(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPENING(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
