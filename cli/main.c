/* SPDX-License-Identifier: Apache-2.0 */
/* inlay: finds the command, reads its options, runs it. */
#include "help.h"
#include "out/utf8.h"
#include "session.h"
#include "suggest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define COMMANDS_MAX 32

/* A program must not run with a library whose structs are newer or older than it knows. */
static bool library_matches(void)
{
    unsigned major = 0;
    unsigned minor = 0;
    if (sscanf(inlay_version(), "%u.%u", &major, &minor) != 2 || major != INLAY_VERSION_MAJOR ||
        minor < INLAY_VERSION_MINOR) {
        fprintf(stderr, "inlay: error: this program is %s but the library that it found is %s\n",
                INLAY_VERSION, inlay_version());
        return false;
    }
    return true;
}

static int unknown_command(const struct session *session, const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    for (; commands[count] && count < COMMANDS_MAX; count++) {
        names[count] = commands[count]->name;
    }
    const char *nearest = suggest_nearest(name, names, count);
    return report_misuse(session, NULL, "unknown command \"%s\"%s%s%s", name,
                         nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                         nearest ? "\"?" : "");
}

static int check_arguments(const struct session *session, const struct command *command,
                           const struct parsed *parsed)
{
    if (parsed->argument_count < command->min_arguments) {
        return report_misuse(session, command, "inlay %s needs %s", command->name,
                             command->arguments);
    }
    if (parsed->argument_count > command->max_arguments) {
        return report_misuse(session, command, "inlay %s: unexpected argument \"%s\"%s",
                             command->name, parsed->arguments[command->max_arguments],
                             command->max_arguments > 0 ? "; put several words in quotes" : "");
    }
    return EXIT_DONE;
}

/* What was printed has to have arrived: a full disk under `> file` is a failure. */
static int flush_output(const struct session *session, int code)
{
    inlay_error err;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return code;
    }
    fail(&err, INLAY_IO, "cannot write the output: %s", strerror(errno));
    return code == EXIT_DONE ? report_error(session, &err) : code;
}

static int run_command(struct session *session, const struct command *command,
                       const struct parsed *parsed)
{
    int code = check_arguments(session, command, parsed);
    if (code == EXIT_DONE) {
        code = command->run(session, parsed);
        session_close(session);
        code = flush_output(session, code);
    }
    return code;
}

static int run_program(int argc, char **argv, struct parsed *parsed, struct text *problem)
{
    struct session session = {0};
    const struct command *command = NULL;
    int next = 1;
    bool fine = options_parse(argc, argv, &next, global_options, NULL, parsed, problem);
    if (fine && next < argc) {
        command = command_find(argv[next]);
        if (!command) {
            session_init(&session, parsed);
            return unknown_command(&session, argv[next]);
        }
        next++;
        fine = options_parse(argc, argv, &next, global_options, command->options, parsed, problem);
    }
    if (parsed->globals[GLOBAL_HELP].set) {
        if (command) {
            help_print_command(stdout, command);
        } else {
            help_print_overview(stdout);
        }
        return flush_output(&session, EXIT_DONE);
    }
    int code = session_init(&session, parsed);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!fine) {
        return report_misuse(&session, command, "%s", text_cstr(problem));
    }
    if (!command) {
        help_print_overview(stderr);
        return EXIT_MISUSE;
    }
    return run_command(&session, command, parsed);
}

int main(int argc, char **argv)
{
    struct parsed parsed = {0};
    struct text problem = {0};
    utf8_init();
    /* A file size limit or a closed pipe is then an error of the write, with a sentence of its own.
     */
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    if (!library_matches()) {
        return EXIT_FAILED;
    }
    int code = run_program(argc, argv, &parsed, &problem);
    parsed_free(&parsed);
    text_free(&problem);
    return code;
}
