/* SPDX-License-Identifier: Apache-2.0 */
/* Days and civil dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", with years that
 * begin in March, so that the leap day is the last day of a year. */
#include "base/timestamp.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>

#define MS_PER_DAY 86400000
#define DAYS_PER_ERA 146097     /* 400 years */
#define DAYS_BEFORE_1970 719468 /* since 0000-03-01 */
#define FIRST_MS (-62167219200000)
#define LAST_MS 253402300799999

struct civil {
    int64_t year;
    int64_t month;
    int64_t day;
};

static int64_t days_from_civil(struct civil date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

static struct civil civil_from_days(int64_t days)
{
    struct civil date;
    int64_t since = days + DAYS_BEFORE_1970;
    int64_t era = (since >= 0 ? since : since - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = since - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    date.day = day_of_year - (153 * shifted + 2) / 5 + 1;
    date.month = shifted < 10 ? shifted + 3 : shifted - 9;
    date.year = year_of_era + era * 400 + (date.month <= 2);
    return date;
}

static void put_digits(char *text, int width, int64_t value)
{
    while (width-- > 0) {
        text[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

inlay_status timestamp_to_text(int64_t unix_ms, char text[TIMESTAMP_TEXT_SIZE], inlay_error *err)
{
    struct civil date;
    int64_t of_day;
    text[0] = '\0';
    if (unix_ms < FIRST_MS || unix_ms > LAST_MS) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "the instant of %lld ms lies outside the years 0000 to 9999",
                         (long long)unix_ms);
    }
    of_day = unix_ms % MS_PER_DAY;
    of_day += of_day < 0 ? MS_PER_DAY : 0;
    date = civil_from_days((unix_ms - of_day) / MS_PER_DAY);
    memcpy(text, "0000-00-00T00:00:00.000Z", TIMESTAMP_TEXT_SIZE);
    put_digits(text, 4, date.year);
    put_digits(text + 5, 2, date.month);
    put_digits(text + 8, 2, date.day);
    put_digits(text + 11, 2, of_day / 3600000);
    put_digits(text + 14, 2, of_day / 60000 % 60);
    put_digits(text + 17, 2, of_day / 1000 % 60);
    put_digits(text + 20, 3, of_day % 1000);
    return INLAY_OK;
}

/* The `width` digits at `text` as a number, or -1. */
static int64_t take_digits(const char *text, int width)
{
    int64_t value = 0;
    int i;
    for (i = 0; i < width; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Milliseconds of "", ".1" to ".123456789"; -1 when it is neither. */
static int64_t take_fraction(const char *text, size_t length)
{
    char digits[3] = {'0', '0', '0'};
    size_t i;
    if (length == 0) {
        return 0;
    }
    if (text[0] != '.' || length < 2 || length > 10) {
        return -1;
    }
    for (i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        if (i <= 3) {
            digits[i - 1] = text[i];
        }
    }
    return take_digits(digits, 3);
}

static bool parse(const char *text, size_t length, int64_t *unix_ms)
{
    struct civil date;
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t fraction;
    if (length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[length - 1] != 'Z') {
        return false;
    }
    date.year = take_digits(text, 4);
    date.month = take_digits(text + 5, 2);
    date.day = take_digits(text + 8, 2);
    hour = take_digits(text + 11, 2);
    minute = take_digits(text + 14, 2);
    second = take_digits(text + 17, 2);
    fraction = take_fraction(text + 19, length - 20);
    if (date.year < 0 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59 || fraction < 0) {
        return false;
    }
    *unix_ms = days_from_civil(date) * MS_PER_DAY + hour * 3600000 + minute * 60000 +
               second * 1000 + fraction;
    return true;
}

inlay_status timestamp_from_text(const char *text, size_t length, int64_t *unix_ms,
                                 inlay_error *err)
{
    *unix_ms = 0;
    if (!parse(text, length, unix_ms)) {
        error_set(err, INLAY_INVALID_ARGUMENT,
                  "'%.*s' is no instant in UTC such as 2026-05-30T10:00:00.123Z",
                  (int)(length < 64 ? length : 64), text);
        return INLAY_INVALID_ARGUMENT;
    }
    return INLAY_OK;
}
