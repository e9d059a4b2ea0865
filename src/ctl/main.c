/* SPDX-License-Identifier: Apache-2.0 */
/* rosterctl: see rosterctl(8). This file has the table of commands and what happens around each. */
#include "config.h"

#include "ctl.h"
#include "roster/base/clock.h"
#include "roster/base/log.h"
#include "roster/directory/token.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum need { NEEDS_NOTHING, NEEDS_CONF, NEEDS_STORE };

struct command {
    const char *words; /* "token add" */
    const char *usage; /* what follows them */
    int least, most;   /* arguments */
    enum need need;
    ctl_command *run;
    const char *meaning;
};

static const struct command commands[] = {
    {"init", "", 0, 0, NEEDS_STORE, ctl_init, "make the directories and the store"},
    {"check-config", "", 0, 0, NEEDS_CONF, ctl_check_config, "read the configuration and say whether it is right"},
    {"config", "[--default]", 0, 0, NEEDS_NOTHING, ctl_config, "print the configuration with all settings"},
    {"account add", "SLUG [--name NAME] [--policy workspace|rfc]", 1, 1, NEEDS_STORE, ctl_account_add,
     "make an account"},
    {"account list", "[--json]", 0, 0, NEEDS_STORE, ctl_account_list, "list the accounts"},
    {"account show", "SLUG [--json]", 1, 1, NEEDS_STORE, ctl_account_show, "show an account and its settings"},
    {"account set", "SLUG SETTING=VALUE...", 2, 64, NEEDS_STORE, ctl_account_set, "change settings"},
    {"account remove", "SLUG --yes", 1, 1, NEEDS_STORE, ctl_account_remove, "remove an account and all that is in it"},
    {"schema add", "ACCOUNT FILE [--for User|Group]", 2, 2, NEEDS_STORE, ctl_schema_add,
     "add an extension schema of the account's own; - is standard input"},
    {"schema list", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_schema_list, "list an account's own schemas"},
    {"schema show", "ACCOUNT URN [--json]", 2, 2, NEEDS_STORE, ctl_schema_show, "print a schema as JSON"},
    {"schema remove", "ACCOUNT URN", 2, 2, NEEDS_STORE, ctl_schema_remove, "remove a schema that nobody has values of"},
    {"token add", "ACCOUNT --name NAME [--scope SCOPE]... [--expires DAYS|DATE] [--user USERNAME|ID]", 1, 1,
     NEEDS_STORE, ctl_token_add, "make a token and print it, this once"},
    {"token list", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_token_list, "list an account's tokens"},
    {"token revoke", "ACCOUNT ID|NAME", 2, 2, NEEDS_STORE, ctl_token_revoke, "end a token"},
    {"operator-token add", "--name NAME [--expires DAYS|DATE]", 0, 0, NEEDS_STORE, ctl_operator_token_add,
     "make a token of the operator's own, for all accounts, and print it, this once"},
    {"operator-token list", "[--json]", 0, 0, NEEDS_STORE, ctl_operator_token_list, "list the operator's own tokens"},
    {"operator-token revoke", "ID|NAME", 1, 1, NEEDS_STORE, ctl_operator_token_revoke, "end one of them"},
    {"console invite", "ACCOUNT|--operator EMAIL [--url URL]", 1, 2, NEEDS_STORE, ctl_console_invite,
     "invite an admin to the console, or one of the operator's own people, and print the link, this once"},
    {"console list", "ACCOUNT|--operator [--json]", 0, 1, NEEDS_STORE, ctl_console_list,
     "list who may use the console"},
    {"console remove", "ACCOUNT|--operator EMAIL", 1, 2, NEEDS_STORE, ctl_console_remove,
     "end what an admin of the console may do, at once"},
    {"role add", "ACCOUNT NAME [--base member|viewer|guest]", 2, 2, NEEDS_STORE, ctl_role_add,
     "make a custom role and print its id"},
    {"role list", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_role_list, "list what a user of the account can be"},
    {"role rename", "ACCOUNT ROLE NAME", 3, 3, NEEDS_STORE, ctl_role_rename, "give a custom role another name"},
    {"role remove", "ACCOUNT ROLE SUCCESSOR", 3, 3, NEEDS_STORE, ctl_role_remove,
     "remove a custom role; its users have the successor instead"},
    {"rule add", "ACCOUNT [TEAM] ROLE [--before N]", 2, 3, NEEDS_STORE, ctl_rule_add,
     "give the members of a team, or everybody, a type, where nothing else names one"},
    {"rule list", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_rule_list, "list these rules in their order"},
    {"rule remove", "ACCOUNT N", 2, 2, NEEDS_STORE, ctl_rule_remove, "end a rule"},
    {"seat show", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_seat_show, "show how many seats are taken, and by whom"},
    {"user list", "ACCOUNT [--mismatched] [--json]", 1, 1, NEEDS_STORE, ctl_user_list, "list an account's users"},
    {"user show", "ACCOUNT USERNAME|ID [--json]", 2, 2, NEEDS_STORE, ctl_user_show, "print a user as JSON"},
    {"user protect", "ACCOUNT USERNAME|ID", 2, 2, NEEDS_STORE, ctl_user_protect,
     "keep a user from being deactivated, deleted or given another type by SCIM"},
    {"user unprotect", "ACCOUNT USERNAME|ID", 2, 2, NEEDS_STORE, ctl_user_unprotect, "lift that protection"},
    {"user set-password", "ACCOUNT USERNAME|ID", 2, 2, NEEDS_STORE, ctl_user_set_password,
     "set a user's password to the first line of standard input"},
    {"user deleted", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_user_deleted,
     "list the deleted users who can be restored"},
    {"user restore", "ACCOUNT USERNAME|ID", 2, 2, NEEDS_STORE, ctl_user_restore,
     "bring a deleted user back, with his id and teams"},
    {"user purge", "ACCOUNT USERNAME|ID --yes", 2, 2, NEEDS_STORE, ctl_user_purge,
     "end for good what is kept of a deleted user"},
    {"team list", "ACCOUNT [--json]", 1, 1, NEEDS_STORE, ctl_team_list, "list an account's teams"},
    {"team show", "ACCOUNT NAME|ID [--members] [--json]", 2, 2, NEEDS_STORE, ctl_team_show, "print a team as JSON"},
    {"team restore", "ACCOUNT NAME|ID", 2, 2, NEEDS_STORE, ctl_team_restore,
     "give a team the members back that it had before a pushed group replaced them"},
    {"events", "ACCOUNT [--after N] [--limit M] [--json]", 1, 1, NEEDS_STORE, ctl_events,
     "print an account's events, a line each"},
    {"log", "ACCOUNT [--after N] [--limit M] [--failed] [--json]", 1, 1, NEEDS_STORE, ctl_log,
     "print what identity providers asked and what became of it, the newest last"},
    {"explain", "CODE | --all", 0, 1, NEEDS_NOTHING, ctl_explain, "say what an error means and what to do"},
    {"errors-markdown", "", 0, 0, NEEDS_NOTHING, ctl_errors_markdown,
     "print the error catalogue as doc/errors.md has it"},
    {"doctor", "", 0, 0, NEEDS_CONF, ctl_doctor, "look for what is missing"},
    {"backup", "DIR", 1, 1, NEEDS_STORE, ctl_backup, "copy the store to the new directory DIR while it is used"},
    {"restore", "DIR", 1, 1, NEEDS_CONF, ctl_restore, "put a backup where the store is to be; nobody may use it"},
    {"verify", "[ACCOUNT]", 0, 1, NEEDS_STORE, ctl_verify, "prove that what belongs together is together"},
    {"dump", "[SPACE] [--account ACCOUNT]", 0, 1, NEEDS_STORE, ctl_dump, "print the store's keys readably"},
    {"export", "ACCOUNT [FILE]", 1, 2, NEEDS_STORE, ctl_export, "write an account as lines of JSON"},
    {"import", "FILE [--account SLUG]", 1, 1, NEEDS_STORE, ctl_import,
     "make an account from such lines; - is standard input"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"name", required_argument, NULL, 'n'},
    {"policy", required_argument, NULL, 'p'},
    {"scope", required_argument, NULL, 's'},
    {"expires", required_argument, NULL, 'e'},
    {"account", required_argument, NULL, 'a'},
    {"after", required_argument, NULL, 'A'},
    {"limit", required_argument, NULL, 'L'},
    {"json", no_argument, NULL, 'j'},
    {"yes", no_argument, NULL, 'y'},
    {"members", no_argument, NULL, 'm'},
    {"all", no_argument, NULL, 'l'},
    {"default", no_argument, NULL, 'd'},
    {"for", required_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"user", required_argument, NULL, 'u'},
    {"base", required_argument, NULL, 'b'},
    {"before", required_argument, NULL, 'B'},
    {"mismatched", no_argument, NULL, 'M'}, /* of user list */
    {"failed", no_argument, NULL, 'F'},     /* of the sync log */
    {"operator", no_argument, NULL, 'o'},
    {"url", required_argument, NULL, 'U'},
    {NULL, 0, NULL, 0},
};

static void print_usage(FILE *to, const struct command *only)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (only == NULL || only == &commands[i])
            fprintf(to, "rosterctl %s %s\n    %s\n", commands[i].words, commands[i].usage, commands[i].meaning);
}

static _Noreturn void misused(const char *message, const struct command *command)
{
    fprintf(stderr, "rosterctl: %s\n", message);
    if (command == NULL)
        fputs("'rosterctl --help' lists the commands\n", stderr);
    else
        print_usage(stderr, command);
    exit(CTL_MISUSED);
}

/* The row whose words args begin with; *used is how many words that are. */
static const struct command *find_command(char **args, int n, int *used)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        struct str words = str_of(commands[i].words);
        size_t space = str_find(words, ' ', 0);
        struct str first = str_sub(words, 0, space);

        *used = space == words.len ? 1 : 2;
        if (n >= *used && str_eq(str_of(args[0]), first) &&
            (*used == 1 || str_eq(str_of(args[1]), str_sub(words, space + 1, words.len))))
            return &commands[i];
    }
    return NULL;
}

static void read_scope(struct ctl_options *o, const char *word)
{
    uint32_t bit = token_scope_find(str_of(word));

    if (bit == 0)
        misused("--scope takes scim, events:read, authenticate or manage", NULL);
    o->scopes |= bit;
}

static long long read_number(const char *text)
{
    long long n;

    if (!str_to_ll(str_of(text), &n) || n < 0)
        misused("--after, --before and --limit take a number", NULL);
    return n;
}

static void read_option(struct ctl_options *o, int option, bool *help)
{
    switch (option) {
    case 'c':
        o->config = optarg;
        break;
    case 'n':
        o->name = optarg;
        break;
    case 'p':
        o->policy = optarg;
        break;
    case 's':
        read_scope(o, optarg);
        break;
    case 'e':
        o->expires = optarg;
        break;
    case 'a':
        o->account = optarg;
        break;
    case 'u':
        o->user = optarg;
        break;
    case 'A':
        o->after = read_number(optarg);
        o->after_given = true;
        break;
    case 'L':
        o->limit = read_number(optarg);
        break;
    case 'j':
        o->json = true;
        break;
    case 'y':
        o->yes = true;
        break;
    case 'm':
        o->members = true;
        break;
    case 'l':
        o->all = true;
        break;
    case 'd':
        o->defaults = true;
        break;
    case 'f':
        o->for_type = optarg;
        break;
    case 'b':
        o->base = optarg;
        break;
    case 'B':
        o->before = read_number(optarg);
        break;
    case 'M':
        o->mismatched = true;
        break;
    case 'F':
        o->failed = true;
        break;
    case 'o':
        o->operator= true;
        break;
    case 'U':
        o->url = optarg;
        break;
    case 'h':
        *help = true;
        break;
    case 'V':
        puts("rosterctl " PACKAGE_VERSION);
        exit(CTL_DONE);
    default:
        misused("that option is not known", NULL);
    }
}

static int refused(const struct error *e)
{
    const struct error_entry *entry = error_entry(e->code);

    fprintf(stderr, "%s: %s\n%s\n", entry->code, e->sentence, entry->engineer);
    return CTL_REFUSED;
}

/*
 * The store's files are its owner's: root becomes that user before the first of them is touched, so that the workers
 * can open what was made here.
 */
static void become_owner(const struct conf *c)
{
    struct stat st;
    const struct passwd *who;

    if (geteuid() != 0 || stat(c->store_data, &st) < 0 || st.st_uid == 0)
        return;
    who = getpwuid(st.st_uid);
    if ((who != NULL && initgroups(who->pw_name, who->pw_gid) < 0) ||
        setgid(who == NULL ? st.st_gid : who->pw_gid) < 0 || setuid(st.st_uid) < 0) {
        struct error e = ERROR_INIT;

        error_set(&e, ERR_DIRECTORY_UNUSABLE, str_of(c->store_data), STR_LIT("cannot become the user that owns it"));
        exit(refused(&e));
    }
}

/*
 * A process that dies inside the store makes every other one that has it open end and recover, so whoever types Ctrl-C
 * waits until the store is closed. A reader that goes away (a pager) shows as an error of the standard output.
 */
static void hold_signals(sigset_t *before)
{
    static const int held[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
        sigaddset(&set, held[i]);
    sigprocmask(SIG_BLOCK, &set, before);
}

/* Does the command with what it needs; false: c->error says why not. */
static bool run_with_store(struct ctl *c, const struct command *command)
{
    const char *message = NULL;
    sigset_t before;
    bool done = true;

    hold_signals(&before);
    if (command->need == NEEDS_STORE && (c->store = store_open(&c->conf, c->arena, &message)) == NULL) {
        error_set(&c->error, ERR_STORE_CLOSED, str_of(message));
        done = false;
    }
    done = done && command->run(c);
    store_close(&c->store);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return done;
}

static int run(struct ctl *c, const struct command *command)
{
    const char *message = NULL;

    if (command->need != NEEDS_NOTHING && !conf_read(&c->conf, c->arena, c->o.config, &message)) {
        error_set(&c->error, ERR_CONFIG_INVALID, str_of(message));
        return refused(&c->error);
    }
    if (command->need != NEEDS_NOTHING)
        become_owner(&c->conf);
    if (!run_with_store(c, command))
        return refused(&c->error);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CTL_DONE;
    error_set(&c->error, ERR_FILE_UNUSABLE, STR_LIT("of the standard output"), str_of(strerror(errno)));
    return refused(&c->error);
}

/* --- what a command takes --- */

/* Whether the usage names the option. */
static bool names(const char *usage, const char *option)
{
    size_t len = strlen(option);

    for (const char *at = usage; (at = strstr(at, "--")) != NULL; at += 2)
        if (strncmp(at + 2, option, len) == 0 && strchr(" ]", at[2 + len]) != NULL)
            return true;
    return false;
}

/* Ends where an option was given that the command does not take: to ignore it would be to do something else. */
static void check_use(const struct command *command, const struct ctl *c, const bool *given)
{
    if (c->nargs < command->least || c->nargs > command->most)
        misused("that is not how it is used", command);
    for (size_t i = 0; options[i].name != NULL; i++)
        if (given[i] && options[i].val != 'c' && !names(command->usage, options[i].name))
            misused("it does not take all of these options", command);
    if (names(command->usage, "operator") && c->nargs != command->most - c->o.operator)
        misused("name either an account or --operator", command);
    if (names(command->usage, "yes") && !c->o.yes)
        misused("this cannot be undone; say --yes", command);
}

int main(int argc, char **argv)
{
    struct ctl c = {.error = ERROR_INIT, .o = {.limit = 100}};
    bool given[sizeof options / sizeof options[0]] = {false}, help = false;
    const struct command *command;
    int option, which, used, status;

    umask(077);
    log_set_role("ctl");
    log_set_level(LOG_WARN_);
    while ((option = getopt_long(argc, argv, "", options, &which)) != -1) {
        read_option(&c.o, option, &help);
        given[which] = true;
    }
    command = find_command(argv + optind, argc - optind, &used);
    if (help) {
        print_usage(stdout, command);
        return CTL_DONE;
    }
    if (command == NULL)
        misused(optind == argc ? "name a command" : "there is no such command", NULL);
    c.args = argv + optind + used;
    c.nargs = argc - optind - used;
    check_use(command, &c, given);
    c.arena = arena_new(0);
    status = run(&c, command);
    arena_free(&c.arena);
    return status;
}

/* --- for the commands --- */

struct str ctl_arg(const struct ctl *c, int i)
{
    return i < c->nargs ? str_of(c->args[i]) : STR_NULL;
}

bool ctl_account(struct ctl *c, int i, struct account *out)
{
    return account_find(c->store, c->arena, ctl_arg(c, i), out, &c->error);
}

struct call ctl_call(struct ctl *c, const struct account *account)
{
    return (struct call){.store = c->store,
                         .arena = c->arena,
                         .account = account,
                         .request = id_new(),
                         .now = clock_now(),
                         .error = &c->error};
}

void ctl_print(const struct buf *b)
{
    fwrite(b->p, 1, b->len, stdout);
    putchar('\n');
}
