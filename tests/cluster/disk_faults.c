/* Preloaded into a validator by tests/cluster: one call to the disk fails, is short or slow, or all syncs do nothing.
 *
 *   KETEN_DISK_FAULT=CALL:NTH:WHAT:PATH   CALL is sync or write; NTH counts from 1 the calls on files whose path holds PATH;
 *                                         WHAT is EIO, ENOSPC, short, stall (two seconds) or skip (this and all later ones)
 *   KETEN_DISK_FAULT_LOG=FILE             a line "hit ..." for the fault, and "again ..." for a later sync of that file */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { no_call, sync_call, write_call };
enum effect { nothing, fails, is_short, stalls, is_skipped };

static enum call wanted;
static unsigned long nth;
static enum effect what;
static int error_number;
static char part[256];
static unsigned long seen;
static dev_t failed_device;
static ino_t failed_inode;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void read_environment(void) {
  const char* text = getenv("KETEN_DISK_FAULT");
  char call[16], name[16];
  if (text == NULL || sscanf(text, "%15[^:]:%lu:%15[^:]:%255s", call, &nth, name, part) < 3) { return; }
  wanted = strcmp(call, "sync") == 0 ? sync_call : write_call;
  what = strcmp(name, "short") == 0   ? is_short
         : strcmp(name, "stall") == 0 ? stalls
         : strcmp(name, "skip") == 0  ? is_skipped
                                      : fails;
  error_number = strcmp(name, "ENOSPC") == 0 ? ENOSPC : EIO;
}

static void report(const char* word, const char* path) {
  const char* log = getenv("KETEN_DISK_FAULT_LOG");
  char line[640];
  if (log == NULL) { return; }
  const int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) { return; }
  const int length = snprintf(line, sizeof(line), "%s %s\n", word, path);
  static ssize_t (*real)(int, const void*, size_t);
  if (real == NULL) { real = (ssize_t(*)(int, const void*, size_t))dlsym(RTLD_NEXT, "write"); }
  (void)!real(file, line, (size_t)length);
  close(file);
}

static enum effect effect_on(enum call call, int file) {
  char link[64], path[512];
  struct stat status;
  if (wanted == no_call || file < 3) { return nothing; }
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length <= 0 || path[0] != '/') { return nothing; }
  path[length] = 0;
  if (strstr(path, part) == NULL || fstat(file, &status) != 0) { return nothing; }
  enum effect effect = nothing;
  pthread_mutex_lock(&mutex);
  if (call == sync_call && what == fails && failed_inode == status.st_ino && failed_device == status.st_dev) {
    report("again", path);
  }
  if (call == wanted) {
    ++seen;
    if (seen == nth || (what == is_skipped && seen > nth)) {
      if (seen == nth) { report("hit", path); }
      effect = what;
      failed_inode = status.st_ino;
      failed_device = status.st_dev;
    }
  }
  pthread_mutex_unlock(&mutex);
  return effect;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int sync_with(int file, int (*real)(int)) {
  switch (effect_on(sync_call, file)) {
    case fails: errno = error_number; return -1;
    case is_skipped: return 0;
    case stalls: usleep(2000000); return real(file);
    default: return real(file);
  }
}
int fsync(int file) { return sync_with(file, REAL(fsync)); }
int fdatasync(int file) { return sync_with(file, REAL(fdatasync)); }
int sync_file_range(int file, off64_t from, off64_t length, unsigned flags) {
  return effect_on(sync_call, file) == is_skipped ? 0 : REAL(sync_file_range)(file, from, length, flags);
}

/* How many of the bytes to write; negative: none, with errno. */
static ssize_t allowed(int file, size_t length) {
  switch (effect_on(write_call, file)) {
    case fails: errno = error_number; return -1;
    case is_short: return (ssize_t)(length > 1 ? length / 2 : length);
    case stalls: usleep(2000000); return (ssize_t)length;
    default: return (ssize_t)length;
  }
}
ssize_t write(int file, const void* bytes, size_t length) {
  const ssize_t now = allowed(file, length);
  return now < 0 ? now : REAL(write)(file, bytes, (size_t)now);
}
ssize_t pwrite(int file, const void* bytes, size_t length, off_t place) {
  const ssize_t now = allowed(file, length);
  return now < 0 ? now : REAL(pwrite)(file, bytes, (size_t)now, place);
}
ssize_t pwrite64(int file, const void* bytes, size_t length, off64_t place) {
  const ssize_t now = allowed(file, length);
  return now < 0 ? now : REAL(pwrite64)(file, bytes, (size_t)now, place);
}
