/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "interrupt.h"
#include "out/printer.h"
#include "out/utf8.h"

#include <stdio.h>
#include <string.h>

#define REDRAW_SECONDS 0.1
#define BAR_COLUMNS 24

/* Eighths of a cell make the bar move smoothly. */
static void add_bar(struct text *out, double fraction)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t filled = (size_t)(fraction * BAR_COLUMNS * 8);
    size_t whole = filled / 8;
    size_t rest = filled % 8;
    text_add_repeated(out, "█", whole);
    text_add_string(out, eighths[rest]);
    text_add_repeated(out, "·", BAR_COLUMNS - whole - (rest > 0));
}

void progress_add_line(struct text *out, const inlay_progress *now, size_t width)
{
    struct text line = {0};
    double fraction = 0;
    text_add_string(&line, now->phase ? now->phase : "working");
    if (now->total_bytes > 0) {
        fraction = (double)now->bytes / (double)now->total_bytes;
        fraction = fraction > 1 ? 1 : fraction;
        text_add_char(&line, ' ');
        add_bar(&line, fraction);
        text_format(&line, " %3.0f %%", fraction * 100);
    }
    if (now->bytes > 0) {
        text_add_string(&line, "  ");
        text_add_bytes(&line, now->bytes);
    }
    if (now->bytes > 0 && now->seconds > 0.2) {
        text_add_string(&line, "  ");
        text_add_bytes(&line, (uint64_t)((double)now->bytes / now->seconds));
        text_add_string(&line, "/s");
    }
    if (now->rows > 0) {
        text_add_string(&line, "  ");
        text_add_count(&line, now->rows);
        text_add_string(&line, " rows");
    }
    if (fraction > 0.01 && now->seconds > 0.5) {
        unsigned long left = (unsigned long)(now->seconds * (1 - fraction) / fraction + 0.5);
        if (left > 0) {
            text_format(&line, "  %lu:%02lu left", left / 60, left % 60);
        }
    }
    utf8_add_clean(out, line.data, line.length, width);
    text_free(&line);
}

int progress_report(void *context, const inlay_progress *now)
{
    struct progress *progress = context;
    bool due = !progress->drawn || now->seconds - progress->drawn_at >= REDRAW_SECONDS ||
               now->phase != progress->phase;
    if (progress->shown && due) {
        struct printer terminal;
        struct text line = {0};
        printer_init(&terminal, stderr, OUTPUT_TABLE);
        text_add_string(&line, "\r");
        progress_add_line(&line, now, terminal.width > 1 ? terminal.width - 1 : 79);
        text_add_string(&line, "\033[K");
        fwrite(line.data, 1, line.length, stderr);
        fflush(stderr);
        text_free(&line);
        progress->drawn = true;
        progress->drawn_at = now->seconds;
        progress->phase = now->phase;
    }
    return interrupt_requested() ? 1 : 0;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->drawn = false;
    }
}
