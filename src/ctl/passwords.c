/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl user set-password */
#include "ctl.h"
#include "roster/directory/password.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Switches the terminal's echo; nothing where standard input is none. */
static void echo(bool on)
{
    struct termios t;

    if (tcgetattr(STDIN_FILENO, &t) != 0)
        return;
    t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

/* The first line of standard input, in the arena. */
static bool read_password(struct ctl *c, struct str *out)
{
    char line[PASSWORD_BYTES_MAX * 2 + 2];

    if (isatty(STDIN_FILENO)) {
        fputs("New password: ", stderr);
        echo(false);
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* or a copy stays in the library's buffer */
    char *got = fgets(line, sizeof line, stdin);
    if (isatty(STDIN_FILENO)) {
        echo(true);
        fputc('\n', stderr);
    }
    *out = got == NULL ? STR_LIT("") : arena_str(c->arena, str_make(line, strcspn(line, "\n")));
    sodium_memzero(line, sizeof line);
    return got != NULL;
}

bool ctl_user_set_password(struct ctl *c)
{
    struct account account;
    struct str password;
    char text[ID_TEXT_LEN + 1];
    const char *message = "";
    struct id user;

    if (!ctl_account(c, 0, &account) || !ctl_user(c, &account, ctl_arg(c, 1), &user))
        return false;
    if (!read_password(c, &password)) {
        error_set(&c->error, ERR_PASSWORD_POLICY, STR_LIT("none was given on standard input"));
        return false;
    }
    struct hasher *h = hasher_open(&c->conf, c->arena, &message);
    if (h == NULL) {
        error_set(&c->error, ERR_FILE_UNUSABLE, STR_LIT("hashers"), str_of(message));
        return false;
    }
    struct call call = ctl_call(c, &account);
    call.hasher = h;
    id_format(&user, text);
    bool done = password_set(&call, str_of(text), password);
    hasher_close(&h);
    return done;
}
