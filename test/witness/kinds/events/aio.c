#include "witness.h"
#include <linux/aio_abi.h>

/* A context with an event that is done and not read, and one that is used afterwards. */
int main(void) {
  aio_context_t context = 0;
  char text[8] = "written", back[8] = "";
  int file = open("/tmp/aio", O_RDWR | O_CREAT, 0600);
  must(file >= 0);
  if (syscall(SYS_io_setup, 8, &context)) lacking("io_setup: %s", strerror(errno));
  struct iocb put = {.aio_data = 77, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = file, .aio_buf = (uintptr_t)text,
                     .aio_nbytes = 8};
  struct iocb *one = &put;
  must(syscall(SYS_io_submit, context, 1, &one) == 1);
  sleep_ms(200);
  ready();
  struct io_event done = {0};
  struct timespec none = {10, 0};
  must(syscall(SYS_io_getevents, context, 1, 1, &done, &none) == 1);
  same("whose", done.data, 77);
  same("result", done.res, 8);
  struct iocb get = {.aio_data = 78, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = file, .aio_buf = (uintptr_t)back,
                     .aio_nbytes = 8};
  one = &get;
  must(syscall(SYS_io_submit, context, 1, &one) == 1);
  must(syscall(SYS_io_getevents, context, 1, 1, &done, &none) == 1);
  same("whose, afterwards", done.data, 78);
  same_text("what was read", back, text);
  return 0;
}
