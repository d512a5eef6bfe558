/* A disk without room, for programs that load this before libc (LD_PRELOAD): no file below the folder FULL_DISK_FOLDER
   grows beyond FULL_DISK_BYTES. What a file holds can be written over, as on a full disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIBC(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_full(int fd, off_t end)
{
    const char *folder = getenv("FULL_DISK_FOLDER");
    const char *bytes = getenv("FULL_DISK_BYTES");
    char link[64], path[PATH_MAX];
    struct stat file;

    if (folder == NULL || bytes == NULL || end <= atoll(bytes))
        return 0;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || end <= file.st_size)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path);
    return length > (ssize_t)strlen(folder) && strncmp(path, folder, strlen(folder)) == 0;
}

static ssize_t no_room(void)
{
    errno = ENOSPC;
    return -1;
}

ssize_t write(int fd, const void *data, size_t size)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0 && is_full(fd, at + (off_t)size))
        return no_room();
    return LIBC(write)(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return is_full(fd, at + (off_t)size) ? no_room() : LIBC(pwrite)(fd, data, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    off_t end = at;
    for (int part = 0; part < count; part++)
        end += (off_t)parts[part].iov_len;
    return is_full(fd, end) ? no_room() : LIBC(pwritev)(fd, parts, count, at);
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    return is_full(fd, at + size) ? ENOSPC : LIBC(posix_fallocate)(fd, at, size);
}

/* The same by the names that 64-bit offsets have. */
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return pwrite(fd, data, size, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    return pwritev(fd, parts, count, at);
}

int posix_fallocate64(int fd, off64_t at, off64_t size)
{
    return posix_fallocate(fd, at, size);
}
