/* What every witness has: a program that sets up one kind of kernel object, is moved, and says from inside what changed. */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* All is set up: says so, and returns when the guest has been moved. say_ready and await_move are its two halves. */
void ready(void);
void say_ready(void);
void await_move(void);

/* What is not as it was; a witness that has said nothing of the kind by its end is well. */
void differs(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* This kernel or guest has no such object: says why and ends. */
void lacking(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A step of the set-up, or of the look afterwards, could not be done: says which and why, and ends. */
void failed(const char *what, int line) __attribute__((noreturn));
/* Writes the answer, as the return of main does; for a witness that ends elsewhere. */
void answer(void) __attribute__((noreturn));

#define must(expression) ((expression) ? (void)0 : failed(#expression, __LINE__))
#define check(condition, ...) ((condition) ? (void)0 : differs(__VA_ARGS__))
#define same(what, got, expected) same_number(what, (long long)(got), (long long)(expected))
void same_number(const char *what, long long got, long long expected);
void same_text(const char *what, const char *got, const char *expected);

/* A file's text, in a buffer of its own for each call; empty where it cannot be read. */
char *slurp(const char *path);
void spill(const char *path, const char *text);
/* Text behind `KEY:` in a file of lines such as /proc/PID/status. */
char *field(const char *path, const char *key);

/* Bytes that differ by seed and place. */
void fill(void *memory, size_t length, unsigned seed);
bool filled(const void *memory, size_t length, unsigned seed);

/* A child that does nothing until it is killed. */
pid_t idle_child(void);
/* Events of `asked` that a descriptor shows now. */
int events_of(int fd, int asked);
/* Waits for one of them: at most ten seconds, and says what did not come. */
void comes(const char *what, int fd, int asked);
double seconds_of(clockid_t clock);
void sleep_ms(long milliseconds);
/* A port of 127.0.0.1 that listens, and both ends of a connection to it. */
struct tcp { int listener, client, server, port; };
struct tcp tcp_pair(void);
