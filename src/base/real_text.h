/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating-point numbers as text: the fewest digits that read back as the same number, always with
 * a point or an exponent, and always with a point as separator. "NaN", "inf" and "-inf" for the
 * rest. Pure functions; the locale plays no part.
 */
#ifndef INLAY_BASE_REAL_TEXT_H
#define INLAY_BASE_REAL_TEXT_H

#include <stddef.h>

#define REAL_TEXT_SIZE 32

/* Both return the length. */
size_t real_to_text(double value, char text[REAL_TEXT_SIZE]);
size_t real32_to_text(float value, char text[REAL_TEXT_SIZE]);

#endif
