/* Stands between luzhu and its disk (LD_PRELOAD), so that a test can make a disk that is full, that
 * fails, or that loses its power.
 *
 * Everything in the folder SHIM_DATA is watched. The first byte of the file SHIM_MODE, which a test
 * rewrites in place, says how the disk is:
 *   o  well
 *   f  full: nothing can be written
 *   g  full: no file can grow
 *   e  nothing can be synced
 *   n  the log's sync waits until the database is written, as with SQLite's `synchronous=normal`
 *
 * What a sync made durable is kept as an image of the file in the folder SHIM_SYNCED; after a power
 * cut, these images are all there is. A file that is gone loses its image when the folder is synced.
 *
 * The real calls are made with syscall(2), so nothing has to be looked up. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *data, *synced;
static const volatile char *mode;
static pthread_mutex_t imaging = PTHREAD_MUTEX_INITIALIZER;
static volatile int owed = -1; /* the log whose sync waits */

static void give_up(const char *what) {
    perror(what);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    data = getenv("SHIM_DATA");
    synced = getenv("SHIM_SYNCED");
    int fd = open(getenv("SHIM_MODE"), O_RDONLY);
    void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) give_up("shim: SHIM_MODE");
    close(fd);
    mode = page;
}

static int ends(const char *name, const char *with) {
    size_t n = strlen(name), k = strlen(with);
    return n >= k && strcmp(name + n - k, with) == 0;
}

/* An open file's name within the folder, "" for the folder itself; NULL for everything else. */
static const char *watched(int fd, char path[PATH_MAX]) {
    char link[32];
    if (!mode) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    size_t k = strlen(data);
    if (strncmp(path, data, k) != 0) return NULL;
    return path[k] == 0 ? path + k : path[k] == '/' ? path + k + 1 : NULL;
}

/* The present content becomes durable: whole or, when the program is killed meanwhile, not at all. */
static void keep(int fd, const char *name, const char *path) {
    static char buffer[1 << 20];
    char half[PATH_MAX], image[PATH_MAX];
    snprintf(half, sizeof half, "%s.half", synced);
    snprintf(image, sizeof image, "%s/%s", synced, name);
    int out = open(half, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0) give_up("shim: an image");
    /* Never open a file of SQLite's a second time: closing it would drop SQLite's locks. */
    int blind = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
    int in = blind ? open(path, O_RDONLY) : fd;
    off_t at = 0;
    for (ssize_t n; (n = pread(in, buffer, sizeof buffer, at)) != 0; at += n)
        if (n < 0 || syscall(SYS_write, out, buffer, n) != n) give_up("shim: an image");
    if (blind) close(in);
    close(out);
    if (rename(half, image) != 0) give_up("shim: an image");
}

/* The folder's names become durable. */
static void forget_what_is_gone(void) {
    char path[PATH_MAX];
    DIR *images = opendir(synced);
    if (!images) give_up("shim: SHIM_SYNCED");
    for (struct dirent *entry; (entry = readdir(images));) {
        snprintf(path, sizeof path, "%s/%s", data, entry->d_name);
        if (access(path, F_OK) == 0) continue;
        snprintf(path, sizeof path, "%s/%s", synced, entry->d_name);
        unlink(path);
    }
    closedir(images);
}

static void durable(int fd) {
    char path[PATH_MAX];
    const char *name = watched(fd, path);
    if (!name || strchr(name, '/')) return;
    pthread_mutex_lock(&imaging);
    if (*name) keep(fd, name, path);
    else forget_what_is_gone();
    pthread_mutex_unlock(&imaging);
}

/* Whether a write that reaches up to `end` fails. */
static int is_full(int fd, off_t end) {
    char path[PATH_MAX];
    struct stat now;
    const char *name = watched(fd, path);
    if (!name) return 0;
    if (*mode == 'n' && ends(name, ".db") && owed >= 0) {
        durable(owed);
        owed = -1;
    }
    int full = *mode == 'f' || (*mode == 'g' && fstat(fd, &now) == 0 && end > now.st_size);
    if (full) errno = ENOSPC;
    return full;
}

static int synchronise(int fd, long call) {
    char path[PATH_MAX];
    const char *name = watched(fd, path);
    if (name && *mode == 'e') {
        errno = EIO;
        return -1;
    }
    if (name && *mode == 'n' && ends(name, "-wal")) {
        owed = fd;
        return 0;
    }
    if (syscall(call, fd) != 0) return -1;
    durable(fd);
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t n) {
    return is_full(fd, lseek(fd, 0, SEEK_CUR) + (off_t)n) ? -1 : syscall(SYS_write, fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    return is_full(fd, at + (off_t)n) ? -1 : syscall(SYS_pwrite64, fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) { return pwrite(fd, bytes, n, at); }

int ftruncate(int fd, off_t size) { return is_full(fd, size) ? -1 : syscall(SYS_ftruncate, fd, size); }

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int fsync(int fd) { return synchronise(fd, SYS_fsync); }

int fdatasync(int fd) { return synchronise(fd, SYS_fdatasync); }
