/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digits come from printf, which rounds correctly; whether fewer of them are enough is decided by
 * exact integer arithmetic: digits D with exponent E read back as m * 2^e when D * 10^E lies within
 * half a unit of it (W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990,
 * gives the fast path).
 */
#include "base/real_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* 10^17 * 2^1075 and 2^54 * 10^341 take less. */
#define WORDS 40

struct big {
    uint32_t words[WORDS]; /* least significant first */
    size_t count;
};

static void big_set(struct big *b, uint64_t value)
{
    b->words[0] = (uint32_t)value;
    b->words[1] = (uint32_t)(value >> 32);
    b->count = 2;
}

static void big_multiply(struct big *b, uint32_t by)
{
    uint64_t carry = 0;
    size_t i;
    for (i = 0; i < b->count; i++) {
        carry += (uint64_t)b->words[i] * by;
        b->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && b->count < WORDS) {
        b->words[b->count++] = (uint32_t)carry;
    }
}

static void big_scale(struct big *b, uint32_t base, uint32_t step_base, int step, int exponent)
{
    for (; exponent >= step; exponent -= step) {
        big_multiply(b, step_base);
    }
    for (; exponent > 0; exponent--) {
        big_multiply(b, base);
    }
}

static void big_times_power_of_10(struct big *b, int exponent)
{
    big_scale(b, 10, 1000000000, 9, exponent);
}

static void big_times_power_of_2(struct big *b, int exponent)
{
    big_scale(b, 2, 1u << 31, 31, exponent);
}

static uint32_t big_word(const struct big *b, size_t i)
{
    return i < b->count ? b->words[i] : 0;
}

static int big_compare(const struct big *a, const struct big *b)
{
    size_t i;
    for (i = WORDS; i-- > 0;) {
        if (big_word(a, i) != big_word(b, i)) {
            return big_word(a, i) < big_word(b, i) ? -1 : 1;
        }
    }
    return 0;
}

/* a -= b, which is not greater. */
static void big_subtract(struct big *a, const struct big *b)
{
    int64_t borrow = 0;
    size_t i;
    for (i = 0; i < a->count; i++) {
        int64_t difference = (int64_t)a->words[i] - big_word(b, i) + borrow;
        a->words[i] = (uint32_t)difference;
        borrow = difference < 0 ? -1 : 0;
    }
}

/* A positive number: mantissa * 2^exponent. */
struct parts {
    uint64_t mantissa;
    int exponent;
    bool power; /* the number below is only half as far away */
};

static struct parts split(double value, int bits, int least)
{
    struct parts parts;
    int exponent;
    double fraction = frexp(value, &exponent); /* in [0.5, 1) */
    int used = exponent - bits >= least ? bits : exponent - least;
    parts.mantissa = (uint64_t)ldexp(fraction, used);
    parts.exponent = exponent - used;
    parts.power = parts.mantissa == UINT64_C(1) << (bits - 1) && parts.exponent > least;
    return parts;
}

/* Does digits * 10^exponent read back as the number? All three sides are brought to integers by the
 * same powers of 10 and 2. */
static bool reads_back(uint64_t digits, int exponent, const struct parts *v)
{
    struct big left;
    struct big right;
    struct big half; /* of the distance to the neighbour on that side */
    bool below;
    int order;
    big_set(&left, 4 * digits);
    big_set(&right, 4 * v->mantissa);
    big_times_power_of_10(&left, exponent);
    big_times_power_of_2(&left, -v->exponent);
    big_times_power_of_10(&right, -exponent);
    big_times_power_of_2(&right, v->exponent);
    below = big_compare(&left, &right) < 0;
    big_set(&half, below && v->power ? 1 : 2);
    big_times_power_of_10(&half, -exponent);
    big_times_power_of_2(&half, v->exponent);
    if (below) {
        big_subtract(&right, &left);
        order = big_compare(&right, &half);
    } else {
        big_subtract(&left, &right);
        order = big_compare(&left, &half);
    }
    return order < 0 || (order == 0 && v->mantissa % 2 == 0);
}

/* "-1.2345e-05" as digits and the exponent of the last one. The separator may be any character. */
static uint64_t read_digits(const char *text, int precision, int *exponent)
{
    uint64_t digits = 0;
    int sign = 1;
    int value = 0;
    for (; *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9') {
            digits = digits * 10 + (uint64_t)(*text - '0');
        }
    }
    for (text++; *text != '\0'; text++) {
        sign = *text == '-' ? -1 : sign;
        value = *text >= '0' && *text <= '9' ? value * 10 + (*text - '0') : value;
    }
    *exponent = sign * value - (precision - 1);
    return digits;
}

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define EXACT_POWER_MAX 22

/* Both operands are exact, so the quotient or product is the nearest double. */
static bool nearest_double(uint64_t digits, int exponent, double *out)
{
    if (digits > UINT64_C(1) << 53 || exponent > EXACT_POWER_MAX || exponent < -EXACT_POWER_MAX) {
        return false;
    }
    *out = exponent < 0 ? (double)digits / exact_powers[-exponent]
                        : (double)digits * exact_powers[exponent];
    return true;
}

static bool enough_digits(const char *text, int precision, double value, bool single)
{
    struct parts parts;
    double near;
    int exponent;
    uint64_t digits = read_digits(text, precision, &exponent);
    if (nearest_double(digits, exponent, &near)) {
        if (!single) {
            return near == value;
        }
        /* The double is off by less than 2^-52 of itself: is that certainly the same float? */
        if ((float)(near * (1 - 0x1p-52)) == (float)(near * (1 + 0x1p-52))) {
            return (double)(float)near == value;
        }
    }
    parts = single ? split(value, 24, -149) : split(value, 53, -1074);
    return reads_back(digits, exponent, &parts);
}

/* Copies what printf wrote with a point as separator, whatever the host's locale has. */
static size_t copy_plain(const char *from, char *to)
{
    size_t length = 0;
    bool is_real = false;
    for (; *from != '\0'; from++) {
        bool known = strchr("+-e0123456789", *from) != NULL;
        is_real = is_real || !known || *from == 'e';
        if (known) {
            to[length++] = *from;
        } else if (to[length - 1] != '.') { /* a separator of several bytes is one point */
            to[length++] = '.';
        }
    }
    if (!is_real) {
        to[length++] = '.';
        to[length++] = '0';
    }
    to[length] = '\0';
    return length;
}

static size_t to_text(double value, bool single, char *text)
{
    char digits[64];
    int precision = single ? 6 : 15;
    int most = single ? 9 : 17;
    if (!isfinite(value)) {
        const char *name = isnan(value) ? "NaN" : value < 0 ? "-inf" : "inf";
        memcpy(text, name, strlen(name) + 1);
        return strlen(name);
    }
    for (; precision < most && value != 0; precision++) {
        (void)snprintf(digits, sizeof(digits), "%.*e", precision - 1, fabs(value));
        if (enough_digits(digits, precision, fabs(value), single)) {
            break;
        }
    }
    (void)snprintf(digits, sizeof(digits), "%.*g", precision, value);
    return copy_plain(digits, text);
}

size_t real_to_text(double value, char text[REAL_TEXT_SIZE])
{
    return to_text(value, false, text);
}

size_t real32_to_text(float value, char text[REAL_TEXT_SIZE])
{
    return to_text((double)value, true, text);
}
