/* Stands in for the devices that libcamera takes its buffers from, so that its virtual camera
 * works where the kernel has neither: memory by memfd instead. To be preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* linux/udmabuf.h, linux/dma-heap.h */
struct udmabuf_create { uint32_t memfd, flags; uint64_t offset, size; };
struct dma_heap_allocation { uint64_t len; uint32_t fd, fd_flags; uint64_t heap_flags; };

static int stands_in_for(const char *path)
{
    return path && (!strcmp(path, "/dev/udmabuf") || !strncmp(path, "/dev/dma_heap/", 14));
}

static int really_open(const char *name, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    return stands_in_for(path) ? memfd_create("stand-in", MFD_CLOEXEC) : real(path, flags, mode);
}

#define OPEN(name)                                        \
    int name(const char *path, int flags, ...)            \
    {                                                     \
        mode_t mode = 0;                                  \
        if (flags & (O_CREAT | O_TMPFILE)) {              \
            va_list rest;                                 \
            va_start(rest, flags);                        \
            mode = va_arg(rest, mode_t);                  \
            va_end(rest);                                 \
        }                                                 \
        return really_open(#name, path, flags, mode);     \
    }
OPEN(open)
OPEN(open64)
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (!real)
        real = dlsym(RTLD_NEXT, "ioctl");
    unsigned type = (request >> 8) & 255, number = request & 255;
    if (type == 'u' && number == 0x42) /* UDMABUF_CREATE */
        return fcntl(((struct udmabuf_create *)argument)->memfd, F_DUPFD_CLOEXEC, 3);
    if (type == 'H' && number == 0) { /* DMA_HEAP_IOCTL_ALLOC */
        struct dma_heap_allocation *wanted = argument;
        int memory = memfd_create("stand-in", MFD_CLOEXEC);
        if (memory < 0 || ftruncate(memory, wanted->len))
            return -1;
        wanted->fd = memory;
        return 0;
    }
    int done = real(fd, request, argument);
    /* DMA_BUF_IOCTL_SYNC, which memory of a memfd does not need. */
    return done < 0 && errno == ENOTTY && type == 'b' && number <= 1 ? 0 : done;
}
