/* Between a witness and who starts and asks it: files of /witness/state, and the signal that tells of the move. */
#pragma once
#include <signal.h>

#define STATE "/witness/state"
#define GO SIGUSR1
#define TEXT 4200

extern const char *kind_name;

/* Writes STATE/KIND.WHAT, whole at once. */
void write_state(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Its text, or NULL where it is not there. */
char *read_state(const char *kind, const char *what);
